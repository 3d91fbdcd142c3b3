"""What the modules of several charts need to make objects."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ci.importing.draft import Values
from ci.kubernetes.manifests import Object


def filled(**fields: Any) -> dict[str, Any]:
    """Return the fields that templates print with ``with``: not those that are empty, false or 0."""
    return {field: value for field, value in fields.items() if value}


def said(**fields: Any) -> dict[str, Any]:
    """Return the fields that are not null."""
    return {field: value for field, value in fields.items() if value is not None}


def made(
    kind: str,
    name: str,
    labels: Mapping[str, str],
    annotations: Mapping[str, str] | None = None,
    **fields: Any,
) -> Object:
    """Return an object; ``kind`` has its apiVersion before it, as in "apps/v1 Deployment"."""
    api_version, _, kind = kind.partition(" ")
    metadata = {"name": name, **filled(labels=dict(labels), annotations=annotations)}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def deployment(
    name: str,
    labels: Mapping[str, str],
    template: Mapping[str, Any],
    pod: Mapping[str, Any],
    annotations: Mapping[str, str] | None = None,
    **spec: Any,
) -> Object:
    """Return a Deployment; ``template`` are labels, annotations and, as selector, what selects the pods."""
    metadata = filled(labels=template["labels"], annotations=template.get("annotations"))
    selector = {"matchLabels": dict(template["selector"])}
    spec |= {"selector": selector, "template": {"metadata": metadata, "spec": dict(pod)}}
    return made("apps/v1 Deployment", name, labels, annotations, spec=spec)


def service(name: str, labels: Mapping[str, str], selector: Mapping[str, str], **fields: Any) -> Object:
    """Return a Service; ``annotations`` is one of its fields, all others are those of its spec."""
    annotations = fields.pop("annotations", None)
    return made("v1 Service", name, labels, annotations, spec={"selector": dict(selector), **fields})


def autoscaler(name: str, labels: Mapping[str, str], annotations: Any = None, **spec: Any) -> Object:
    """Return the autoscaler of the Deployment that is called ``name`` too."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    spec = {"scaleTargetRef": target, **spec}
    return made("autoscaling/v2 HorizontalPodAutoscaler", name, labels, annotations, spec=spec)


def utilization(**targets: Any) -> list[Values]:
    """Return the metrics of an autoscaler: cpu and memory, each in percent of the requests."""
    return [
        {
            "type": "Resource",
            "resource": {"name": name, "target": {"type": "Utilization", "averageUtilization": percent}},
        }
        for name, percent in targets.items()
        if percent
    ]


def backend(service: str, port: Any) -> Values:
    """Return an Ingress's backend; the port is a number or a name."""
    return {"service": {"name": service, "port": {"name" if isinstance(port, str) else "number": port}}}


def encoded(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the data of a Secret, in base64."""
    return {name: base64.b64encode(str(value).encode()).decode() for name, value in data.items()}


def shortened(name: str, length: int = 63) -> str:
    """Return a name as charts cut it: at most ``length`` characters, without a dash at the end."""
    return name[:length].removesuffix("-")
