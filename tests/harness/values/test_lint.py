"""Mistakes in a values file are reported with their line, their key and what is expected there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ci.base.errors import UserError
from ci.base.repository import shown
from ci.charts import catalog
from ci.charts.catalog import Chart
from ci.values import lint
from tests.support.repository import Repository

MICROSERVICE = catalog.find_case("api").chart


def told(tmp_path: Path, text: str) -> list[str]:
    """Return what is told of a values file, without the name of its folder."""
    file = tmp_path / "values.yaml"
    file.write_text(text, encoding="utf-8")
    return [str(fault).removeprefix(f"{file}, ") for fault in lint.faults(file, MICROSERVICE)]


@pytest.mark.parametrize("case", catalog.cases(), ids=str)
def test_nothing_is_told_of_the_cases(case: catalog.Case) -> None:
    assert [fault for file in case.values for fault in lint.faults(file, case.chart)] == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "\nimage: {repositroy: a}",
            "line 2, column 9: image.repositroy: unknown key; did you mean repository?",
        ),
        (
            "shutdown: {x: a}",
            "line 1, column 12: shutdown.x: unknown key; known keys: drainSeconds",
        ),
        (
            "\nnodeSelector:\n  '123': a\n  '0123': true",
            'line 4, column 3: nodeSelector["0123"]: expected a string; quote it: "true"',
        ),
        ("image: {tag: 1.10}", 'line 1, column 9: image.tag: expected a string; quote it: "1.10"'),
        (
            "env: {ON_AIR: yes}",
            "line 1, column 7: env.ON_AIR: expected a string or a whole number up to 9007199254740991 or a "
            'map; quote it: "yes"',
        ),
        (
            "config: {data: {ID: 9007199254740993}}",
            "line 1, column 17: config.data.ID: expected a string or a whole number up to 9007199254740991; "
            'quote it: "9007199254740993"',
        ),
        (
            "args: [--port, 8080]",
            'line 1, column 16: args[1]: expected a string; quote it: "8080"',
        ),
        (
            "podAnnotations: {a: [b]}",
            'line 1, column 18: podAnnotations.a: expected a string: quote it, such as "8080" or "true", or '
            "use --set-string",
        ),
        ("replica: 3", "line 1, column 1: replica: unknown key; did you mean replicaCount?"),
        ("replicas: 3", "line 1, column 1: replicas: not a key here: write replicaCount"),
        ("replicaCount: many", "line 1, column 1: replicaCount: expected a whole number"),
        (
            "ports: {http: {containerPort: 0}}",
            "line 1, column 16: ports.http.containerPort: out of range (minimum 1, maximum 65535)",
        ),
        (
            "service: {type: LoadBalncer}",
            "line 1, column 11: service.type: expected one of ClusterIP, NodePort, LoadBalancer; did you "
            "mean LoadBalancer?",
        ),
        (
            "podSpec: {volumes: []}",
            "line 1, column 11: podSpec.volumes: not a key here: write it at the top level",
        ),
        (
            "mainPort: UP",
            "line 1, column 1: mainPort: expected a port name (lowercase letters, digits and single -, at "
            "least one letter, at most 15 characters)",
        ),
        (
            "resources: {limits: {memory: -1}}",
            "line 1, column 22: resources.limits.memory: expected a quantity of bytes (a whole number, "
            "optionally with k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi or Ei, such as 128Mi)",
        ),
        (
            'env: {"A B": x}',
            'line 1, column 7: env["A B"]: not a variable name: use letters, digits, _, - and ., not '
            "starting with a digit or ..",
        ),
        ("extraContainers: [{name: a}]", "line 1, column 19: extraContainers[0]: the key image is missing"),
        (
            "env: {MODE: 0644}",
            "line 1, column 7: env.MODE: 0644 is read as another number; quote it to keep it as written",
        ),
        (
            "env: {M: 1_000}",
            "line 1, column 7: env.M: 1_000 is read as another number; quote it to keep it as written",
        ),
        (
            "config: {data: {M: 1e3}}",
            "line 1, column 17: config.data.M: 1e3 is read as another number; quote it to keep it as written",
        ),
        (
            "volumes: {config: {defaultMode: 644}}",
            "line 1, column 20: volumes.config.defaultMode: expected a file mode from 0 to 0777: write 0644 "
            "with its leading 0, since 644 alone is a decimal number",
        ),
        (
            "envFrom: [{configMapRef: {name: a}, secretRef: {name: b}}]",
            "line 1, column 11: envFrom[0]: expected a map with exactly one of configMapRef, secretRef",
        ),
        (
            "tolerations: [{operator: Equal, value: gpu}]",
            "line 1, column 15: tolerations[0]: the key key is missing",
        ),
        (
            "extraContainers: [{name: a, image: b, livenessProbe: {exec: {command: []}}}]",
            "line 1, column 62: extraContainers[0].livenessProbe.exec.command: out of range (minItems 1)",
        ),
        ("ingress: {enabled: yes}", "line 1, column 11: ingress.enabled: yes is read as true; write true"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_belongs_there(
    tmp_path: Path, text: str, fault: str
) -> None:
    assert told(tmp_path, text) == [fault]


def test_a_key_that_yaml_takes_for_a_truth_is_told(tmp_path: Path) -> None:
    assert "line 1, column 17: config.data.true: this key is read as true; quote it" in told(
        tmp_path, "config: {data: {ON: x}}"
    )


@pytest.mark.parametrize(
    "text", ["env: {A: '0644', B: 8080, C: -1, D: ~}", "volumes: {config: {defaultMode: 0440}}"]
)
def test_what_arrives_as_it_is_meant_is_not_told(tmp_path: Path, text: str) -> None:
    assert told(tmp_path, text) == []


def test_every_mistake_is_told_in_the_order_of_the_file(tmp_path: Path) -> None:
    lines = [fault.partition(",")[0] for fault in told(tmp_path, "tag: 1\nenv: {A: 0644}\nmainPort: UP\n")]
    assert lines == ["line 1", "line 2", "line 3"]


def test_no_secret_is_repeated(tmp_path: Path) -> None:
    faults = told(tmp_path, "secret: {data: {PIN: 0042, ON: 12.5}, files: {a: 77123}}")
    assert len(faults) == 4
    assert not any(secret in fault for fault in faults for secret in ("0042", "12.5", "77123"))
    assert sum(fault.endswith("expected a string; quote it") for fault in faults) == 1


def test_what_comes_through_an_alias_is_told_where_the_alias_stands(tmp_path: Path) -> None:
    text = "x-image: &image {repository: a, tga: b}\nimage:\n  <<: *image\n"
    assert told(tmp_path, text) == ["line 2, column 1: image.tga: unknown key; did you mean tag?"]


def test_a_number_through_an_alias_is_told_without_how_it_is_written(tmp_path: Path) -> None:
    text = "x-zone: &zone {zone: 1}\nnodeSelector:\n  <<: *zone\n"
    assert told(tmp_path, text) == [
        'line 2, column 1: nodeSelector.zone: expected a string: quote it, such as "8080" or "true", or use '
        "--set-string"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image:\n\ttag: a\n", "line 2, column 1: a tab: YAML is indented with spaces"),
        ("x-a: &a {b: [*a]}\n", "line 1, column 6: an anchor contains itself"),
        ("env: {A: x}\nenv: {B: x}\n", "line 2, column 1: duplicate key 'env'"),
    ],
)
def test_what_helm_could_not_read_is_told_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError) as refused:
        told(tmp_path, text)
    assert str(refused.value).endswith(message)


def test_nothing_is_told_of_the_environments() -> None:
    assert lint.environment_faults(MICROSERVICE) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "staging: {context: eu}\nproduction:\n  context: us\n  protect: true",
            "line 4, column 3: production.protect: unknown key; did you mean protected?",
        ),
        ("staging: {namespace: a}", "line 1, column 1: staging: the key context is missing"),
        ("staging: {context: ''}", "line 1, column 11: staging.context: expected the name of a kubeconfig"),
        (
            "staging: {context: a, protected: yes}",
            "line 1, column 23: staging.protected: yes is read as true; write true",
        ),
        (
            "staging: {context: a}\nStaging: {context: a}",
            "line 2, column 1: Staging: expected the name of an environment (lowercase letters, digits and "
            "-, at most 63 characters)",
        ),
        (
            "staging:\n  context: a\n  values: {image: {tga: b}}",
            "line 3, column 20: staging.values.image.tga: unknown key; did you mean tag?",
        ),
        (
            "staging:\n  context: a\n  values: {env: {A: 0644}, image: {tag: 1.10}}",
            "line 3, column 18: staging.values.env.A: 0644 is read as another number; quote it to keep it "
            'as written\nline 3, column 36: staging.values.image.tag: expected a string; quote it: "1.10"',
        ),
        (
            "staging: {context: a, values: {resources: {limits: {memory: -1}}}}",
            "line 1, column 53: staging.values.resources.limits.memory: expected a quantity of bytes (",
        ),
        (
            "staging: {context: a, values: {x-build: {context: .}}}",
            "line 1, column 32: staging.values.x-build: not a key here: write it in values/<service>.yaml",
        ),
    ],
)
def test_a_mistake_in_the_environments_is_told_as_one_in_values_is(
    repository: Repository, text: str, fault: str
) -> None:
    file = repository.write("values/environments.yaml", text)
    faults = lint.environment_faults(MICROSERVICE)
    assert "\n".join(str(fault).removeprefix(f"{shown(file)}, ") for fault in faults).startswith(fault)


def test_no_secret_of_an_environment_is_repeated(repository: Repository) -> None:
    text = "staging: {context: a, values: {secret: {data: {PIN: 0042, ON: 12.5}, files: {a: 77123}}}}"
    repository.write("values/environments.yaml", text)
    faults = [str(fault) for fault in lint.environment_faults(MICROSERVICE)]
    assert len(faults) == 4
    assert not any(secret in fault for fault in faults for secret in ("0042", "12.5", "77123"))


def test_without_environments_there_is_nothing_wrong_with_them(repository: Repository) -> None:
    assert lint.environment_faults(MICROSERVICE) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "x-build:\n  context: .\n  dockerFile: a",
            "line 3, column 3: x-build.dockerFile: unknown key; did you mean dockerfile?",
        ),
        ("x-build: {dockerfile: a}", "line 1, column 1: x-build: the key context is missing"),
        # One mistake, though the key that is meant is missing too.
        ("x-build: {contxt: a}", "line 1, column 11: x-build.contxt: unknown key; did you mean context?"),
        ("x-build: {context: 7}", 'line 1, column 11: x-build.context: expected a string; quote it: "7"'),
        ("x-build: {context: ''}", "line 1, column 11: x-build.context: expected a folder"),
        ("x-build: .", "line 1, column 1: x-build: expected a map"),
    ],
)
def test_a_mistake_in_what_is_built_is_told_as_one_in_values_is(
    repository: Repository, text: str, fault: str
) -> None:
    file = repository.write("values/api.yaml", text)
    (found,) = lint.faults(file, MICROSERVICE)
    assert str(found) == f"values/api.yaml, {fault}"


def test_what_is_built_belongs_in_the_services_own_file(repository: Repository) -> None:
    file = repository.write("values/api/staging.yaml", "x-build: {context: .}\nx-mine: {context: .}")
    (found,) = lint.faults(file, MICROSERVICE)
    assert str(found).endswith("line 1, column 1: x-build: not a key here: write it in values/<service>.yaml")


SMALL = {
    "type": "object",
    "properties": {
        "many": {
            "type": "object",
            "properties": {f"key{number:02}": {} for number in range(1, 22)},
            "additionalProperties": False,
        },
        "twenty": {
            "type": "object",
            "properties": {
                **{f"key{number:02}": {} for number in range(1, 21)},
                "gone": {"const": "not here"},
            },
            "additionalProperties": False,
        },
        "named": {
            "type": "object",
            "patternProperties": {"^[a-z]+$": {}, "^x-": {}},
            "additionalProperties": False,
        },
        "empty": {"type": "object", "properties": {"gone": {"const": "no"}}, "additionalProperties": False},
        "word": {"type": "string", "pattern": "^[a-z]+$"},
        "words": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
        "once": {"type": "array", "uniqueItems": True},
        "size": {"type": "integer", "minimum": 1, "maximum": 9, "exclusiveMinimum": 0},
        "kind": {"enum": ["Red", "Green", "", None]},
        "some": {"type": ["string", "integer", "null"], "maximum": 9},
        "any": {"type": ["number", "boolean", "array", "object", "null"]},
    },
    "additionalProperties": False,
}
TWENTY = ", ".join(f"key{number:02}" for number in range(1, 21))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("many: {x: 1}", f"many.x: unknown key; known keys: {TWENTY}, ..."),
        ("twenty: {x: 1}", f"twenty.x: unknown key; known keys: {TWENTY}"),
        ("twenty: {gon: 1}", f"twenty.gon: unknown key; known keys: {TWENTY}"),
        ("named: {A: 1}", "named.A: expected a name of the form ^[a-z]+$ or ^x-"),
        ("empty: {a: 1}", "empty.a: no keys are allowed here"),
        ("word: A", "word: expected a string of the form ^[a-z]+$"),
        ("once: [a, a]", "once: is not allowed here"),
        ("words: [a, b, c, d]", "words: out of range (maxItems 3)"),
        ("size: 10", "size: out of range (minimum 1, maximum 9)"),
        ("kind: Gren", "kind: expected one of Red, Green; did you mean Green?"),
        ("kind: [Green]", "kind: expected one of Red, Green"),
        ("some: [a]", "some: expected a string or a whole number up to 9"),
        ("some: 1.5", 'some: expected a string or a whole number up to 9; quote it: "1.5"'),
        ("any: a", "any: expected a number or true or false or a list or a map"),
        ("word:", "word: expected a string"),
        ("word: {}", "word: expected a string"),
        (
            "secret: {word: 1}",
            "secret: unknown key; known keys: any, empty, kind, many, named, once, size, some, twenty, word, "
            "words",
        ),
    ],
)
def test_what_is_expected_is_told_of_any_schema(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "values.schema.json").write_text(json.dumps(SMALL), encoding="utf-8")
    file = tmp_path / "values.yaml"
    file.write_text(text, encoding="utf-8")
    assert [fault.text for fault in lint.faults(file, Chart("small", tmp_path))] == [message]


def test_an_unknown_key_stands_for_one_key_and_others_that_are_required_are_missing(tmp_path: Path) -> None:
    keys: dict[str, object] = {"certFile": {}, "certFiles": {}}
    schema = {"properties": keys, "required": list(keys), "additionalProperties": False}
    (tmp_path / "values.schema.json").write_text(json.dumps(schema), encoding="utf-8")
    file = tmp_path / "values.yaml"
    file.write_text("certFle: a", encoding="utf-8")
    assert [fault.text for fault in lint.faults(file, Chart("small", tmp_path))] == [
        "the key certFiles is missing",
        "certFle: unknown key; did you mean certFile?",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("free: yes", "free: yes is read as true; write true"),
        ("secret: {versioned: yes}", "secret.versioned: this is read as true; write true"),
        ("port: 0x50", "port: 0x50 is read as another number; quote it to keep it as written"),
    ],
)
def test_what_yaml_changes_is_told_of_any_schema(tmp_path: Path, text: str, message: str) -> None:
    keys = {"free": {}, "port": {"type": ["string", "integer"]}}
    secret = {"properties": {"versioned": {"type": "boolean"}}}
    schema = {"properties": {**keys, "secret": secret}}
    (tmp_path / "values.schema.json").write_text(json.dumps(schema), encoding="utf-8")
    file = tmp_path / "values.yaml"
    file.write_text(text, encoding="utf-8")
    (only,) = lint.faults(file, Chart("small", tmp_path))
    assert (only.text, only.rule) == (message, "yaml")


def test_a_chart_without_a_schema_accepts_every_key(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text("a: {b: [1]}", encoding="utf-8")
    assert lint.faults(file, Chart("small", tmp_path)) == []
    assert lint.keys_of(Chart("small", tmp_path)) == []
