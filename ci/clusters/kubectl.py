"""kubectl as a typed call with one kubeconfig, isolated from the user's."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci.base import processes, programs
from ci.base.errors import UserError


@dataclass(frozen=True)
class Kubectl:
    """Calls kubectl with the current context of ``kubeconfig``."""

    kubeconfig: Path

    def __call__(self, *arguments: str | Path, stdin: str | None = None, seconds: float | None = 120) -> str:
        """Return what ``kubectl ARGUMENTS`` prints; raise CommandError if it fails."""
        command = [*self.command, *arguments]
        doing = " ".join(map(str, ["kubectl", *arguments[:4]]))
        return processes.run(command, doing, env=environment(), stdin=stdin, seconds=seconds)

    @property
    def command(self) -> list[str]:
        """The beginning of a command for ``subprocess``, to be run with ``environment()``."""
        return [str(programs.find(programs.KUBECTL)), f"--kubeconfig={self.kubeconfig}"]

    def get(self, *arguments: str) -> Any:
        """Return what ``kubectl get ARGUMENTS`` finds: one object, or a list of objects."""
        found = json.loads(self("get", "--output=json", *arguments))
        return found["items"] if found["kind"].endswith("List") else found


def refuses_login(error: UserError) -> bool:
    """Tell whether a call of kubectl or Helm failed because the login has expired or was never valid."""
    return bool(re.search(r"Unauthorized|must be logged in|expired|provide credentials", str(error)))


def is_unreachable(error: UserError) -> bool:
    """Tell whether a call of kubectl or Helm failed because the cluster gave no answer."""
    words = "Unable to connect|did you specify|did not finish within|: EOF|connection re|cluster unreachable"
    return bool(re.search(words, str(error))) and not refuses_login(error)


def environment() -> dict[str, str]:
    """Return an environment in which kubectl neither reads nor writes the user's ~/.kube."""
    cache = programs.cache_folder() / "kubectl"
    return processes.environment_without("KUBE") | {
        "KUBECONFIG": str(cache / "no-kubeconfig"),
        "KUBECACHEDIR": str(cache),
        "KUBERC": "off",
    }


def flattened(context: str) -> str:
    """Return a kubeconfig with only this context of the user's kubeconfig, and its certificates.

    Raises CommandError if the user's kubeconfig has no such context.
    """
    command = [
        str(programs.find(programs.KUBECTL)),
        "config",
        "view",
        "--minify",
        "--flatten",
        f"--context={context}",
    ]
    return processes.run(command, f"looking up the context {context} in the kubeconfig")
