"""What a person carries over from another chart is taken, or refused with what to write here instead."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ci.charts import catalog, helm
from ci.charts.values_file import read_values
from ci.values import lint
from ci.values.schema_walk import Schema, resolved
from tests.support.rendering import ChartRenderer

MICROSERVICE = catalog.find_case("defaults").chart
SCHEMA: Schema = json.loads((MICROSERVICE.path / "values.schema.json").read_text(encoding="utf-8"))

# A thing of another form than here, with where and how it is told.
FORMS = {
    "image: nginx:1.27": ("image", 'a map: write image: {repository: myrepo/api, tag: "1.2.3"}'),
    "env: [{name: A, value: b}]": ("env", "a map of variables by name: write env.NAME: value"),
    "ports: [{name: http, containerPort: 8000}]": (
        "ports",
        "a map of ports by name: write ports.http: {containerPort: 8000, servicePort: 80}",
    ),
    "volumes: [{name: data, emptyDir: {}}]": (
        "volumes[0]",
        "not a list here: write volumes.<name>: {emptyDir: {}, mountPath: /data}",
    ),
    "volumeMounts: [{name: data, mountPath: /data}]": (
        "volumeMounts[0]",
        "not a key here: write volumes.<name>.mountPath",
    ),
}


def below(part: Schema) -> dict[str, Schema]:
    """The keys of a map, those that a pattern lists too; those of a person's choice are called <name>.

    What YAML reads as a boolean is no key of another chart.
    """
    part = resolved(SCHEMA, part)
    keys = dict(part.get("properties", {}))
    for pattern, entry in part.get("patternProperties", {}).items():
        names = re.fullmatch(r"\(\^\(\?:([A-Za-z|]+)\)\$\)", pattern)
        if pattern in ("^x-", "(^(?:true|false)$)"):
            continue
        if names:
            keys |= dict.fromkeys(names[1].split("|"), entry)
        else:
            keys.setdefault("<name>", entry)
    return keys


def foreign(part: Schema, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Every key that is there only to be refused, and what is told of it."""
    for name, inner in below(part).items():
        if "const" in inner:
            yield ".".join((*path, name)), inner["const"]
        elif "items" not in inner:
            yield from foreign(inner, (*path, name))


FOREIGN = dict(foreign(SCHEMA))


def named(key: str) -> str:
    """A key of entries with a name; of a volume with a claim, the claim alone is named."""
    return key.replace("volumes.<name>.claim", "volumes.y.claim").replace("<name>", "x")


def written(keys: dict[str, Any]) -> str:
    """Values with those keys, written with dots, as YAML."""
    values: dict[str, Any] = {}
    for key, value in keys.items():
        *parents, last = named(key).split(".")
        functools.reduce(lambda within, name: within.setdefault(name, {}), parents, values)[last] = value
    return json.dumps(values)


@pytest.fixture(scope="module")
def told(
    render_chart: ChartRenderer, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], set[tuple[str, str]]]:
    """What Helm 3, Helm 4 or invoke lint say of values: keys, each with what to write."""

    @functools.cache
    def ask(values: str, by: str) -> set[tuple[str, str]]:
        if by == "lint":
            file = tmp_path_factory.mktemp("lint") / "values.yaml"
            file.write_text(values, encoding="utf-8")
            return {(fault.path, fault.message) for fault in lint.faults(file, MICROSERVICE)}
        report = str(render_chart.refused(values, engine=int(by)))
        found = re.findall(r"- at '/(.*)': value must be '(.*)'$", report, re.MULTILINE)
        dotted = [(re.sub(r"/(\d+)", r"[\1]", path).replace("/", "."), text) for path, text in found]
        return {(path, text.replace("\\'", "'")) for path, text in dotted}

    return ask


by_all = pytest.mark.parametrize("by", ["3", "4", "lint"])


@by_all
def test_a_key_of_other_charts_is_refused_with_the_key_to_write_here(
    by: str, told: Callable[[str, str], set[tuple[str, str]]]
) -> None:
    wanted = {(named(key), text) for key, text in FOREIGN.items()}
    assert told(written(dict.fromkeys(FOREIGN, "x")), by) == wanted
    assert {"replicas", "service.port", "service.targetPort", "image.name", "extraEnv"} <= FOREIGN.keys()


@by_all
def test_a_value_of_another_form_is_refused_with_the_form_here(
    by: str, told: Callable[[str, str], set[tuple[str, str]]]
) -> None:
    wanted = set(FORMS.values())
    if by == "lint":
        wanted = {(key, text if text.startswith("not ") else f"expected {text}") for key, text in wanted}
    assert told("\n".join(FORMS), by) == wanted


def known(key: str) -> bool:
    """Whether there is such a key to be written."""
    part = SCHEMA
    for name in key.split("."):
        keys = below(part)
        if "const" in keys.get(name, {}) or not keys.keys() & {name, "<name>"}:
            return False
        part = keys.get(name) or keys["<name>"]
    return True


@pytest.mark.parametrize(("key", "text"), [*FOREIGN.items(), *FORMS.values()])
def test_the_key_to_write_instead_exists(key: str, text: str) -> None:
    beside, _, last = key.rpartition(".")
    advice = text.partition(": write ")[2].removeprefix("it below ")
    advice = advice.replace("it at the top level", last).removesuffix(" at the top level")
    keys = re.sub("NAME|http", "<name>", re.sub(": .*", "", advice)).removeprefix("<name>")
    names = [name for name in re.split(", or |, | or | and ", keys) if name]
    assert [name for name in names if not known(name) and not known(f"{beside}.{name}")] == []


@pytest.fixture(params=helm.ENGINES)
def of_helm_create(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[int, dict[str, Any]]:
    """A Helm, and the values of the chart that its helm create makes."""
    values = read_values(helm.create("other", tmp_path, engine=request.param) / "values.yaml")
    return request.param, {key: value for key, value in values.items() if key != "httpRoute"}


def test_the_values_of_helm_create_are_accepted_but_for_the_service_port(
    of_helm_create: tuple[int, dict[str, Any]],
    render_chart: ChartRenderer,
    told: Callable[[str, str], set[tuple[str, str]]],
) -> None:
    engine, values = of_helm_create
    values["image"]["tag"] = "1.27"
    assert told(json.dumps(values), str(engine)) == {("service.port", FOREIGN["service.port"])}
    del values["service"]["port"]
    rendered = render_chart(json.dumps(values), engine=engine)
    assert rendered.container["image"] == "nginx:1.27"
    assert rendered.container["livenessProbe"]["httpGet"] == {"path": "/", "port": "http"}
    assert rendered.pod["automountServiceAccountToken"] is True
    assert rendered.deployment["replicas"] == 1
    assert "volumes" not in rendered.pod


def test_the_values_of_helm_create_are_refused_for_want_of_a_tag(
    of_helm_create: tuple[int, dict[str, Any]], render_chart: ChartRenderer
) -> None:
    engine, values = of_helm_create
    del values["service"]["port"]
    (problem,) = render_chart.problems(json.dumps(values), engine=engine)
    assert problem.startswith("image.tag is missing: set the version of the image to run, such as --set-")


def test_only_four_keys_of_helm_create_are_written_otherwise_here(
    of_helm_create: tuple[int, dict[str, Any]], render_chart: ChartRenderer
) -> None:
    engine, values = of_helm_create
    values["volumes"] = [{"name": "foo", "secret": {"secretName": "mysecret", "optional": False}}]
    values["volumeMounts"] = [{"name": "foo", "mountPath": "/etc/foo", "readOnly": True}]
    report = str(render_chart.refused(json.dumps(values), engine=engine))
    assert set(re.findall(r"^- at '(.*?)'", report, re.MULTILINE)) == {
        "/service/port",
        "/volumes/0",
        "/volumeMounts/0",
    }
    values |= {"service": {"type": "ClusterIP"}, "volumes": [], "volumeMounts": []}
    assert len(render_chart.problems(json.dumps(values), engine=engine)) == 1  # the tag
