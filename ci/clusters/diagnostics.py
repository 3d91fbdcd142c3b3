"""Writes diagnostics of a failure in a cluster to files: objects, events, pods and logs."""

from __future__ import annotations

from pathlib import Path

from ci.base.console import step
from ci.base.errors import UserError
from ci.clusters.kubectl import Kubectl


def collect(kubectl: Kubectl, folder: Path, *, namespace: str = "", selector: str = "") -> None:
    """Write diagnostics to ``folder``, without Secrets; errors are only reported.

    They are those of one namespace, of the namespaces with a label (``selector``), or of all.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for name in [namespace] if namespace else _namespaces(kubectl, selector):
            # Workloads, Services, events and the log of every container, in a folder for each namespace.
            kubectl(
                "cluster-info",
                "dump",
                "--output=yaml",
                f"--namespaces={name}",
                f"--output-directory={folder}",
            )
            for file, arguments in {
                "events.txt": ["get", "events", "--sort-by=.lastTimestamp"],
                "pods.txt": ["describe", "pods"],
            }.items():
                (folder / name / file).write_text(kubectl(*arguments, f"--namespace={name}"))
    except UserError as error:
        step(f"the diagnostics are incomplete: {error}")


def _namespaces(kubectl: Kubectl, selector: str) -> list[str]:
    arguments = [f"--selector={selector}"] if selector else []
    return [found["metadata"]["name"] for found in kubectl.get("namespaces", *arguments)]
