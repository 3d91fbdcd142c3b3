"""The pod of a service of a Compose file, while it is made."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ci.importing.compose.interpolation import interpolated
from ci.importing.draft import Values


class Notes:
    """What the report says of a file: lines of ``left`` and ``unneeded``, as in ``Source``."""

    def __init__(self) -> None:
        self.left: list[str] = []
        self.unneeded: list[str] = []
        # Names of variables whose defaults count, and the keys that the Secret has to have.
        self.defaults: list[str] = []
        self.secret_keys: list[str] = []

    def resolved(self, node: Any, path: str) -> Any:
        """Return a node with the defaults of the variables in its strings; a line says which have none."""
        if isinstance(node, dict):
            return {key: self.resolved(value, f"{path}.{key}") for key, value in node.items()}
        if isinstance(node, list):
            return [self.resolved(item, path) for item in node]
        if not isinstance(node, str):
            return node
        text, defaults, unset = interpolated(node)
        self.defaults += defaults
        if unset:
            self.left.append(f"{path}: {', '.join(unset)} has no default, and nothing is in its place")
        return text


class Container:
    """The pod of one service, while its keys are read: ``rest`` are those that are not yet."""

    def __init__(self, name: str, written: Values, top: Values, folder: Path, notes: Notes) -> None:
        self.name = dns_label(name)
        self.path = f"services.{name}"
        self.notes = notes
        self.folder = folder
        self.top = top
        # Variables are looked at one by one: one without a value can be a secret.
        self.environment = written.get("environment")
        rest = {key: value for key, value in written.items() if key != "environment"}
        self.rest: Values = notes.resolved(rest, self.path)
        self.container: Values = {"name": self.name}
        self.pod: Values = {}
        self.security: Values = {}
        self.mounts: list[Values] = []
        self.volumes: list[Values] = []
        self.claims: dict[str, Values] = {}
        self.files: dict[str, str] = {}
        self.secret_files: dict[str, str] = {}
        # Names of variables whose values are to be in a Secret, since nothing here says them.
        self.unset: list[str] = []
        self.ports: list[Values] = []
        self.replicas: Any = None
        self.annotations: dict[str, str] = {}

    def left(self, key: str, reason: str) -> None:
        """Say that a key is not carried over."""
        self.notes.left.append(f"{self.path}.{key}: {reason}")

    def unneeded(self, key: str, reason: str) -> None:
        """Say that a key needs nothing."""
        self.notes.unneeded.append(f"{self.path}.{key}: {reason}")

    def take(self, key: str) -> Any:
        """Return the value of a key, None if it is not there, and note that it is read."""
        return self.rest.pop(key, None)

    def valid(self, key: str, form: Callable[[Any], Any], written: Any) -> Any:
        """Return what a form makes of what is written; raises ValueError, with the key, if it is none."""
        try:
            return form(written)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{self.path}.{key}: {error}") from None


def literal(text: str) -> str:
    """Return text in which Kubernetes finds no variable: $(NAME) is one there, and not for Compose."""
    return re.sub(r"\$(?=[$(])", "$$", text)


def dns_label(name: str) -> str:
    """Return a name as a DNS label: my_db becomes my-db."""
    return re.sub(r"[^a-z0-9-]+", "-", name.lower()).strip("-")
