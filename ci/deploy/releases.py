"""What a consumer does with Helm in a cluster: install, upgrade, roll back, test, uninstall."""

from __future__ import annotations

import base64
import gzip
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci.base.console import step
from ci.charts import helm
from ci.charts.helm import HelmError
from ci.clusters.kubectl import Kubectl
from ci.kubernetes import manifests
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import dig

WAIT_SECONDS = 300
ENDING_SECONDS = 20
AFTER_THE_WATCH_SECONDS = 60
# How long the pods of a hook may take to end: more than the grace period of most.
HOOK_ENDING_SECONDS = 90
# What Helm writes down of an upgrade that it was told to end.
_CANCELLED = "context canceled"
# What has each Helm undo an upgrade that fails.
ROLLBACK_ON_FAILURE = {3: "--atomic", 4: "--rollback-on-failure"}


@dataclass(frozen=True)
class Revision:
    """A revision of a release as `helm history` lists it; ``status`` is "deployed", "failed", ..."""

    number: int
    status: str
    chart: str
    description: str
    updated: str

    @property
    def is_pending(self) -> bool:
        """Whether an operation on it began and has not ended: pending-install, -upgrade or -rollback."""
        return self.status.startswith("pending-")


class Change:
    """A Helm command that is watched while it runs; Helm ends with this process, however that ends."""

    def __init__(self, engine: int, arguments: Sequence[str]) -> None:
        self._output = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed by end
        self._process = helm.start(engine, arguments, self._output)
        self.words = ""

    def __call__(self, seconds: float) -> int | None:
        """Wait so many seconds at most; return Helm's exit code, None while it runs."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def end(self) -> None:
        """Have Helm give up if it still runs, and wait until it has; ``words`` is what it said then.

        An upgrade is written down by Helm as failed; a rollback stays pending.
        """
        try:
            # It closes Helm's input.
            self._process.communicate(timeout=ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._output.seek(0)
        self.words = helm.plain(self._output.read())
        if not self.words.strip() and self._process.returncode < 0:
            self.words = (
                f"helm was ended by {signal.Signals(-self._process.returncode).name} and said nothing"
            )
        self._output.close()


def last_good(revisions: Sequence[Revision]) -> Revision | None:
    """Return the revision to go back to: the one that is deployed, else the newest that once was."""
    for status in ("deployed", "superseded"):
        for revision in reversed(revisions):
            if revision.status == status:
                return revision
    return None


@dataclass(frozen=True)
class Releases:
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

    def upgrading(self, release: str, chart: Path, values: Sequence[Path], seconds: int) -> Change:
        """Start an upgrade, or an install where there is no release, to be watched for so many seconds."""
        arguments = ["upgrade", "--install", release, str(chart), *helm.values_arguments(values)]
        return Change(self.engine, [*arguments, *self._watched(seconds)])

    def rolling_back(self, release: str, revision: int, seconds: int) -> Change:
        """Start a rollback, to be watched for so many seconds."""
        return Change(self.engine, ["rollback", release, str(revision), *self._watched(seconds)])

    def end_pending(self, release: str, why: str) -> None:
        """Write down as failed, for ``why``, the operations that nobody goes on with.

        Helm would have done so itself. Of an upgrade that it was told to end it writes only that.
        It keeps a revision as gzipped JSON in a Secret
        (https://helm.sh/docs/topics/advanced/#storage-backends).
        """
        kubectl = Kubectl(self.kubeconfig)
        revisions = self.history(release)
        ended = [one for one in revisions[-1:] if one.status == "failed" and _CANCELLED in one.description]
        for revision in (*ended, *(one for one in revisions if one.is_pending)):
            name = f"sh.helm.release.v1.{release}.v{revision.number}"
            place = f"--namespace={self.namespace}"
            secret = json.loads(kubectl("get", "secret", name, place, "--output=json"))
            packed = base64.b64decode(base64.b64decode(secret["data"]["release"]))
            written = json.loads(gzip.decompress(packed))
            written["info"] |= {"status": "failed", "description": why}
            repacked = base64.b64encode(gzip.compress(json.dumps(written).encode()))
            secret["data"]["release"] = base64.b64encode(repacked).decode()
            secret["metadata"]["labels"]["status"] = "failed"
            kubectl("replace", place, "--validate=ignore", "--filename=-", stdin=json.dumps(secret))

    def end_hooks(self, release: str, revision: int) -> None:
        """Remove the hooks of a revision that failed, and wait until their pods have ended.

        Helm would have done so itself, for those with hook-failed in their deletion policy
        (https://helm.sh/docs/topics/charts_hooks/#hook-deletion-policies). Raise CommandError where a pod
        does not end.
        """
        told = self._run(["get", "hooks", release, f"--revision={revision}"], release)
        left = {key: hook for key, hook in manifests.parse(told).items() if _goes_when_failed(hook)}
        if left:
            if jobs := ", ".join(f"Job {key.name}" for key in left if key.kind == "Job"):
                step(f"waiting for the pods of {jobs} to end")
            Kubectl(self.kubeconfig)(
                "delete",
                f"--namespace={self.namespace}",
                "--ignore-not-found",
                "--cascade=foreground",
                f"--timeout={HOOK_ENDING_SECONDS}s",
                "--filename=-",
                stdin=manifests.dump(left),
            )

    def test(self, release: str) -> str:
        """Run the release's test pods."""
        # Without --logs: Helm 3 looks for them when the pods are gone already.
        return self._run(["test", release, f"--timeout={WAIT_SECONDS}s"], release)

    def uninstall(self, release: str) -> str:
        """Remove a release, and wait until it is gone."""
        return self._run(["uninstall", release, *self._waiting()], release)

    def history(self, release: str) -> list[Revision]:
        """Return its revisions, oldest first; none where there is no such release."""
        try:
            told = self._run(["history", release, "--output=json", "--max=256"], release)
        except HelmError as error:
            if "release: not found" in error.stderr:
                return []
            raise
        return [
            Revision(one["revision"], one["status"], one["chart"], one["description"], one["updated"])
            for one in json.loads(told)
        ]

    def objects(self, release: str, revision: int) -> Mapping[Key, Object]:
        """Return the objects of a revision, hooks left out, as they were rendered."""
        return manifests.parse(self._run(["get", "manifest", release, f"--revision={revision}"], release))

    def with_hooks(self, release: str, revision: int) -> Mapping[Key, Object]:
        """Return the objects of a revision and its hooks, as they were rendered."""
        template = "{{.Release.Manifest}}{{range .Release.Hooks}}\n---\n{{.Manifest}}{{end}}"
        arguments = ["get", "all", release, f"--revision={revision}", f"--template={template}"]
        return manifests.parse(self._run(arguments, release))

    def values(self, release: str, revision: int) -> dict[str, Any]:
        """Return the values that a revision was given."""
        told = self._run(["get", "values", release, f"--revision={revision}", "--output=json"], release)
        return dict(json.loads(told) or {})

    def _change(self, verb: list[str], chart: Path, values: Sequence[Path], extra: Sequence[str]) -> str:
        arguments = [*verb, str(chart), *helm.values_arguments(values), *self._waiting(), *extra]
        return self._run(arguments, helm.subject_of(chart, values))

    def _waiting(self) -> list[str]:
        return ["--wait", f"--timeout={WAIT_SECONDS}s"]

    def _watched(self, seconds: int) -> list[str]:
        # The watch's time ends first, so that the reason is its own and not Helm's.
        arguments = [f"--timeout={seconds + AFTER_THE_WATCH_SECONDS}s", *self._where()]
        if self.engine == 3:
            return ["--wait", *arguments]
        # Helm 4's other strategy fails at once where the progress deadline of an earlier change has passed.
        # A plan has named the fields that others set by then, and refused what can't be overruled.
        return ["--wait=legacy", "--server-side=true", "--force-conflicts", *arguments]

    def _run(self, arguments: list[str], subject: str) -> str:
        return helm.run(self.engine, [*arguments, *self._where()], subject=subject).stdout

    def _where(self) -> list[str]:
        return [f"--kubeconfig={self.kubeconfig}", f"--namespace={self.namespace}"]


def _goes_when_failed(hook: Object) -> bool:
    return "hook-failed" in str(dig(hook, "metadata", "annotations", "helm.sh/hook-delete-policy"))
