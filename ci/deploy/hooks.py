"""Helm's hooks while they run, a migration above all: their logs, and how they ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Protocol

from ci.deploy import pod_rules
from ci.deploy.pod_logs import LAST_LINES
from ci.deploy.reasons import Code, Reason
from ci.deploy.snapshot import Snapshot, condition, full_name, has_ended, statuses
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig


class Log(Protocol):
    """A log that is collected; ``pod_logs.Follower`` is one."""

    def take(self) -> list[str]:
        """Return the lines since the last call."""

    def close(self, *, at_its_end: bool) -> None:
        """Stop collecting, once it is complete where its container has ended."""


@dataclass
class _Hook:
    """A Job that Helm runs as a hook, as it was seen last."""

    job: Object
    began: float
    logs: dict[str, Log] = field(default_factory=dict)
    last: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))
    failure: tuple[str, str] = ("", "")
    succeeded: bool = False
    ended: bool = False
    missed: bool = False

    @property
    def step(self) -> str:
        component = dig(self.job, "metadata", "labels", "app.kubernetes.io/component")
        return "migration" if component == "migration" else "hook"


class Hooks:
    """The hooks of one change. Helm deletes them the moment they end, so what was seen of them is kept."""

    def __init__(
        self,
        follow: Callable[[Object, str], Log],
        report: Callable[[str, str], None],
        known: Collection[str],
    ) -> None:
        self._follow = follow
        self._report = report
        self._known = known
        self._hooks: dict[str, _Hook] = {}

    def ours(self, snapshot: Snapshot) -> list[Object]:
        """Return the hooks of this change: not those that an earlier one left."""
        return [job for job in snapshot.jobs if job["metadata"]["uid"] not in self._known]

    def look(self, snapshot: Snapshot, now: float, went_on: bool) -> str:
        """Report what hooks write and how they end; return the step of one that is under way, "" for none.

        ``went_on`` tells that Helm has changed something since: it does so when its hooks have succeeded.
        """
        there = {job["metadata"]["uid"]: job for job in snapshot.jobs}
        for uid, job in there.items():
            if uid not in self._hooks:
                self._hooks[uid] = _Hook(job, now)
                self._report(self._hooks[uid].step, f"{job['metadata']['name']} runs")
        for uid, hook in self._hooks.items():
            if not hook.ended:
                self._see(hook, there.get(uid), snapshot, went_on)
                self._report_lines(hook)
                if hook.ended and not hook.failure[1]:
                    words = f"ended after {now - hook.began:.0f} s{': ok' if hook.succeeded else ''}"
                    self._report(hook.step, f"{hook.job['metadata']['name']} {words}")
        return next((hook.step for hook in self._hooks.values() if not hook.ended), "")

    def unfinished(self) -> tuple[Reason, ...]:
        """Return the hooks that were not seen to succeed, each as a reason for which Helm may have failed."""
        unsuccessful = [hook for hook in self._hooks.values() if not hook.succeeded]
        for hook in unsuccessful:
            self._end(hook)
            self._report_lines(hook)
        return tuple(
            Reason(
                Code.MIGRATION_FAILED, hook.failure[1] or "not finished", full_name(hook.job), hook.failure[0]
            )
            for hook in unsuccessful
        )

    def log(self, name: str) -> tuple[str, ...]:
        """Return the last lines of the hook of that name (``Job api-migration``)."""
        return next((tuple(one.last) for one in self._hooks.values() if full_name(one.job) == name), ())

    def close(self) -> None:
        """Stop collecting logs."""
        for hook in self._hooks.values():
            for log in hook.logs.values():
                log.close(at_its_end=False)

    def _see(self, hook: _Hook, job: Object | None, snapshot: Snapshot, went_on: bool) -> None:
        failed = gone = False
        if job is None:
            # Helm has deleted it, and will go on or end: the next look tells, if there is one.
            hook.succeeded = went_on
            gone, hook.missed = hook.missed, True
        else:
            hook.job = job
            pods = snapshot.pods_of(job)
            if pods:
                hook.failure = pod_rules.last_failure(pods)
            hook.succeeded = any(condition(job, kind) for kind in ("Complete", "SuccessCriteriaMet")) or any(
                dig(pod, "status", "phase") == "Succeeded" for pod in pods
            )
            failed = any(condition(job, kind) for kind in ("Failed", "FailureTarget"))
            self._follow_pods(hook, pods)
        if hook.succeeded:
            hook.failure = ("", "")
        if hook.succeeded or failed or gone:
            self._end(hook)

    def _follow_pods(self, hook: _Hook, pods: list[Object]) -> None:
        main = dig(hook.job, "spec", "template", "spec", "containers")[0]["name"]
        for pod in pods:
            uid = pod["metadata"]["uid"]
            if uid in hook.logs and has_ended(pod):
                hook.logs[uid].close(at_its_end=True)
            for status in statuses(pod):
                if (
                    status["name"] == main
                    and "waiting" not in (status.get("state") or {})
                    and uid not in hook.logs
                ):
                    hook.logs[uid] = self._follow(pod, main)

    def _report_lines(self, hook: _Hook) -> None:
        for log in hook.logs.values():
            for line in log.take():
                hook.last.append(line)
                self._report(hook.step, f"  | {line}")

    def _end(self, hook: _Hook) -> None:
        hook.ended = True
        for log in hook.logs.values():
            log.close(at_its_end=True)
