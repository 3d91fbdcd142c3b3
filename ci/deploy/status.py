"""The state of a service in an environment, in one table: what `invoke status` shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from invoke.exceptions import Exit

from ci.base.console import out
from ci.deploy import pod_rules, tables
from ci.deploy.reader import EXTERNAL_SECRETS, STORES
from ci.deploy.reasons import Reason
from ci.deploy.snapshot import (
    SCALED_OBJECT,
    Snapshot,
    condition,
    event_time,
    full_name,
    has_ended,
    is_going,
    is_ready,
    running_image,
    statuses,
)
from ci.deploy.state import BUDGETS, CERTIFICATES, WAYS, State, read
from ci.deploy.tables import Row, age, moment
from ci.deploy.target import reached
from ci.deploy.verdict import gateway_refusals, is_rolled_out, new_pods_wanted, of_gateways, verdict
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig, entries, main_container

COLUMNS = ("what", "name", "state", "details")
EVENT_AGE = timedelta(hours=1)
EVENTS = 8
_DELETED = "somebody has deleted it: invoke deploy makes it again"


class Line(NamedTuple):
    """A line of the table; ``well`` is None where there is nothing to judge."""

    what: str
    name: str
    state: str
    details: str = ""
    well: bool | None = True


def run(environment: str, service: str = "") -> None:
    """Print the state of a service.

    Raise UserError for an unknown environment or service and where nothing is installed, and Exit with code
    1, naming it, where something is not as it should be.
    """
    with reached(environment, service) as target:
        found = list(lines(read(target), datetime.now(UTC)))
    place = f"context {target.environment.context}, namespace {target.namespace}"
    rows = [Row(line[:4], "red" if line.well is False else "") for line in found]
    tables.show(f"{environment}: {target.service} ({place})", COLUMNS, rows)
    if faulty := [f"{line.what} {line.name}" for line in found if line.well is False]:
        raise Exit(f"not well: {', '.join(faulty)}", code=1)
    out.out("all is well")


def lines(state: State, now: datetime) -> Iterator[Line]:
    """Yield what there is to say about a release at a moment: what runs, what is around it, what happened."""
    snapshot = state.snapshot
    judged = verdict(snapshot)
    reasons = [*judged.failures, *judged.news]
    if state.terminating:
        yield Line(
            "namespace", state.terminating, "terminating", "is being deleted, with everything in it", False
        )
    yield _release(state, now)
    if snapshot.workloads:
        yield _image(snapshot)
    yield from _missing(state)
    shown = {full_name(one) for one in (*snapshot.autoscalers, *snapshot.routes)}
    for workload in snapshot.workloads:
        yield _workload(snapshot, workload)
        for pod in _pods(snapshot, workload):
            shown.add(full_name(pod))
            yield _pod(snapshot, workload, pod, reasons, now)
    for reason in reasons:
        if reason.object not in shown:
            kind, _, name = reason.object.partition(" ")
            yield Line(kind, name, reason.code, reason.message, False if reason in judged.failures else None)
    yield from map(_autoscaler, snapshot.autoscalers)
    yield from map(_route, snapshot.routes)
    yield from _listed(state, BUDGETS, "disruption budget", _budget)
    yield from _listed(state, CERTIFICATES, "certificate", _conditioned)
    yield from _listed(state, EXTERNAL_SECRETS, "external secret", _conditioned)
    yield from _listed(state, STORES, "secret store", _conditioned)
    yield from _events(state, now)


def _release(state: State, now: datetime) -> Line:
    newest = state.revisions[-1]
    revision = newest.revision
    details = (
        f"revision {revision.number}, {age(newest.deployed, now)} ago: {_one_line(revision.description)}"
    )
    is_well = revision.status == "deployed"
    good = [one.revision.number for one in state.revisions if one.revision.status == "deployed"]
    if good and not is_well:
        details += f" (revision {good[-1]} is the last that was deployed)"
    return Line("release", state.release, revision.status, details, is_well)


def _missing(state: State) -> Iterator[Line]:
    """Yield what is gone of what the newest deployed revision had made: workloads, and the way to them."""
    there = {full_name(workload) for workload in state.snapshot.workloads}
    good = [one for one in state.revisions if one.revision.status == "deployed"]
    deployed = [*state.revisions[-1:], *good][-1]
    for key in deployed.workloads:
        if f"{key.kind} {key.name}" not in there:
            yield Line(key.kind.lower(), key.name, "missing", _DELETED, False)
    for kind, plural in WAYS.items():
        found = state.objects.get(plural)
        names = {one["metadata"]["name"] for one in found or []}
        for key in deployed.of_kinds([kind]):
            if found is not None and key.name not in names:
                yield Line(kind.lower(), key.name, "missing", _DELETED, False)


def _image(snapshot: Snapshot) -> Line:
    containers = [main_container(workload) for workload in snapshot.workloads]
    name = ", ".join(dict.fromkeys(container["name"] for container in containers))
    if running := running_image(snapshot):
        return Line("image", name, "runs", running, None)
    old = {
        main_container(pod)["image"] for workload in snapshot.workloads for pod in snapshot.old_pods(workload)
    }
    wanted = ", ".join(dict.fromkeys(container["image"] for container in containers))
    return Line("image", name, "wanted", f"{wanted}; {', '.join(sorted(old)) or 'nothing'} runs", None)


def _workload(snapshot: Snapshot, workload: Object) -> Line:
    wanted, ready = workload["spec"]["replicas"], dig(workload, "status", "readyReplicas") or 0
    is_well = is_rolled_out(snapshot, workload)
    details = ""
    if not is_well:
        new, old = snapshot.new_pods(workload), snapshot.old_pods(workload)
        wanted_new = new_pods_wanted(workload)
        details = f"{sum(map(is_ready, new))} of {wanted_new} new pods ready, {len(old)} old pods left"
        if workload["spec"].get("paused"):
            details += "; the rollout is paused"
    what, name = workload["kind"].lower(), workload["metadata"]["name"]
    return Line(what, name, f"{ready} of {wanted} ready", details, is_well)


def _pods(snapshot: Snapshot, workload: Object) -> list[Object]:
    """Return all pods of a workload, those of the newest version first."""
    new = snapshot.new_pods(workload)
    return sorted(snapshot.all_pods(workload), key=lambda pod: (pod not in new, pod["metadata"]["name"]))


def _pod(snapshot: Snapshot, workload: Object, pod: Object, reasons: Sequence[Reason], now: datetime) -> Line:
    well: bool | None = is_ready(pod)
    state = "ready" if well else "not ready"
    if is_going(pod) or has_ended(pod):
        state, well = ("ending" if is_going(pod) else "ended"), None
    restarts = sum(status.get("restartCount", 0) for status in statuses(pod))
    details = [
        f"{restarts} restart{'s'[: restarts != 1]}",
        f"on {dig(pod, 'spec', 'nodeName') or 'no node yet'}",
        f"{age(moment(pod['metadata']['creationTimestamp']), now)} old",
    ]
    if pod in snapshot.old_pods(workload):
        details.append("of the version before")
    said = [_about(reason) for reason in reasons if reason.object == full_name(pod)]
    if well is False and not said:
        said = [_about(pod_rules.why_not_ready(snapshot, pod))]
    return Line("pod", pod["metadata"]["name"], state, "; ".join([", ".join(details), *said]), well)


def _about(reason: Reason) -> str:
    place = f"container {reason.container}: " if reason.container else ""
    return f"{place}{_one_line(reason.message)}"


def _autoscaler(scaler: Object) -> Line:
    if scaler["kind"] == SCALED_OBJECT:
        return _conditioned("scaled object", scaler)
    spec, status = scaler["spec"], scaler.get("status") or {}
    name = scaler["metadata"]["name"]
    current_pods = status.get("currentReplicas", 0)
    pods = f"{current_pods} pod{'s'[: current_pods != 1]}"
    bounds = f"{spec.get('minReplicas', 1)} to {spec['maxReplicas']}"
    active = condition(scaler, "ScalingActive") or {}
    if active.get("status") == "False" and active.get("reason") != "ScalingDisabled":
        return Line("autoscaler", name, "no metrics", f"{pods} of {bounds}; {active.get('message')}", False)
    current = dict(_metric(one, "current") for _, one in entries(status, "currentMetrics"))
    targets = [_metric(one, "target") for _, one in entries(spec, "metrics")]
    measured = [f"{what} {current.get(what, '?')} of {wanted}" for what, wanted in targets]
    limited = condition(scaler, "ScalingLimited") or {}
    at_most = ["at its maximum"] if limited.get("reason") == "TooManyReplicas" else []
    return Line("autoscaler", name, pods, ", ".join([bounds, *measured, *at_most]))


def _route(route: Object) -> Line:
    name = route["metadata"]["name"]
    if refused := "; ".join(map(_one_line, gateway_refusals(route))):
        return Line("route", name, "refused", refused, False)
    gateways = [gateway for gateway, found in of_gateways(route) if found["type"] == "Accepted"]
    if not gateways:
        return Line("route", name, "unseen", "no Gateway has looked at it", False)
    return Line("route", name, "accepted", f"by {', '.join(dict.fromkeys(gateways))}")


def _metric(metric: Mapping[str, Any], which: str) -> tuple[str, str]:
    """Return what a metric measures, and its "target" or "current" value."""
    # It is "" where a metric could not be read.
    kind = metric["type"]
    source = metric.get(kind[:1].lower() + kind[1:]) or {}
    value = source.get(which) or {}
    percent = value.get("averageUtilization")
    told = f"{percent}%" if percent is not None else value.get("averageValue") or value.get("value") or "?"
    return str(source.get("name") or dig(source, "metric", "name")), str(told)


def _listed(state: State, kind: str, what: str, line: Callable[[str, Object], Line]) -> Iterator[Line]:
    found = state.objects.get(kind, [])
    if found is None:
        yield Line(what, "", "unknown", f"you may not list {kind}", None)
        return
    for one in found:
        yield line(what, one)


def _budget(what: str, budget: Object) -> Line:
    status = budget.get("status") or {}
    allowed = status.get("disruptionsAllowed", 0)
    healthy = f"{status.get('currentHealthy', 0)} pods healthy, {status.get('desiredHealthy', 0)} needed"
    return Line(what, budget["metadata"]["name"], f"{allowed} allowed", healthy, None)


def _conditioned(what: str, one: Object) -> Line:
    """Describe an object that reports a condition Ready."""
    ready = condition(one, "Ready") or {}
    is_ready = ready.get("status") == "True"
    words = [] if is_ready else [ready.get("reason"), ready.get("message")]
    until = dig(one, "status", "notAfter")
    details = ": ".join(filter(None, words)) or (f"until {until}" if until else "")
    return Line(
        what, one["metadata"]["name"], "ready" if is_ready else "not ready", _one_line(details), is_ready
    )


def _events(state: State, now: datetime) -> Iterator[Line]:
    """Yield the newest warnings about the release's objects, alike ones as one."""
    names = _names(state)
    by_kind: dict[tuple[str, ...], list[Object]] = {}
    events = [one for one in state.snapshot.events if _seen(one) >= now - EVENT_AGE]
    for event in sorted(events, key=_seen, reverse=True):
        about = event["involvedObject"]
        name, message = str(about.get("name")), _message(event)
        if name in names or name.rpartition("-")[0] in names:
            unnamed = re.sub(rf"{re.escape(name)}(-[a-z0-9]{{5}}\b)?", "#", message)
            plain = re.sub(r"\b[0-9a-f]{5,}\b|\d+", "#", unnamed)
            by_kind.setdefault((str(about.get("kind")), str(event.get("reason")), plain), []).append(event)
    for (kind, reason, _), alike in list(by_kind.items())[:EVENTS]:
        newest = alike[0]
        times = sum(dig(one, "series", "count") or one.get("count") or 1 for one in alike)
        often = f" ({times}x)" if times > 1 else ""
        details = f"{kind}: {reason}: {_message(newest)}{often}"
        yield Line(
            "warning", newest["involvedObject"]["name"], f"{age(_seen(newest), now)} ago", details, None
        )


def _message(event: Object) -> str:
    return _one_line(event.get("message") or "").removeprefix("(combined from similar events): ")


def _names(state: State) -> set[str]:
    """Return the names of the release's objects; those of pods that are gone begin with one of them."""
    snapshot = state.snapshot
    known = (snapshot.workloads, snapshot.replica_sets, snapshot.pods, snapshot.jobs, snapshot.claims)
    others = (snapshot.autoscalers, snapshot.routes, *filter(None, state.objects.values()))
    return {one["metadata"]["name"] for group in (*known, *others) for one in group}


def _seen(event: Object) -> datetime:
    return moment(event_time(event))


def _one_line(text: str) -> str:
    return " ".join(text.split())
