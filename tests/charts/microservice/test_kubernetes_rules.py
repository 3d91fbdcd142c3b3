"""What breaks a rule of Kubernetes is refused before anything changes, and what keeps them all renders."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from ci.base import kubernetes_yaml
from ci.base.files import write_whole
from ci.base.locations import path_text
from ci.base.repository import shown
from ci.charts import catalog, helm
from ci.charts.batch import Batch, Outcome, Values, json_text
from ci.charts.values_file import read_values
from tests.support.rendering import with_both_engines

FILE = Path(__file__).parent / "data" / "kubernetes_rules.yaml"


class Rule(NamedTuple):
    """Values, and the key that the schema's message names; it is "" where they are right."""

    name: str
    values: Values
    key: str

    def __str__(self) -> str:
        return self.name


RULES = [
    Rule(f"{row['group']}: {row['rule']}", row["values"], row.get("key", ""))
    for row in kubernetes_yaml.load(FILE.read_text(encoding="utf-8"), shown(FILE))
]
# As a subchart's values, so that Helm is asked about all of them at once.
NAMED = {f"rule{number}": rule for number, rule in enumerate(RULES)}
NAMES = {rule: name for name, rule in ((name, str(rule)) for name, rule in NAMED.items())}


@pytest.fixture(scope="module")
def refused_keys(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], set[str]]:
    """Asks a Helm for the keys that the schema refuses, each behind the name of its rule."""
    chart = catalog.find_case("defaults").chart.path
    defaults = read_values(chart / "values.yaml")
    schema = json.loads((chart / "values.schema.json").read_text(encoding="utf-8"))
    definitions = schema.pop("definitions")
    folder = tmp_path_factory.mktemp("rules")
    # A chart without templates, which has each rule's values below a key of its own.
    many = {
        "additionalProperties": {"$ref": "#/definitions/values"},
        "definitions": {**definitions, "values": schema},
    }
    write_whole(folder / "values.schema.json", json.dumps(many))
    write_whole(folder / "Chart.yaml", "{apiVersion: v2, name: many, version: 0.1.0}")
    write_whole(folder / "values.yaml", json.dumps(dict.fromkeys(NAMED, defaults)))
    values = folder / "rules.json"
    write_whole(values, json_text({name: rule.values for name, rule in NAMED.items()}))

    def ask(engine: int) -> set[str]:
        with pytest.raises(helm.HelmError) as refused:
            helm.template(folder, engine=engine, extra=["--values", str(values)])
        pointers = re.findall(r"^ *- at '/(.*?)': ", str(refused.value), re.MULTILINE)
        return {key(pointer) for pointer in pointers}

    return functools.cache(ask)


def key(pointer: str) -> str:
    """The path of a key as the harness writes it, of Helm's: rule1/ports/http, or a/b~1c/0."""
    parts = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/"))
    return path_text(int(part) if part.isdecimal() else part for part in parts)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], dict[str, Outcome]]:
    """Renders the values that are right."""
    (image,) = catalog.find_case("defaults").values
    base = {**read_values(image), "nameOverride": "api", "fullnameOverride": "api"}
    right = {name: base | rule.values for name, rule in NAMED.items() if not rule.key}
    batch = Batch(catalog.find_case("defaults").chart.path, tmp_path_factory.mktemp("right"))
    return functools.cache(lambda engine: batch.render(right, engine))


@with_both_engines
@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.key], ids=str)
def test_a_broken_rule_is_refused_and_its_key_named(
    rule: Rule, engine: int, refused_keys: Callable[[int], set[str]]
) -> None:
    assert f"{NAMES[str(rule)]}.{rule.key}" in refused_keys(engine)


@with_both_engines
@pytest.mark.parametrize("rule", [rule for rule in RULES if not rule.key], ids=str)
def test_what_kubernetes_accepts_renders(
    rule: Rule,
    engine: int,
    refused_keys: Callable[[int], set[str]],
    outcomes: Callable[[int], dict[str, Outcome]],
) -> None:
    name = NAMES[str(rule)]
    assert not [found for found in refused_keys(engine) if found.startswith(f"{name}.")]
    assert outcomes(engine)[name].problems == ()
    assert outcomes(engine)[name].error == ""
