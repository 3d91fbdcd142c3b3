"""What explains a failure in a cluster: its objects, events, pods and logs, as files."""

from __future__ import annotations

from pathlib import Path

from ci.base.console import step
from ci.base.errors import UserError
from ci.clusters.kubectl import Kubectl


def collect(kubectl: Kubectl, folder: Path, *, namespace: str = "", selector: str = "") -> None:
    """Write what explains a failure to ``folder``; Secrets are not in it.

    It is that of one namespace, of the namespaces with a label (``selector``), or of all. What cannot be had
    is told, and does no harm.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for name in [namespace] if namespace else _namespaces(kubectl, selector):
            # kubectl's choice: workloads, Services, events and every container's log, a folder a namespace.
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
        step(f"not all that explains the failure could be had: {error}")


def _namespaces(kubectl: Kubectl, selector: str) -> list[str]:
    arguments = [f"--selector={selector}"] if selector else []
    return [found["metadata"]["name"] for found in kubectl.get("namespaces", *arguments)]
