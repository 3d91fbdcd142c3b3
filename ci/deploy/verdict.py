"""Decides from a snapshot whether a rollout has succeeded, fails, or goes on: a table of rules, one a state.

Sources beside those of pod_rules:
https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status, the Deployment
controller's conditions (pkg/controller/deployment/util/deployment_util.go), and
GoogleContainerTools/skaffold, pkg/diag/validator/deployment.go, for what admission refuses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ci.deploy import pod_rules, stateful_sets
from ci.deploy.pod_rules import Finding
from ci.deploy.reasons import Code, Reason
from ci.deploy.snapshot import SCALED_OBJECT, Snapshot, condition, full_name
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig, entries

_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


@dataclass(frozen=True)
class Verdict:
    """What a snapshot shows: ``done`` when all is as wanted, ``failures`` that end the deploy, and news."""

    done: bool
    failures: tuple[Reason, ...]
    news: tuple[Reason, ...]


def verdict(snapshot: Snapshot) -> Verdict:
    """Judge a snapshot by every rule of the table."""
    findings = [finding for rule in RULES for finding in rule(snapshot)]
    failures = tuple(reason for fails, reason in findings if fails)
    done = bool(snapshot.workloads) and all(is_rolled_out(snapshot, made) for made in snapshot.workloads)
    return Verdict(done and not failures, failures, tuple(reason for fails, reason in findings if not fails))


def is_rolled_out(snapshot: Snapshot, workload: Object) -> bool:
    """Tell whether the present generation is observed, all its pods are ready, and no old one is left."""
    if workload["kind"] == stateful_sets.KIND:
        return stateful_sets.is_rolled_out(workload)
    newest = snapshot.newest(workload)
    wanted = workload["spec"]["replicas"]
    counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    all_new_and_ready = all((dig(workload, "status", count) or 0) == wanted for count in counts)
    return (
        newest is not None and all_new_and_ready and (dig(newest, "status", "readyReplicas") or 0) == wanted
    )


def new_pods_wanted(workload: Object) -> int:
    """Return how many pods of the present generation there are when a workload is rolled out."""
    if workload["kind"] == stateful_sets.KIND:
        return stateful_sets.to_update(workload)
    replicas: int = workload["spec"]["replicas"]
    return replicas


def unready(snapshot: Snapshot) -> list[Reason]:
    """Return what each unfinished workload waits for at present: a reason for its first unready pod."""
    return [_why_unfinished(snapshot, one) for one in snapshot.workloads if not is_rolled_out(snapshot, one)]


def _hooks(snapshot: Snapshot) -> Iterator[Finding]:
    """Fail for a hook's Job that failed or met its deadline."""
    for job in snapshot.jobs:
        # FailureTarget comes first, while pods are still being ended.
        failed = condition(job, "FailureTarget") or condition(job, "Failed") or {}
        if failed.get("status") == "True":
            container, ended = pod_rules.last_failure(snapshot.pods_of(job))
            words = "; ".join(filter(None, (ended, f"{failed.get('reason')}: {failed.get('message')}")))
            yield Finding(True, Reason(Code.MIGRATION_FAILED, words, full_name(job), container))


def _creation(snapshot: Snapshot) -> Iterator[Finding]:
    """Fail for a quota only when no new pod at all can start; fail at once for what is refused as such."""
    for workload in snapshot.workloads:
        newest = snapshot.newest(workload)
        message = _not_created(snapshot, newest) if newest else ""
        if newest is None or not message:
            continue
        name = full_name(newest)
        if "exceeded quota" in message:
            # A StatefulSet has no old pods whose end would make room.
            none_at_all = newest is workload or not dig(newest, "status", "replicas")
            yield Finding(none_at_all, Reason(Code.QUOTA_EXCEEDED, _after(message, " is forbidden: "), name))
        elif re.search(r"is forbidden|is invalid|denied the request", message):
            yield Finding(True, Reason(Code.ADMISSION_REFUSED, _after(message, " is forbidden: "), name))
        else:
            yield Finding(False, Reason(Code.TRANSIENT, f"no pod could be created: {message}", name))


def _not_created(snapshot: Snapshot, newest: Object) -> str:
    """Return why a ReplicaSet or a StatefulSet can't create a pod, "" where it can."""
    if newest["kind"] == stateful_sets.KIND:
        return stateful_sets.refusal(snapshot, newest)
    refused = condition(newest, "ReplicaFailure") or {}
    failed = refused.get("reason") == "FailedCreate" and refused.get("status") == "True"
    return str(refused.get("message")) if failed else ""


def _claims(snapshot: Snapshot) -> Iterator[Finding]:
    """Fail for a claim of the new pods that is lost or has no StorageClass; others wait, or are fine so."""
    used = {
        dig(volume, "persistentVolumeClaim", "claimName")
        for pod in (
            *(dig(made, "spec", "template") for made in (*snapshot.workloads, *snapshot.jobs)),
            # A StatefulSet gives each pod claims of its own.
            *snapshot.pods_at_work(),
        )
        for _, volume in entries(pod, "spec", "volumes")
    }
    for claim in snapshot.claims:
        phase = dig(claim, "status", "phase")
        if claim["metadata"]["name"] not in used or phase == "Bound":
            continue
        if phase == "Lost":
            yield Finding(True, Reason(Code.CLAIM_LOST, "its volume is gone", full_name(claim)))
        else:
            yield from _pending(snapshot, claim)


def _pending(snapshot: Snapshot, claim: Object) -> Iterator[Finding]:
    classes = {one["metadata"]["name"]: one for one in snapshot.storage_classes or []}
    wanted = dig(claim, "spec", "storageClassName")
    if wanted is None:
        defaults = (
            one for one in classes.values() if dig(one, "metadata", "annotations", _DEFAULT_CLASS) == "true"
        )
        missing = "it names no StorageClass, and there is no default" if not any(defaults) else ""
    else:
        missing = f"there is no StorageClass {wanted}" if wanted and wanted not in classes else ""
    if missing and snapshot.storage_classes is not None and not dig(claim, "spec", "volumeName"):
        words = f"{missing} (there are {', '.join(sorted(classes)) or 'none'})"
        yield Finding(True, Reason(Code.CLAIM_LOST, words, full_name(claim)))
        return
    failed = snapshot.warning(claim, "ProvisioningFailed")
    if failed or dig(classes.get(wanted, {}), "volumeBindingMode") != "WaitForFirstConsumer":
        words = failed or f"waits for a volume{f' of class {wanted}' if wanted else ''}"
        yield Finding(False, Reason(Code.CLAIM_PENDING, words, full_name(claim)))


def _deadline(snapshot: Snapshot) -> Iterator[Finding]:
    """Fail when a Deployment's progress deadline has passed."""
    for deployment in snapshot.workloads:
        newest = snapshot.newest(deployment)
        progressing = condition(deployment, "Progressing") or {}
        # Where a rollout goes back to an earlier ReplicaSet, the condition stays until there is progress.
        about_it = newest and f'"{newest["metadata"]["name"]}"' in (progressing.get("message") or "")
        if progressing.get("reason") == "ProgressDeadlineExceeded" and about_it:
            reason = _why_unfinished(snapshot, deployment)
            seconds = dig(deployment, "spec", "progressDeadlineSeconds")
            words = f"{reason.message} (no progress in {seconds} s)"
            yield Finding(True, Reason(Code.NOT_READY, words, reason.object, reason.container))


def _why_unfinished(snapshot: Snapshot, workload: Object) -> Reason:
    pods = pod_rules.unready_pods(snapshot, workload)
    newest = snapshot.newest(workload)
    # What another rule says explains more than a probe, which may never have run.
    rules = (*_STANDSTILLS, pod_rules.transient, _creation)
    said = [finding.reason for rule in rules for finding in rule(snapshot)]
    for stuck in filter(None, (*pods[:1], newest)):
        if about := [reason for reason in said if reason.object == full_name(stuck)]:
            return about[0]
    if pods:
        return pod_rules.why_not_ready(snapshot, pods[0])
    progressing = condition(workload, "Progressing") or {}
    return Reason(Code.NOT_READY, str(progressing.get("message", "no pod yet")), full_name(workload))


def _autoscalers(snapshot: Snapshot) -> Iterator[Finding]:
    """Report an autoscaler without metrics: it keeps the replicas that there are."""
    for scaler in snapshot.autoscalers:
        works = condition(scaler, "Ready" if scaler["kind"] == SCALED_OBJECT else "ScalingActive") or {}
        if works.get("status") == "False" and works.get("reason") != "ScalingDisabled":
            # Of a trigger KEDA says there that it fails, and in an event why.
            why = (
                snapshot.warning(scaler, "KEDAScalerFailed") if works.get("reason") == "TriggerError" else ""
            )
            words = ": ".join(filter(None, (works.get("message"), why)))
            yield Finding(False, Reason(Code.NO_METRICS, words, full_name(scaler)))


def _routes(snapshot: Snapshot) -> Iterator[Finding]:
    """Report a route that a Gateway does not serve: other ways to the service may work."""
    for route in snapshot.routes:
        for words in gateway_refusals(route):
            yield Finding(False, Reason(Code.ROUTE_REFUSED, words, full_name(route)))


def gateway_refusals(route: Object) -> Iterator[str]:
    """Yield what each Gateway objects to in the present generation of a route."""
    for gateway, found in of_gateways(route):
        if found["type"] in ("Accepted", "ResolvedRefs") and found["status"] == "False":
            yield f"Gateway {gateway}: {found.get('reason')}: {found.get('message')}"


def of_gateways(route: Object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the conditions of the present generation of a route, each with its Gateway's name.

    https://gateway-api.sigs.k8s.io/reference/spec/#routeparentstatus
    """
    for _, parent in entries(route, "status", "parents"):
        for found in parent.get("conditions") or []:
            if found.get("observedGeneration") == route["metadata"]["generation"]:
                yield str(dig(parent, "parentRef", "name")), found


def _after(text: str, mark: str) -> str:
    return text.partition(mark)[2] or text


_Rule = Callable[[Snapshot], Iterator[Finding]]
# What keeps a pod from running at all.
_STANDSTILLS: tuple[_Rule, ...] = (
    pod_rules.images,
    pod_rules.configuration,
    pod_rules.crash_loop,
    pod_rules.uncreated,
    pod_rules.scheduling,
)
# The table: a rule for each state that is not success. A deploy is said to fail for the first failure.
RULES: tuple[_Rule, ...] = (
    _hooks,
    *_STANDSTILLS,
    pod_rules.restarts,
    pod_rules.transient,
    _creation,
    _claims,
    _deadline,
    _autoscalers,
    _routes,
)
