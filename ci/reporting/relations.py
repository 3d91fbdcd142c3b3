"""Who routes to, selects, scales, mounts and restricts whom among the objects of a release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ci.checks import dependencies, routing
from ci.checks.findings import Release
from ci.kubernetes.manifests import Key, Object, key_of
from ci.kubernetes.workloads import dig, entries, selected

# The kinds whose selector finds pods, with what they do to them.
_SELECTORS = {
    "Service": ("leads to", ("spec", "selector")),
    "PodDisruptionBudget": ("protects", ("spec", "selector", "matchLabels")),
    "NetworkPolicy": ("restricts", ("spec", "podSelector", "matchLabels")),
    "PodMonitor": ("scrapes", ("spec", "selector", "matchLabels")),
}


class Relation(NamedTuple):
    """One object does something to another, which may be one that is not of the release."""

    source: Key
    verb: str
    target: Key


def relations(objects: Mapping[Key, Object]) -> list[Relation]:
    """Return how the objects are related, each pair once, with all verbs; in no cycle.

    The key of what is not of the release has only kind and name.
    """
    release = Release(objects, "")
    verbs: dict[tuple[Key, Key], dict[str, None]] = {}
    rules = (_selecting, _routing, _monitoring, _scaling, _needing, _binding)
    for rule in rules:
        for source, verb, target in rule(release):
            if source != target:
                verbs.setdefault((source, target), {})[verb] = None
    return [Relation(source, ", ".join(found), target) for (source, target), found in verbs.items()]


def _selecting(release: Release) -> Iterator[Relation]:
    for key, made in release.objects.items():
        verb, path = _SELECTORS.get(key.kind, ("", ()))
        labels = dig(made, *path) if verb else None
        # A Service without a selector selects nothing, a policy with an empty one everything.
        if labels or key.kind == "NetworkPolicy":
            for pods in selected(release.objects, labels or {}):
                yield Relation(key, verb, pods.key)


def _routing(release: Release) -> Iterator[Relation]:
    for key, made in release.objects.items():
        for backend in routing.backends(key, made):
            yield Relation(key, "routes to", _found(release, "Service", backend.name))
        if key.kind == "Ingress":
            for _, tls in entries(made, "spec", "tls"):
                if name := tls.get("secretName"):
                    yield Relation(key, "has TLS from", _found(release, "Secret", name))
        if key.kind.endswith("Route"):
            for _, parent in entries(made, "spec", "parentRefs"):
                kind = parent.get("kind") or "Gateway"
                yield Relation(_found(release, kind, _name(parent)), "hands requests to", key)


def _monitoring(release: Release) -> Iterator[Relation]:
    for key, monitor in release.objects.items():
        if key.kind == "ServiceMonitor":
            wanted = dig(monitor, "spec", "selector", "matchLabels") or {}
            for other, made in release.objects.items():
                labels = dig(made, "metadata", "labels") or {}
                if other.kind == "Service" and wanted.items() <= labels.items():
                    yield Relation(key, "scrapes", other)


def _scaling(release: Release) -> Iterator[Relation]:
    for key, autoscaler in release.objects.items():
        if key.kind in ("HorizontalPodAutoscaler", "ScaledObject"):
            target = dig(autoscaler, "spec", "scaleTargetRef") or {}
            # KEDA's default if a ScaledObject names no kind.
            yield Relation(key, "scales", _found(release, target.get("kind") or "Deployment", _name(target)))


def _needing(release: Release) -> Iterator[Relation]:
    for user, need in dependencies.needs(release):
        if need.path.endswith("serviceAccountName"):
            verb = "runs as"
        elif "imagePullSecrets" in need.path:
            verb = "pulls with"
        else:
            verb = "mounts" if ".volumes[" in need.path else "reads"
        made, _ = dependencies.maker(release, need.kind, need.name)
        target = key_of(made) if made else None
        yield Relation(user, verb, target or Key("", need.kind, "", need.name))


def _binding(release: Release) -> Iterator[Relation]:
    for key, binding in release.objects.items():
        if key.kind in ("RoleBinding", "ClusterRoleBinding"):
            role = dig(binding, "roleRef") or {}
            yield Relation(key, "grants", _found(release, str(role.get("kind")), _name(role)))
            for _, subject in entries(binding, "subjects"):
                yield Relation(key, "to", _found(release, str(subject.get("kind")), _name(subject)))


def _found(release: Release, kind: str, name: str) -> Key:
    found: Iterable[Key] = (key for key in release.objects if (key.kind, key.name) == (kind, name))
    return next(iter(found), Key("", kind, "", name))


def _name(reference: Mapping[str, object]) -> str:
    return str(reference.get("name"))
