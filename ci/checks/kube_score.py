"""kube-score, a policy scanner, run on rendered manifests."""

from __future__ import annotations

import json
from typing import NamedTuple

from ci.base import processes, programs
from ci.base.errors import UserError
from ci.kubernetes.versions import NEWEST

# Off by default. The other optional checks want limits that equal the requests.
_OPTIONAL = ("container-seccomp-profile", "container-ports-check")
_PASSED = 10


class Advice(NamedTuple):
    """A failed check: the object, the check's ID and its comment."""

    object: str
    check: str
    summary: str


def advice(stream: str) -> list[Advice]:
    """Return every comment of kube-score on rendered manifests, also the merely informative ones.

    Its checks: https://github.com/zegl/kube-score/blob/v1.20.0/README_CHECKS.md. Raises UserError if
    kube-score cannot be obtained or run, or cannot read the manifests.
    """
    options = ["--output-format", "json", "--kubernetes-version", f"v{NEWEST}"]
    options += [f"--enable-optional-test={check}" for check in _OPTIONAL]
    command = [str(programs.find(programs.KUBE_SCORE)), "score", *options, "-"]
    try:
        output = processes.run(command, "scoring the manifests", stdin=stream)
    except processes.CommandError as error:
        # A critical finding is a failure to kube-score too.
        if not error.output:
            raise
        output = error.output
    try:
        # It prints null if it has no check for any of the objects.
        objects = json.loads(output) or []
    except ValueError:
        raise UserError(f"kube-score can't read the manifests: {output.strip()}") from None
    return [
        Advice(scored["object_name"], result["check"]["id"], comment["summary"])
        for scored in objects
        for result in scored["checks"]
        if result["grade"] < _PASSED and not result["skipped"]
        for comment in result["comments"]
    ]
