"""Watches a release while Helm changes it: reports what happens once, and knows early how it will end."""

from __future__ import annotations

import dataclasses
import math
import re
import time
from collections.abc import Callable
from typing import Any, Protocol

from ci.base.console import progress
from ci.base.processes import CommandError
from ci.clusters import kubectl
from ci.deploy.hooks import Hooks, Log
from ci.deploy.outcome import Outcome, Result
from ci.deploy.reasons import Code, Reason
from ci.deploy.snapshot import Snapshot, full_name, is_ready, running_image, statuses
from ci.deploy.verdict import is_rolled_out, new_pods_wanted, unready, verdict
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig

POLL_SECONDS = 1.0
# Helm removes a hook about a second after its pod has ended, and how it ended is to be seen before.
HOOK_POLL_SECONDS = 0.25
# While there is no answer: when it is reported, and when it is a failure.
SILENCE_SECONDS = 5
LOST_SECONDS = 120
# For how long no further pod becomes ready until it is reported what the first one waits for.
STILL_SECONDS = 20
# How long Helm may take until it changes a workload: what that shows before is the earlier version's.
APPLY_SECONDS = 30
# How long it may take until what a rule sees can be believed: quotas are counted with a delay, a namespace's
# account is made a moment after it, the scheduler may see a claim after its pod, and the first figures of new
# pods take half a minute.
_SETTLING = {Code.QUOTA_EXCEEDED: 6, Code.ADMISSION_REFUSED: 3, Code.CLAIM_LOST: 3, Code.NO_METRICS: 45}
# How long what may pass is only reported. External Secrets has tried a dozen times by then, ever more rarely.
_PATIENCE = {Code.NOT_FETCHED: 60}

Report = Callable[[str, str], None]
# What changes the release meanwhile, a run of Helm: waits at most so many seconds for its end, and returns
# its exit code, None while it runs.
Change = Callable[[float], int | None]


class Source(Protocol):
    """Where the state comes from; ``reader.Reader`` is one."""

    def snapshot(self) -> Snapshot:
        """Return the release's state; raise CommandError where there is no answer."""

    def last_lines(self, pod: Object, status: Any) -> tuple[str, ...]:
        """Return the end of a container's log."""

    def follow(self, pod: Object, container: str) -> Log:
        """Collect what a container writes."""


class Watch:
    """Watches one release; make it before the change begins, for it compares with what was there before.

    ``report`` is called with a step ("migration", "rollout") and a line on it, once for each change of state.
    No line has a Secret's value in it, unless a container writes one to its log.
    """

    def __init__(
        self,
        source: Source,
        report: Report,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._source = source
        self._report = report
        self._clock = clock
        self._sleep = sleep
        self._before = source.snapshot()
        self._was = {_uid(one): one for one in self._before.workloads}
        self._hooks = Hooks(
            source.follow, report, known=[job["metadata"]["uid"] for job in self._before.jobs]
        )
        self._began = self._answered = self._last_hook = clock()
        self._silent = self._locked_out = False
        self._step = "rollout"
        self._news: tuple[Reason, ...] = ()
        # An autoscaler without figures before the change does not wait for those of new pods.
        lasting = [one for one in verdict(self._before).news if one.code is Code.NO_METRICS]
        self._since: dict[tuple[str, ...], float] = {_key(reason): -math.inf for reason in lasting}
        self._reported: set[tuple[str, ...]] = set()
        self._counts: dict[str, tuple[int, int]] = {}
        self._moved = clock()

    def run(self, change: Change, *, seconds: float) -> Outcome:
        """Watch until the change has succeeded and all is as wanted, or will not be.

        A change that fails ends the watch, and so do ``seconds`` without an end. Ctrl-C passes through.
        """
        last, applied = Snapshot(), False
        try:
            with progress(f"watching {self._name()}") as bar:
                while True:
                    snapshot = self._look(applied)
                    if snapshot:
                        last = snapshot
                        failures, done = self._judge(snapshot)
                        if failures:
                            return self._outcome(Result.FAILED, failures, snapshot)
                        if applied and done:
                            return self._outcome(Result.DONE, (), snapshot)
                        bar(*self._totals())
                    if late := self._too_late(last, seconds):
                        return self._outcome(Result.FAILED, late, last)
                    if applied:
                        self._sleep(POLL_SECONDS)
                        continue
                    exit_code = change(POLL_SECONDS if self._step == "rollout" else HOOK_POLL_SECONDS)
                    applied = exit_code == 0
                    if exit_code:
                        return self._stopped(last, seconds)
        finally:
            self._hooks.close()

    def _look(self, applied: bool) -> Snapshot | None:
        try:
            snapshot = self._source.snapshot()
        except CommandError as error:
            self._locked_out = kubectl.refuses_login(error)
            silence = self._clock() - self._answered
            if silence >= SILENCE_SECONDS and not self._silent:
                self._silent = True
                words = [f"no answer from the cluster for {silence:.0f} s", *error.output.splitlines()[-1:]]
                self._report(self._step, ": ".join(words))
            return None
        now = self._clock()
        self._locked_out = False
        if self._silent:
            self._silent = False
            self._report(self._step, f"the cluster answers again after {now - self._answered:.0f} s")
        self._answered = now
        return self._of_this_change(snapshot, applied)

    def _of_this_change(self, snapshot: Snapshot, applied: bool) -> Snapshot:
        """Leave out what an earlier change made: hooks, and workloads that Helm has yet to change."""
        now = self._clock()
        snapshot = dataclasses.replace(snapshot, jobs=self._hooks.ours(snapshot))
        changed = [one for one in snapshot.workloads if self._has_changed(snapshot, one)]
        hook = self._hooks.look(snapshot, now, went_on=bool(changed))
        self._step = hook or "rollout"
        if hook:
            self._last_hook = now
        all_count = applied or now - self._last_hook >= APPLY_SECONDS
        return snapshot if all_count else dataclasses.replace(snapshot, workloads=changed)

    def _has_changed(self, snapshot: Snapshot, workload: Object) -> bool:
        """Tell whether Helm has changed a workload: the number of pods that an autoscaler sets is not its."""
        was = self._was.get(_uid(workload))
        if was is None or was["metadata"]["generation"] == workload["metadata"]["generation"]:
            return was is None
        scaled = [dig(scaler, "spec", "scaleTargetRef") or {} for scaler in snapshot.autoscalers]
        names = [(one.get("kind"), one.get("name")) for one in scaled]
        is_scaled = (workload["kind"], workload["metadata"]["name"]) in names
        return not is_scaled or {**was["spec"], "replicas": 0} != {**workload["spec"], "replicas": 0}

    def _judge(self, snapshot: Snapshot) -> tuple[tuple[Reason, ...], bool]:
        """Report what is new, and return the failures that count and whether all is as wanted."""
        now = self._clock()
        judged = verdict(snapshot)
        every = (*judged.failures, *judged.news)
        self._since = {_key(reason): self._since.get(_key(reason), now) for reason in every}

        def lasts(reason: Reason, seconds: float) -> bool:
            return now - self._since[_key(reason)] >= seconds

        def settled(reason: Reason) -> bool:
            return lasts(reason, _SETTLING.get(reason.code, 0))

        self._report_counts(snapshot, now)
        self._news = tuple(filter(settled, judged.news)) or self._news
        for reason in self._news:
            self._report_once(reason)
        if self._counts and now - self._moved >= STILL_SECONDS:
            for reason in unready(snapshot):
                # Of a workload without such a pod there is no more to say than its counts.
                if reason.object.startswith("Pod "):
                    self._report_once(reason)
        too_long = [one for one in judged.news if one.code in _PATIENCE and lasts(one, _PATIENCE[one.code])]
        return (*filter(settled, judged.failures), *too_long), judged.done

    def _report_counts(self, snapshot: Snapshot, now: float) -> None:
        """Report how many new pods of each workload are ready, where that has changed."""
        for workload in snapshot.workloads:
            if snapshot.newest(workload) is None:
                continue
            name, wanted = workload["metadata"]["name"], new_pods_wanted(workload)
            ready = sum(map(is_ready, snapshot.new_pods(workload)))
            if self._counts.get(name) != (ready, wanted):
                self._counts[name], self._moved = (ready, wanted), now
                self._report("rollout", f"{name}  {ready} of {wanted} new ready  {now - self._began:.0f} s")

    def _report_once(self, reason: Reason) -> None:
        # Attempts of one kind differ in ports, times and counts; only a restart's count is news.
        numbered = reason.code in (Code.RESTARTED, Code.CRASH_LOOP)
        alike = (reason.code, reason.container, re.sub(r"\d+", "#", reason.message))
        line = (*_key(reason), reason.message) if numbered else alike
        if line not in self._reported:
            self._reported.add(line)
            self._report(self._step, str(reason))

    def _too_late(self, last: Snapshot, seconds: float) -> tuple[Reason, ...]:
        now = self._clock()
        if now - self._answered >= LOST_SECONDS:
            words = f"no answer from the cluster for {now - self._answered:.0f} s"
            return (Reason(Code.UNREACHABLE, words),)
        if self._locked_out and now - self._answered >= SILENCE_SECONDS:
            return (Reason(Code.UNREACHABLE, "the cluster refuses your login; log in again"),)
        if now - self._began < seconds:
            return ()
        words = f"not finished after {now - self._began:.0f} s"
        first, *others = self._unfinished(last) or (Reason(Code.NOT_READY, ""),)
        code = first.code if first.code is Code.MIGRATION_FAILED else Code.NOT_READY
        message = ": ".join(filter(None, (words, first.message)))
        return dataclasses.replace(first, code=code, message=message), *others

    def _stopped(self, last: Snapshot, seconds: float) -> Outcome:
        """Say why the change failed where a rule knows, and else what was unfinished.

        Helm gives up where a connection is lost: then the cluster is waited for.
        """
        while (snapshot := self._look(applied=False)) is None:
            if late := self._too_late(last, seconds):
                return self._outcome(Result.FAILED, late, last)
            self._sleep(POLL_SECONDS)
        failures, _ = self._judge(snapshot)
        if failures:
            return self._outcome(Result.FAILED, failures, snapshot)
        reasons = self._unfinished(snapshot)
        failed = any(reason.code is Code.MIGRATION_FAILED and reason.container for reason in reasons)
        return self._outcome(Result.FAILED if failed else Result.STOPPED, reasons, snapshot)

    def _unfinished(self, snapshot: Snapshot) -> tuple[Reason, ...]:
        """Return what is under way: hooks, with what was seen of their pods, or else the rollout."""
        hooks = self._hooks.unfinished() if not self._counts else ()
        return (*hooks, *self._news) if hooks else tuple(unready(snapshot))

    def _outcome(self, result: Result, reasons: tuple[Reason, ...], snapshot: Snapshot) -> Outcome:
        old = [
            pod
            for one in snapshot.workloads
            if not is_rolled_out(snapshot, one)
            for pod in snapshot.old_pods(one)
        ]
        return Outcome(
            result,
            self._with_a_log(reasons, snapshot),
            self._clock() - self._began,
            sum(map(is_ready, old)),
            running_image(snapshot),
        )

    def _with_a_log(self, reasons: tuple[Reason, ...], snapshot: Snapshot) -> tuple[Reason, ...]:
        """Add to the first reason the log of its container: those of all pods would say the same."""
        if not reasons:
            return ()
        first = reasons[0]
        log = self._hooks.log(first.object)
        if not log:
            named = [pod for pod in snapshot.pods if full_name(pod) == first.object]
            failing = [(pod, one) for pod in named for one in statuses(pod) if one["name"] == first.container]
            log = self._source.last_lines(*failing[0]) if failing else ()
        return dataclasses.replace(first, log=log), *reasons[1:]

    def _name(self) -> str:
        return ", ".join(one["metadata"]["name"] for one in self._before.workloads) or "the release"

    def _totals(self) -> tuple[int, int | None]:
        ready, wanted = map(sum, zip(*self._counts.values(), strict=True)) if self._counts else (0, 0)
        return ready, wanted or None


def _uid(one: Object) -> str:
    return str(one["metadata"]["uid"])


def _key(reason: Reason) -> tuple[str, ...]:
    return reason.code, reason.object, reason.container
