"""Objects for which the chart has no key: `extraObjects`."""

from __future__ import annotations

import copy
from typing import Any

from ci.base import kubernetes_yaml
from ci.importing.draft import Draft
from ci.kubernetes.defaulting import without_server_annotations
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import dig

_SELECTOR = "@selector@"
_TEMPLATE = '{{{{- include "microservice.selectorLabels" . | nindent {} }}}}'
_NO_PLACE = {
    "Namespace": "a release does not create its own namespace: charts/namespace does",
    "CustomResourceDefinition": "definitions of kinds belong to the cluster, not to a release",
}
_TEST = "helm.sh/hook"


def map_rest(draft: Draft) -> None:
    """Map all objects that have no place yet; what selects the service's pods selects them there too."""
    found = []
    for key, made in list(draft.objects.items()):
        if reason := _reason(key, made):
            draft.leave(key, reason)
            continue
        draft.place(key, key.name)
        found.append(_object(draft, made))
    if found:
        draft.set("extraObjects", found)


def _reason(key: Key, made: Object) -> str:
    hook = (dig(made, "metadata", "annotations") or {}).get(_TEST, "")
    return "the chart has tests of its own" if hook.startswith("test") else _NO_PLACE.get(key.kind, "")


def _object(draft: Draft, made: Object) -> Object | str:
    """Return an object as a map, or as a template if it selects the service's pods."""
    metadata = {
        field: value
        for field, value in made["metadata"].items()
        if field in ("name", "namespace", "labels", "annotations", "finalizers")
    }
    if metadata.get("namespace") == draft.workload_key.namespace:
        del metadata["namespace"]
    if annotations := metadata.pop("annotations", None):
        metadata |= {"annotations": kept} if (kept := without_server_annotations(annotations)) else {}
    rest = {field: value for field, value in made.items() if field not in ("metadata", "status")}
    whole = {"apiVersion": rest.pop("apiVersion"), "kind": rest.pop("kind"), "metadata": metadata, **rest}
    holder, field = selector_of(copied := copy.deepcopy(whole))
    if not field or not draft.selects_pods(holder[field]):
        return whole
    holder[field] = _SELECTOR
    return _template(copied)


def selector_of(made: Object) -> tuple[dict[str, Any], str]:
    """Return map and field in which an object has the labels of pods that it selects; "" if in none."""
    spec = made.get("spec")
    if not isinstance(spec, dict):
        return {}, ""
    match made["kind"]:
        case "Service":
            return spec, "selector" if spec.get("selector") else ""
        case "PodDisruptionBudget" | "PodMonitor" | "Deployment" | "StatefulSet":
            selector = spec.get("selector")
        case "NetworkPolicy":
            selector = spec.get("podSelector")
        case _:
            selector = None
    if isinstance(selector, dict) and selector.get("matchLabels") and not selector.get("matchExpressions"):
        return selector, "matchLabels"
    return {}, ""


def _template(made: Object) -> str:
    lines = []
    for line in kubernetes_yaml.dump([made]).removeprefix("---\n").splitlines():
        line = line.replace("{{", '{{ "{{" }}')
        if line.rstrip("'\"").endswith(_SELECTOR):
            field = line.partition(":")[0]
            line = f"{field}: " + _TEMPLATE.format(len(field) - len(field.lstrip()) + 2)
        lines.append(line)
    return "\n".join(lines) + "\n"
