"""What a policy scanner, kube-score, advises against in rendered manifests."""

from __future__ import annotations

import json
import subprocess
from typing import NamedTuple

from ci.base import programs
from ci.base.errors import UserError
from ci.kubernetes.versions import NEWEST

# Not among its defaults, and held here too; the rest of those wants limits that equal the requests.
_OPTIONAL = ("container-seccomp-profile", "container-ports-check")
_NOTHING_TO_SAY = 10


class Advice(NamedTuple):
    """A thing that is advised against: the object, the scanner's check, and what it says."""

    object: str
    check: str
    summary: str


def advice(stream: str) -> list[Advice]:
    """Return all that kube-score has to say of a rendered stream, down to what it calls informative.

    Its checks: https://github.com/zegl/kube-score/blob/v1.20.0/README_CHECKS.md. Raise UserError where it
    can't be had, or can't read the stream.
    """
    options = ["--output-format", "json", "--kubernetes-version", f"v{NEWEST}"]
    options += [f"--enable-optional-test={check}" for check in _OPTIONAL]
    asked = subprocess.run(
        [str(programs.find(programs.KUBE_SCORE)), "score", *options, "-"],
        input=stream,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        objects = json.loads(asked.stdout)
    except ValueError:
        raise UserError(f"kube-score can't read the manifests: {asked.stderr.strip()}") from None
    return [
        Advice(scored["object_name"], result["check"]["id"], comment["summary"])
        for scored in objects
        for result in scored["checks"]
        if result["grade"] < _NOTHING_TO_SAY and not result["skipped"]
        for comment in result["comments"]
    ]
