"""Variables in plain text that look like secrets: they are read from a Secret, and stay out of the values."""

from __future__ import annotations

import base64
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ci.base.files import write_whole
from ci.charts import catalog, helm
from ci.kubernetes import manifests
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import pods_of

# The chart's own rules, in a chart that has nothing else: to parse all of its templates takes longer.
_RULES = "_plaintext.tpl"
_CHART = "apiVersion: v2\nname: plaintext\nversion: 0.0.0\n"
_TEMPLATE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: found}}\ndata: {{found: {}}}\n"
_VARIABLES = '{{{{ include "microservice.secretVariables" (b64dec "{}") | quote }}}}'
_TEXT = '{{{{ include "microservice.holdsSecret" (b64dec "{}") }}}}'


def without_secrets(source: Mapping[Key, Object], secret: str) -> tuple[dict[Key, Object], list[str]]:
    """Return objects whose containers read what looks like a secret from a Secret, and its keys.

    That are values of ``env`` and entries of the ConfigMaps in ``envFrom``. The objects change in place.
    """
    objects = dict(source)
    containers = [one for pods in pods_of(objects) for one in _containers(pods.spec)]
    places = [*_of_containers(containers), *_of_config_maps(objects, containers)]
    keys: dict[str, str] = {}
    for number in looking_like_secrets([(place.name, place.value) for place in places]):
        name, value, variable, config = places[number]
        key = name if keys.get(name, value) == value else f"{name}.{number}"
        keys[key] = value
        reference = {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
        if config is None:
            variable.clear()
            variable |= reference
            continue
        del objects[config]["data"][name]
        for one in containers:
            env = one.setdefault("env", [])
            if config.name in _config_maps(one) and name not in [other["name"] for other in env]:
                env.append(reference)
        if not objects[config]["data"]:
            del objects[config]
            for one in containers:
                one["envFrom"] = [
                    other
                    for other in one.get("envFrom") or []
                    if _config_maps({"envFrom": [other]}) != [config.name]
                ]
    return objects, list(keys)


def to_make(secret: str, keys: Iterable[str]) -> str:
    """Return the line of a report about a Secret whose values the values do not have."""
    names = ", ".join(dict.fromkeys(keys))
    return f"Secret {secret}: make it before an install, with {names}: the values stay out of the file"


class _Place(NamedTuple):
    """A variable in plain text: an entry of ``env``, or one of a ConfigMap's data."""

    name: str
    value: str
    variable: dict[str, Any]
    config: Key | None


def _of_containers(containers: Sequence[Mapping[str, Any]]) -> Iterator[_Place]:
    for one in containers:
        for variable in one.get("env") or []:
            if variable.get("value"):
                yield _Place(variable["name"], str(variable["value"]), variable, None)


def _of_config_maps(
    objects: Mapping[Key, Object], containers: Sequence[Mapping[str, Any]]
) -> Iterator[_Place]:
    used = {name for one in containers for name in _config_maps(one)}
    for key, made in objects.items():
        if key.kind == "ConfigMap" and key.name in used:
            for name, value in (made.get("data") or {}).items():
                yield _Place(name, value, {}, key)


def _containers(pod: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [*(pod.get("initContainers") or []), *(pod.get("containers") or [])]


def _config_maps(container: Mapping[str, Any]) -> list[str]:
    """Return the ConfigMaps whose entries are variables of a container, by the names of the entries."""
    sources = [one for one in container.get("envFrom") or [] if not one.get("prefix")]
    return [one["configMapRef"]["name"] for one in sources if "configMapRef" in one]


def looking_like_secrets(variables: Sequence[tuple[str, object]]) -> list[int]:
    """Return the numbers of those variables, each a name and a value, that the chart takes for secrets."""
    lines = [
        f"{number}.env.{name}\t{' '.join(str(value).split())}"
        for number, (name, value) in enumerate(variables)
    ]
    found = json.loads(_asked(_VARIABLES.format(_encoded("\n".join(lines)))) if lines else "[]")
    return sorted({int(key.partition(".")[0]) for key in found})


def holding_secrets(texts: Sequence[str]) -> list[int]:
    """Return the numbers of those texts of files in which the chart finds a secret."""
    answers = " ".join(f"{number}={_TEXT.format(_encoded(text))}" for number, text in enumerate(texts))
    found = _asked(f"'{answers}'") if texts else ""
    return [int(answer.partition("=")[0]) for answer in found.split() if answer.endswith("true")]


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _asked(expression: str) -> str:
    """Return what an expression gives in a template that has the chart's rules for secrets in plain text."""
    rules = catalog.service_chart().path / "templates" / _RULES
    with tempfile.TemporaryDirectory() as folder:
        chart = Path(folder)
        (chart / "templates").mkdir()
        shutil.copy(rules, chart / "templates")
        write_whole(chart / "Chart.yaml", _CHART)
        write_whole(chart / "templates" / "found.yaml", _TEMPLATE.format(expression))
        stream = helm.template(chart, engine=helm.ENGINES[-1])
    (found,) = manifests.parse(stream).values()
    return str(found["data"]["found"])
