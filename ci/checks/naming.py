"""Checks names, labels, annotations and keys, whose form the Kubernetes schemas do not restrict."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ci.base.locations import InstancePath, path_text, walk
from ci.checks.findings import Finding
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import containers_of, dig, entries, pods_of

_DNS = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"


class _Form(NamedTuple):
    """The form of a kind of name in Kubernetes: its title, its pattern, and the maximum length."""

    title: str
    pattern: str
    longest: float

    def fault(self, name: object) -> str | None:
        """Return what is wrong with a name, None if it is valid."""
        if not isinstance(name, str):
            return f"expected a string, got {name!r}"
        if len(name) > self.longest:
            length = f"{len(name)} characters, at most {self.longest} allowed"
            return f"{name!r} is not a valid {self.title}: {length}"
        return None if re.fullmatch(self.pattern, name) else f"{name!r} is not a valid {self.title}"


# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
_SUBDOMAIN = _Form("DNS subdomain (a-z, 0-9, - and .)", rf"{_DNS}(\.{_DNS})*", 253)
_LABEL = _Form("DNS label (a-z, 0-9 and -)", _DNS, 63)
_SERVICE = _Form("Service name (a-z, 0-9 and -, beginning with a letter)", rf"(?=[a-z]){_DNS}", 63)
# The Jobs of a CronJob have names 11 characters longer, and a Job's name becomes a label of its pods.
_CRON_JOB = _SUBDOMAIN._replace(title="CronJob name", longest=52)
_JOB = _SUBDOMAIN._replace(title="Job name", longest=63)
# k8s.io/apimachinery, pkg/api/validation/path
_PATH_SEGMENT = _Form("role or binding name (without / and %)", r"(?!\.\.?$)[^/%]+", 253)
# https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
_LABEL_VALUE = _Form("label value (letters, digits, -, _ and .)", rf"({_QUALIFIED})?", 63)
_LABEL_NAME = _Form("label or annotation name (letters, digits, -, _ and .)", _QUALIFIED, 63)
# k8s.io/apimachinery, pkg/util/validation: IsValidPortName, IsConfigMapKey, IsEnvVarName (of 1.30)
_PORT = _Form("port name (a-z, 0-9 and -, at least one letter)", rf"(?=.*[a-z])(?!.*--){_DNS}", 15)
_DATA_KEY = _Form("data key (letters, digits, -, _ and .)", r"(?!\.$|\.\.)[-._a-zA-Z0-9]+", 253)
_VARIABLE = _Form(
    "environment variable name (letters, digits, -, _ and .)", r"(?!\.$|\.\.|\d)[-._a-zA-Z0-9]+", math.inf
)

_NAMES = {
    "Service": _SERVICE,
    "Namespace": _LABEL,
    "CronJob": _CRON_JOB,
    "Job": _JOB,
    **dict.fromkeys(("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"), _PATH_SEGMENT),
}


def findings(objects: Mapping[Key, Object]) -> list[Finding]:
    """Return each name, label, annotation and key in the objects that the API server would refuse."""
    rules = (_object_names, _labels, _data_keys, _names_in_pods, _service_ports)
    return [finding for rule in rules for finding in rule(objects)]


def _object_names(objects: Mapping[Key, Object]) -> Iterator[Finding]:
    for key in objects:
        if fault := _NAMES.get(key.kind, _SUBDOMAIN).fault(key.name):
            yield Finding(key, "metadata.name", fault)
        if key.namespace and (fault := _LABEL.fault(key.namespace)):
            yield Finding(key, "metadata.namespace", fault)


def _labels(objects: Mapping[Key, Object]) -> Iterator[Finding]:
    for key, made in objects.items():
        maps = list(_labelled(made))
        if key.kind == "Service":
            maps.append((("spec", "selector"), "selector", dig(made, "spec", "selector") or {}))
        for path, field, pairs in maps:
            for name, value in pairs.items():
                # Annotation names may have upper case letters before the / too.
                if fault := _qualified_fault(name.lower() if field == "annotations" else name):
                    yield Finding(key, path_text((*path, name)), fault)
                if field != "annotations" and (fault := _LABEL_VALUE.fault(value)):
                    yield Finding(key, path_text((*path, name)), fault)


def _labelled(object_: Object) -> Iterator[tuple[InstancePath, str, Mapping[str, Any]]]:
    """Yield labels, label selectors and annotations at any depth, each with its path and field."""
    for path, value in walk(object_):
        field = str(path[-1])
        inside_metadata = path[-2:-1] == ("metadata",) and field in ("labels", "annotations")
        if isinstance(value, dict) and (inside_metadata or field in ("matchLabels", "nodeSelector")):
            yield path, field, value


def _qualified_fault(key: str) -> str | None:
    prefix, slash, name = key.rpartition("/")
    return (_SUBDOMAIN.fault(prefix) if slash else None) or _LABEL_NAME.fault(name)


def _data_keys(objects: Mapping[Key, Object]) -> Iterator[Finding]:
    for key, made in objects.items():
        if key.kind in ("ConfigMap", "Secret"):
            for field in ("data", "stringData", "binaryData"):
                for name in dig(made, field) or {}:
                    if fault := _DATA_KEY.fault(name):
                        yield Finding(key, path_text((field, name)), fault)


def _names_in_pods(objects: Mapping[Key, Object]) -> Iterator[Finding]:
    for pods in pods_of(objects):
        for path, volume in entries(pods.spec, "volumes", at=pods.path):
            if fault := _LABEL.fault(volume.get("name")):
                yield Finding(pods.key, f"{path}.name", fault)
        ports: set[str] = set()
        for container_path, container in containers_of(pods):
            if fault := _LABEL.fault(container.get("name")):
                yield Finding(pods.key, f"{container_path}.name", fault)
            for path, variable in entries(container, "env", at=container_path):
                if fault := _VARIABLE.fault(variable.get("name")):
                    yield Finding(pods.key, f"{path}.name", fault)
            for path, port in entries(container, "ports", at=container_path):
                if name := port.get("name"):
                    fault = _PORT.fault(name) or (f"two ports are named {name!r}" if name in ports else None)
                    if fault:
                        yield Finding(pods.key, f"{path}.name", fault)
                    ports.add(name)


def _service_ports(objects: Mapping[Key, Object]) -> Iterator[Finding]:
    """Check the names of ports; only a Service with a single port may omit it."""
    for key, service in objects.items():
        if key.kind != "Service":
            continue
        ports = list(entries(service, "spec", "ports"))
        names: set[object] = set()
        for path, port in ports:
            name = port.get("name")
            fault = _LABEL.fault(name) if name or len(ports) > 1 else None
            if fault or name in names:
                yield Finding(key, f"{path}.name", fault or f"two ports are named {name!r}")
            names.add(name)
