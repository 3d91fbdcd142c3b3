"""What a new service is like: from flags, else from questions, else by default."""

from __future__ import annotations

import re
import sys
from typing import NamedTuple

from ci.base.console import err
from ci.base.errors import UserError
from ci.charts import catalog, environments

_IMAGE = re.compile(r"(?P<repository>[a-z0-9][^\s@]*?)(:(?P<tag>[\w][\w.-]{0,127}))?")
_HOST = re.compile(r"([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)+[a-z]{2,}")
_ENVIRONMENT = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_NEW_ENVIRONMENTS = "dev,production"


class Answers(NamedTuple):
    """What is known of a new service; ``host`` is "" for one without an Ingress."""

    service: str
    repository: str
    tag: str
    port: int
    health: str
    host: str
    environments: tuple[str, ...]


def ask(
    service: str, image: str = "", port: str = "", health: str = "", host: str = "", environment: str = ""
) -> Answers:
    """Return the answers of the flags, and on a terminal those to a question for each that is missing.

    Elsewhere a missing one has its default; only the image has none. Raises UserError for an answer that no
    service can have.
    """
    known = ",".join(environments.environments()) or _NEW_ENVIRONMENTS
    service = _checked(
        "SERVICE", service, catalog.RELEASE_NAME, "lowercase letters, digits and -, a letter first"
    )
    image = _answer(image, "The image, with its version", "")
    found = _IMAGE.fullmatch(image)
    if found is None or not found["tag"] or found["tag"] == "latest":
        raise UserError(
            f"--image {image or '(missing)'}: name it with a version, such as myrepo/{service}:1.2.3"
        )
    port = _answer(port, "The port that it listens on", "8000")
    if not port.isdigit() or not 1 <= int(port) <= 65535:
        raise UserError(f"--port {port}: expected a number from 1 to 65535")
    health = _answer(health, "The path that answers 200 when it can serve", "/health")
    if not health.startswith("/") or " " in health:
        raise UserError(f"--health {health}: expected a path, such as /health")
    host = _answer(host, "The host for requests from outside the cluster (empty: none)", "")
    host = host and _checked("--host", host, _HOST, "a name, such as api.example.com")
    named = _answer(environment, "The environments", known).split(",")
    form = "names with commas between"
    each = [_checked("--environments", one.strip(), _ENVIRONMENT, form) for one in named]
    return Answers(service, found["repository"], found["tag"], int(port), health, host, tuple(each))


def _answer(given: str, question: str, default: str) -> str:
    if given or not sys.stdin.isatty():
        return given or default
    shown = f" [{default}]" if default else ""
    return err.input(f"{question}{shown}: ", markup=False).strip() or default


def _checked(name: str, text: str, form: re.Pattern[str], expected: str) -> str:
    if not form.fullmatch(text):
        raise UserError(f"{name} {text}: expected {expected}")
    return text
