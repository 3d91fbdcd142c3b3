"""The report of an import, in lines for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from ci.base import kubernetes_yaml
from ci.base.locations import path_text
from ci.importing import safer
from ci.importing.draft import Draft, Values
from ci.importing.proof import Change, Proof
from ci.importing.selection import Selection
from ci.importing.source import Source
from ci.kubernetes.differences import ABSENT
from ci.kubernetes.workloads import dig

_LONGEST = 60


def report(selection: Selection, draft: Draft, proof: Proof, source: Source) -> Iterator[str]:
    """Yield the lines of a report; they hold no value of a Secret."""
    objects = f"{len(draft.places)} object{'s' if len(draft.places) > 1 else ''}"
    yield f"carried over: {proof.carried} fields of {objects} of the service {draft.name}"
    if proof.safer:
        yield "made safer by the chart's defaults (below each key that takes it back):"
        for key, changes in _by_key(proof.safer).items():
            yield f"  {key}"
            yield from (f"    {_shown(change)}" for change in changes)
    if proof.renamed:
        yield "changed in name:"
        yield from (f"  {key.kind} {key.name} is now {name}" for key, name in proof.renamed)
    if draft.service_key:
        yield f"the Service keeps its name, {draft.service_key.name}"
    if proof.labels:
        yield "changed in labels and names of ports:"
        yield from (f"  {_shown(change)}" for change in proof.labels)
    if missing := not_carried_over(draft, proof, source):
        yield "not carried over:"
        yield from (f"  {line}" for line in missing)
    if source.unneeded:
        yield "needs no key here:"
        yield from (f"  {line}" for line in source.unneeded)
    if selection.others:
        yield f"of other services: {len(selection.others)} objects; import each with --service NAME"


def not_carried_over(draft: Draft, proof: Proof, source: Source) -> list[str]:
    """Return a line for everything that the values do not carry over, with the reason."""
    left = [f"{key.kind} {key.name}: {reason}" for key, reason in draft.left.items()]
    changes = [f"{_shown(change)}: {_reason(change)}" for change in proof.lost]
    return [*source.left, *_shared(draft), *_claims(draft), *left, *changes]


def _shared(draft: Draft) -> list[str]:
    """Return a line for a Service that also leads to other workloads, as the chart's cannot."""
    service = draft.source[draft.service_key] if draft.service_key else {}
    others = draft.selected_others(dig(service, "spec", "selector"))
    if not others:
        return []
    name = f"Service {service['metadata']['name']}"
    return [f"{name}: it also selects the pods of {', '.join(others)}: the chart's selects its own alone"]


def _claims(draft: Draft) -> list[str]:
    """Return a line for claims of a StatefulSet's pods that its pods of another name do not find."""
    workload = draft.workload_key
    templates = dig(draft.source[workload], "spec", "volumeClaimTemplates") or []
    if not templates or workload.name == draft.fullname:
        return []
    names = ", ".join(f"{one['metadata']['name']}-{workload.name}-0" for one in templates)
    return [f"StatefulSet {workload.name}: its claims ({names}, ...): those of {draft.fullname} begin empty"]


def _by_key(found: Iterable[tuple[Change, Values]]) -> dict[str, list[Change]]:
    groups: dict[str, list[Change]] = {}
    for change, patch in found:
        groups.setdefault(_flow(patch), []).append(change)
    return groups


def _flow(patch: Values) -> str:
    """Return values with one key as a person writes them: serviceAccount: {create: false}."""
    ((key, value),) = patch.items()
    text = kubernetes_yaml.dump_flow(value)
    return f"{key}: {text}"


def _shown(change: Change) -> str:
    where = f"{change.kind} {change.name}"
    if not change.path:
        return f"{where} is new"
    if change.kind == "Secret" and change.path[0] == "data":
        return f"{where}: {path_text(change.path)}"
    new = _text(change.new)
    text = new if change.old is ABSENT else f"{_text(change.old)} -> {new}"
    return f"{where}: {path_text(change.path)}: {text}"


def _text(value: object) -> str:
    text = "(absent)" if value is ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _reason(change: Change) -> str:
    if reason := safer.reason(change.kind, change.name, change.path):
        return reason
    if change.new is ABSENT:
        return "the chart has no key for it"
    return "the chart adds it, and no key takes it back" if change.old is ABSENT else "the chart sets it so"
