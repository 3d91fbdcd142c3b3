"""How a release of the chart takes over what runs: the commands in order, and those that lead back."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ci.base.repository import shown
from ci.charts import catalog
from ci.importing.draft import Draft
from ci.importing.live import Live
from ci.importing.proof import Proof
from ci.importing.references import references
from ci.importing.selection import Selection
from ci.kubernetes.workloads import dig

_MANIFESTS = "k8s/"
_REPLACED = "microservice/replaced"
# In which a node learns that a pod is no longer an endpoint.
_SECONDS = 10
# What holds data is never removed.
_CLAIM = "PersistentVolumeClaim"
_KEPT = (_CLAIM, "Secret")


class Step(NamedTuple):
    """A command for a shell, and what it does, in words."""

    command: str
    why: str


def path(selection: Selection, draft: Draft, proof: Proof, live: Live, output: str) -> Iterator[str]:
    """Yield where the objects were read, who owns them, and the commands that make a release of them.

    ``output`` is the values file that was written, "" for none.
    """
    yield f"read from the namespace {live.namespace} of the context {live.context}"
    yield from (f"not read: {line}" for line in live.unread)
    if owners := sorted({live.owners[key] for key in selection.objects if key in live.owners}):
        yield f"managed by {', '.join(owners)}, which sets back what others change: take it out there first"
    release = live.releases.get(selection.workload, "")
    if release:
        yield f"now in the release {release} of Helm"
    if release not in ("", draft.name):
        yield f"a release cannot take over another's objects: import with --service {release}"
        return
    takeover = _Takeover(selection, draft, proof, live, output)
    for title, steps in takeover.parts():
        yield title
        for step in steps:
            yield f"  {step.command}"
            yield f"    # {step.why}"


class _Takeover:
    """The steps from the workload that runs to a release, and back."""

    def __init__(self, selection: Selection, draft: Draft, proof: Proof, live: Live, output: str) -> None:
        self._selection = selection
        self._draft = draft
        self._proof = proof
        self._live = live
        self._file = output or "values.yaml"
        self._by_helm = selection.workload in live.releases
        self._workload = f"{selection.workload.kind.lower()} {selection.workload.name}"
        self._selector: Mapping[str, Any] = dig(draft.source[selection.workload], "spec", "selector")
        self._service = selection.service.name if selection.service else ""

    def parts(self) -> Iterator[tuple[str, Iterable[Step]]]:
        """Yield each part of the way with its title: there, and back."""
        kind, name = self._selection.workload.kind, self._selection.workload.name
        new = {"matchLabels": dict(self._proof.selector)}
        if self._selector == new and name == self._draft.fullname:
            yield (
                f"the selector of {kind} {name} can stay, and its pods are replaced as in any rollout:",
                [
                    self._helm("the release takes over all of it"),
                    *self._removal(),
                ],
            )
            return
        cannot = f"the selector of {kind} {name} cannot stay: {_text(self._selector)} becomes {_text(new)};"
        if reason := self._interrupted():
            yield f"{cannot} {reason}:", self._one_after_the_other()
        elif kind == "StatefulSet":
            yield f"{cannot} in this order its pods are replaced one by one:", self._one_by_one()
        else:
            yield f"{cannot} in this order no request is lost:", self._side_by_side()
        if not self._by_helm:
            yield "the way back, with the manifests from before:", self._back()

    def _interrupted(self) -> str:
        """Return why old and new pods cannot run and serve beside each other, "" if they can."""
        workload = self._selection.workload
        if workload.kind == "StatefulSet" and workload.name != self._draft.fullname:
            return "its pods get other names, so it is down until the new ones are ready"
        pod = dig(self._draft.source[workload], "spec", "template", "spec") or {}
        volumes = [dig(volume, "persistentVolumeClaim", "claimName") for volume in pod.get("volumes") or []]
        if dig(self._draft.values, "strategy", "type") == "Recreate" or any(
            map(self._is_of_one_node, volumes)
        ):
            return "old and new pods do not run at once, so it is down until the new ones are ready"
        old = self._selector.get("matchLabels") or {}
        if other := [name for name, text in self._proof.selector.items() if old.get(name, text) != text]:
            return f"no pod can be in both, by {', '.join(other)}, so it is down until the new ones are ready"
        return ""

    def _is_of_one_node(self, claim: str | None) -> bool:
        found = [made for key, made in self._draft.source.items() if claim and key[1::2] == (_CLAIM, claim)]
        shared = [made for made in found if "ReadWriteMany" in (dig(made, "spec", "accessModes") or [])]
        return claim is not None and not shared

    def _side_by_side(self) -> Iterator[Step]:
        labels = self._proof.selector
        yield self._kubectl(
            f"label pods,replicasets -l {_quoted(self._selector)} {_REPLACED}=true", "what will be replaced"
        )
        if self._service:
            yield self._kubectl(
                f"label pods -l {_REPLACED} {' '.join(_pairs(labels))}", "the old pods are also the release's"
            )
            yield self._move_service(labels, "requests go to the same pods, by the release's labels")
        yield self._kubectl(f"delete {self._workload} --cascade=orphan", "its pods stay, and go on serving")
        yield from self._without_workers()
        yield self._helm("new pods start beside the old ones")
        yield from self._scaled()
        if self._service:
            component = next(name for name in labels if name.endswith("/component"))
            yield self._kubectl(
                f"label pods -l {_REPLACED} {component}-", "requests go to the new pods alone"
            )
            yield Step(f"sleep {_SECONDS}", "the nodes know it, and requests under way end")
        yield self._kubectl(f"delete replicasets -l {_REPLACED}", "the old pods end")
        yield from self._removal()

    def _one_by_one(self) -> Iterator[Step]:
        """Yield how a StatefulSet of the same name takes over the pods by their names and labels."""
        labels = self._proof.selector
        yield self._kubectl(
            f"label pods -l {_quoted(self._selector)} {' '.join(_pairs(labels))}",
            "they are also the release's",
        )
        if self._service:
            yield self._move_service(labels, "requests go to the same pods, by the release's labels")
        yield self._kubectl(f"delete {self._workload} --cascade=orphan", "its pods stay, and go on serving")
        yield from self._without_workers()
        yield self._helm("the release takes over the pods and replaces one after the other")
        yield from self._removal()

    def _one_after_the_other(self) -> Iterator[Step]:
        yield self._kubectl(f"delete {self._workload} --cascade=foreground", "the old pods end")
        if self._service:
            yield self._move_service(self._proof.selector, "requests wait for the new pods")
        yield from self._without_workers()
        yield self._helm("the new pods start")
        yield from self._removal()

    def _without_workers(self) -> Iterator[Step]:
        """Yield the step that deletes workers whose names stay; their selectors cannot."""
        stay = [
            (key.kind, key.name)
            for key, place in self._draft.places.items()
            if key.kind == "Deployment" and key != self._selection.workload and place.name == key.name
        ]
        if stay:
            yield self._kubectl(f"delete {_names(stay)}", "workers that the release starts anew")

    def _scaled(self) -> Iterator[Step]:
        """Yield the step that makes as many pods as before; with an autoscaler a new Deployment has one."""
        if dig(self._draft.values, "autoscaling", "enabled"):
            number = dig(self._draft.source[self._selection.workload], "spec", "replicas") or 1
            name = f"deployment {self._draft.fullname}"
            yield self._kubectl(f"scale {name} --replicas={number}", "as many as before, for the autoscaler")
            yield self._kubectl(f"rollout status {name}", "they are ready")

    def _removal(self) -> Iterator[Step]:
        """Yield the step that removes what the release has under another name."""
        if self._by_helm:
            return
        others = [self._live.objects[key] for key in self._selection.others]
        used = {reference for made in others for reference in references(made)}
        old = [key for key, _ in self._proof.renamed if key != self._selection.workload]
        gone = [(key.kind, key.name) for key in old if key.kind not in _KEPT and key[1::2] not in used]
        if gone:
            yield self._kubectl(f"delete {_names(gone)}", "the release has them under other names")

    def _back(self) -> Iterator[Step]:
        if self._selection.service:
            old = dig(self._draft.source[self._selection.service], "spec", "selector")
            yield self._move_service(old, "requests go to the same pods, by the old labels")
        kind = self._selection.workload.kind
        yield self._kubectl(
            f"delete {kind.lower()} {self._draft.fullname} --cascade=orphan",
            "its pods stay, and go on serving",
        )
        yield self._kubectl(f"apply -f {_MANIFESTS}", f"the {kind} takes over the pods and replaces them")
        yield self._kubectl(f"rollout status {self._workload}", "they are replaced")
        kept = {(key.kind, key.name) for key in self._selection.objects}
        made = [(place.kind, place.name) for place in self._draft.places.values()]
        made += [(change.kind, change.name) for change, _ in self._proof.safer if not change.path]
        gone = [one for one in dict.fromkeys(made) if one not in kept and one[0] not in _KEPT]
        if gone:
            yield self._kubectl(f"delete --ignore-not-found {_names(gone)}", "what the release alone has")
        yield self._kubectl(
            f"delete secret -l owner=helm,name={self._draft.name}", "Helm forgets the release"
        )

    def _move_service(self, labels: Mapping[str, str], why: str) -> Step:
        return self._kubectl(f"set selector service {self._service} {','.join(_pairs(labels))}", why)

    def _kubectl(self, words: str, why: str) -> Step:
        return Step(f"kubectl --context={self._live.context} -n {self._live.namespace} {words}", why)

    def _helm(self, why: str) -> Step:
        place = f"--kube-context={self._live.context} -n {self._live.namespace}"
        chart = shown(catalog.service_chart().path)
        command = f"helm upgrade --install {self._draft.name} {chart} {place} -f {self._file}"
        if self._by_helm:
            return Step(f"{command} --wait", why)
        taken = "--take-ownership --force-conflicts --wait"
        return Step(f"{command} {taken}", f"{why} (Helm 3: without --force-conflicts)")


def _text(selector: Mapping[str, Any]) -> str:
    """Return a selector as kubectl's option -l takes it."""
    terms = _pairs(selector.get("matchLabels") or {})
    for each in selector.get("matchExpressions") or []:
        key, values = each["key"], ",".join(each.get("values") or [])
        terms.append(_OPERATORS[each["operator"]].format(key, values))
    return ",".join(terms)


_OPERATORS = {"In": "{} in ({})", "NotIn": "{} notin ({})", "Exists": "{}", "DoesNotExist": "!{}"}


def _quoted(selector: Mapping[str, Any]) -> str:
    return shlex.quote(_text(selector))


def _pairs(labels: Mapping[str, str]) -> list[str]:
    return [f"{name}={text}" for name, text in labels.items()]


def _names(objects: Iterable[tuple[str, str]]) -> str:
    return " ".join(f"{kind.lower()}/{name}" for kind, name in objects)
