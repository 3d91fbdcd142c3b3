"""What a deploy would change, field by field, by a server-side dry run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ci.deploy import owners, replicas
from ci.deploy.dry_run import Conflict, dry_run, read_live
from ci.deploy.helm_3 import without_dropped
from ci.deploy.old_pods import cut_off
from ci.deploy.reasons import Code, Reason
from ci.deploy.target import Target
from ci.kubernetes import immutable
from ci.kubernetes.differences import ABSENT, Difference, compare, describe, is_version_label
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.masking import masked
from ci.kubernetes.workloads import dig

# What the API server writes itself.
_SERVERS_OWN = ("managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink")
_AUTOSCALER = "HorizontalPodAutoscaler"
_CLAIM = "PersistentVolumeClaim"


@dataclass(frozen=True)
class Plan:
    """What a deploy would create, remove, change and run, and what stands against it."""

    created: tuple[Key, ...] = ()
    removed: tuple[Key, ...] = ()
    changed: tuple[Difference, ...] = ()
    hooks: tuple[Key, ...] = ()
    new_hooks: tuple[Key, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    refusals: tuple[Reason, ...] = ()
    warnings: tuple[str, ...] = ()
    unchanged: int = 0
    only_versions: frozenset[Key] = field(default_factory=frozenset)

    @property
    def is_empty(self) -> bool:
        """Whether the cluster is as the values say already."""
        changes = (self.created, self.removed, self.changed, self.only_versions, self.new_hooks)
        return not any(changes)


def plan(target: Target, rendered: Mapping[Key, Object], before: Mapping[Key, Object]) -> Plan:
    """Return what would change if rendered objects took the place of those of the current revision.

    ``before`` has the hooks too, and is empty where nothing is installed yet. Values of Secrets are compared
    by their digests.
    """
    before, hooks_before = _parted(before)
    ours, hooks = _parted(rendered)
    wanted = {key: owners.marked(made, target) for key, made in ours.items()}
    known = [*wanted.values(), *(made for key, made in before.items() if key not in wanted)]
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(read_live, target, known)
        after, conflicts, refusals, warnings = dry_run(target, wanted)
    live = reading.result()
    foreign = {
        key: reason
        for key in wanted
        if key in live and (reason := owners.refusal(live[key], target, installed=key in before))
    }
    after = {
        key: without_dropped(made, live.get(key), before.get(key), wanted[key])
        for key, made in after.items()
        if key not in foreign
    }
    conflicts = [one for one in conflicts if one.key not in foreign]
    differences = compare(
        comparable({key: live[key] for key in after if key in live}),
        comparable({key: made for key, made in after.items() if key in live}),
    )
    if target.engine > 3:
        differences = [difference for difference in differences if not replicas.is_kept(difference, wanted)]
    told = [difference for difference in differences if not is_version_label(difference)]
    touched = {difference.key for difference in told}
    removed = [
        key for key, made in before.items() if key not in wanted and key in live and not _is_kept(made)
    ]
    gone = [before[key] for key in removed if key.kind == _AUTOSCALER]
    unscaled = {dig(scaler, "spec", "scaleTargetRef", "name") for scaler in gone}
    conflicts = [
        one._replace(released=one.path == "spec.replicas" and one.key.name in unscaled) for one in conflicts
    ]
    created = [key for key in wanted if key not in live]
    return Plan(
        created=tuple(created),
        removed=tuple(removed),
        changed=tuple(told),
        hooks=_jobs(hooks),
        new_hooks=tuple(_changed_hooks(hooks_before, hooks)),
        conflicts=tuple(conflicts),
        # A controller's objects have the same reason.
        refusals=(*{reason.message: reason for reason in reversed(foreign.values())}.values(), *refusals),
        warnings=(
            *warnings,
            *_fewer_pods(told, wanted),
            *cut_off(live, wanted),
            *_instead(refusals, live, before, wanted),
            *(f"{_name(key)} is deleted with its data" for key in removed if key.kind == _CLAIM),
        ),
        unchanged=sum(key in live and key not in touched for key in after),
        only_versions=frozenset({difference.key for difference in differences} - touched),
    )


def plan_of_a_new_namespace(rendered: Mapping[Key, Object]) -> Plan:
    """Return what a deploy creates and runs where there is nothing yet, not even a namespace to ask about."""
    ours, hooks = _parted(rendered)
    return Plan(created=tuple(ours), hooks=_jobs(hooks))


def _fewer_pods(differences: Sequence[Difference], wanted: Mapping[Key, Object]) -> Iterator[str]:
    """Warn of an autoscaler that finds fewer pods than there are, as where Helm 3 deploys."""
    for difference in differences:
        if replicas.is_kept(difference, wanted):
            key, _, old, new = difference
            yield f"{_name(key)} goes from {old} pods to {new} until its autoscaler has started more"


def _instead(
    refusals: Sequence[Reason],
    live: Mapping[Key, Object],
    before: Mapping[Key, Object],
    wanted: Mapping[Key, Object],
) -> Iterator[str]:
    """Yield the fields for which objects are refused that can't change, each with what a change needs.

    Of some kinds the API server says only which fields could. What is in the cluster and not in the release,
    such as a claim that a rollback has left, is compared with that.
    """
    names = {reason.object for reason in refusals if reason.code == Code.IMMUTABLE_FIELD}
    there = {**live, **before}
    refused = [key for key in wanted if key in there and _name(key) in names]
    empty = [
        key for key in refused if key.kind == _CLAIM and dig(live.get(key), "status", "phase") == "Pending"
    ]
    for key in empty:
        delete = f"kubectl -n {key.namespace} delete pvc {key.name}"
        yield f"{_name(key)} has no volume yet: {delete} loses nothing"
    told = [key for key in refused if key not in empty]
    for key, path, _, new in compare({key: there[key] for key in told}, {key: wanted[key] for key in told}):
        # The API server adds fields to what is in the cluster alone.
        is_ours = key in before or new is not ABSENT
        if is_ours and (rule := immutable.rule_of(key.kind, path)):
            yield f"{_name(key)}: {path} can't change on a live object; instead, {rule.instead}"


def lines(plan: Plan) -> list[str]:
    """Return a plan for people: one line a change, objects by kind and name."""
    shown = [f"{_name(key)}  new" for key in plan.created]
    shown += [f"{_name(key)}  removed" for key in plan.removed]
    for difference in plan.changed:
        shown += [f"{_name(difference.key)}  {line}" for line in _described(difference)]
    if not plan.is_empty:
        shown += [f"{_name(key)}  runs as a hook" for key in plan.hooks]
    for conflict in plan.conflicts:
        what = "is set back" if conflict.taken_over else "is refused"
        shown.append(f"{_name(conflict.key)}  {conflict.path} belongs to {conflict.owner}: it {what}")
    shown += [f"refused: {reason}" for reason in plan.refusals]
    shown += [f"warning: {warning}" for warning in plan.warnings]
    rest = [f"{plan.unchanged} object{'s'[: plan.unchanged > 1]} unchanged"] if plan.unchanged else []
    rest += ["labels of version and chart follow"] if plan.only_versions else []
    # Whoever sees the checksum of a Secret can try what it is of.
    shown = [
        re.sub(r"(?<!sha256:)\b[0-9a-f]{64}\b", lambda found: f"{found[0][:6]}...", line) for line in shown
    ]
    return [*shown, *(["; ".join(rest)] if rest else [])]


def _described(difference: Difference) -> list[str]:
    if difference.key.kind == "Secret" and difference.path.startswith(("data", "stringData")):
        name = re.sub(r'^(?:data|stringData)[.\[]"?|"?\]$', "", difference.path)
        what = "new" if difference.old is ABSENT else "removed" if difference.new is ABSENT else "changed"
        return [f"{name} {what}"]
    return describe(difference)


def comparable(objects: Mapping[Key, Object]) -> dict[Key, Object]:
    """Return objects of a cluster without what the API server writes, and without the values of Secrets."""
    secrets = masked({key: made for key, made in objects.items() if key.kind == "Secret"})
    return {key: _plain(made) for key, made in {**objects, **secrets}.items()}


def _plain(made: Object) -> Object:
    metadata = {name: value for name, value in made["metadata"].items() if name not in _SERVERS_OWN}
    return {name: value for name, value in made.items() if name != "status"} | {"metadata": metadata}


def _parted(rendered: Mapping[Key, Object]) -> tuple[dict[Key, Object], dict[Key, Object]]:
    """Return the objects, and the hooks that a deploy runs: a test runs when it is asked for."""
    hooks = {key: made for key, made in rendered.items() if _hook_events(made)}
    ran = {key: made for key, made in hooks.items() if _hook_events(made) != {"test"}}
    return {key: made for key, made in rendered.items() if key not in hooks}, ran


def _jobs(hooks: Mapping[Key, Object]) -> tuple[Key, ...]:
    return tuple(key for key in hooks if key.kind == "Job")


def _changed_hooks(before: Mapping[Key, Object], after: Mapping[Key, Object]) -> set[Key]:
    """Return the new hooks and those that differ, other than in the labels of version and chart."""
    return {
        difference.key
        for difference in compare(before, after)
        if difference.new is not ABSENT and not is_version_label(difference)
    }


def _hook_events(made: Object) -> set[str]:
    written = str(dig(made, "metadata", "annotations", "helm.sh/hook") or "")
    return {event.strip() for event in written.split(",")} - {""}


def _is_kept(made: Object) -> bool:
    return bool(dig(made, "metadata", "annotations", "helm.sh/resource-policy") == "keep")


def _name(key: Key) -> str:
    return f"{key.kind} {key.name}"
