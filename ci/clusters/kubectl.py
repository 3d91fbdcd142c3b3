"""kubectl as a typed call on one kubeconfig, blind to the user's own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci.base import processes, programs


@dataclass(frozen=True)
class Kubectl:
    """Calls of kubectl on the current context of ``kubeconfig``."""

    kubeconfig: Path

    def __call__(self, *arguments: str | Path, stdin: str | None = None, seconds: float | None = 120) -> str:
        """Return what ``kubectl ARGUMENTS`` prints; raise CommandError where it fails."""
        command = [*self.command, *arguments]
        doing = " ".join(map(str, ["kubectl", *arguments[:4]]))
        return processes.run(command, doing, env=environment(), stdin=stdin, seconds=seconds)

    @property
    def command(self) -> list[str]:
        """How a command line for ``subprocess`` begins, with ``environment()`` as its environment."""
        return [str(programs.find(programs.KUBECTL)), f"--kubeconfig={self.kubeconfig}"]

    def get(self, *arguments: str) -> Any:
        """Return what ``kubectl get ARGUMENTS`` finds: one object, or the list of a kind's objects."""
        found = json.loads(self("get", "--output=json", *arguments))
        return found["items"] if found["kind"].endswith("List") else found


def environment() -> dict[str, str]:
    """Return an environment in which kubectl neither reads nor writes below the user's ~/.kube."""
    cache = programs.cache_folder() / "kubectl"
    return processes.environment_without("KUBE") | {
        "KUBECONFIG": str(cache / "no-kubeconfig"),
        "KUBECACHEDIR": str(cache),
        "KUBERC": "off",
    }


def flattened(context: str) -> str:
    """Return a kubeconfig of this one context of the user's, with its certificates in it.

    Raises CommandError where the user's kubeconfig has no such context.
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
