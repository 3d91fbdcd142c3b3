"""What a consumer does with Helm in a cluster: install, upgrade, roll back, test, uninstall."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci.charts import helm

WAIT_SECONDS = 300
# What has each Helm undo an upgrade that fails.
ROLLBACK_ON_FAILURE = {3: "--atomic", 4: "--rollback-on-failure"}


@dataclass(frozen=True)
class Installs:
    """The releases in a namespace of the cluster of ``kubeconfig``, in the hands of Helm ``engine`` (3 or 4).

    Every call waits until what it changes is ready, and raises HelmError where Helm fails.
    """

    kubeconfig: Path
    namespace: str
    engine: int

    def install(self, release: str, chart: Path, values: Sequence[Path], *extra: str) -> str:
        """Install a chart, with further arguments of helm install, and return what Helm prints."""
        return self._change(["install", release], chart, values, extra)

    def upgrade(self, release: str, chart: Path, values: Sequence[Path], *extra: str) -> str:
        """Upgrade a release, or install it where there is none; otherwise as ``install``."""
        return self._change(["upgrade", "--install", release], chart, values, extra)

    def rollback(self, release: str, revision: int) -> str:
        """Go back to a revision."""
        return self._run(["rollback", release, str(revision), *self._waiting()], release)

    def test(self, release: str) -> str:
        """Run the release's test pods."""
        # Without --logs: Helm 3 looks for them when the pods are gone already.
        return self._run(["test", release, f"--timeout={WAIT_SECONDS}s"], release)

    def uninstall(self, release: str) -> str:
        """Remove a release, and wait until it is gone."""
        return self._run(["uninstall", release, *self._waiting()], release)

    def history(self, release: str) -> list[dict[str, Any]]:
        """Return its revisions, oldest first: ``revision``, ``status``, ``description``, ..."""
        revisions: list[dict[str, Any]] = json.loads(
            self._run(["history", release, "--output=json"], release)
        )
        return revisions

    def _change(self, verb: list[str], chart: Path, values: Sequence[Path], extra: Sequence[str]) -> str:
        arguments = [*verb, str(chart), *helm.values_arguments(values), *self._waiting(), *extra]
        return self._run(arguments, helm.subject_of(chart, values))

    def _waiting(self) -> list[str]:
        return ["--wait", f"--timeout={WAIT_SECONDS}s"]

    def _run(self, arguments: list[str], subject: str) -> str:
        at = [f"--kubeconfig={self.kubeconfig}", f"--namespace={self.namespace}"]
        return helm.run(self.engine, [*arguments, *at], subject=subject).stdout
