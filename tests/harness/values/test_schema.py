from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from ci.base import repository
from ci.base.errors import UserError
from ci.values import schema as values_schema

MICROSERVICE = repository.root() / "charts" / "microservice"

# Valid for the schema of the fixture `source`.
VALUES = """
replicas: 1
port: 80
kind: A
hosts: []
owner: ""
block: {enabled: true, rest: {}}
entries: {}
"""

Source = Callable[..., Path]


def errors(schema: Path, values: dict[str, Any]) -> list[str]:
    """The paths of the built schema's errors."""
    validator = values_schema.validator(json.loads(values_schema.build(schema)))
    return [".".join(map(str, error.instance_path)) for error in validator.iter_errors(values)]


@pytest.mark.parametrize(
    "values",
    [
        {"replicas": None},
        {"kind": None},
        {"port": None},
        {"hosts": None},
        {"block": None},
        {"block": {"enabled": None}},
        {"block": {"rest": {"a": None}}},
        {"entries": {"http": None}},
    ],
    ids=str,
)
def test_null_is_allowed_wherever_a_key_has_a_type_an_enum_or_a_reference(
    values: dict[str, Any], source: Source
) -> None:
    assert errors(source(), values) == []


def test_null_is_allowed_for_a_free_key_of_a_map(source: Source) -> None:
    path = source("additionalProperties: false", "additionalProperties: {type: string}")
    assert errors(path, {"entries": {"A": None}}) == []
    assert errors(path, {"entries": {"A": 1}}) == ["entries.A"]


def test_an_item_of_a_list_is_never_null(source: Source) -> None:
    assert errors(source(), {"hosts": [None], "owner": None}) == ["hosts.0"]


def test_a_refused_key_is_refused_with_null_too(source: Source) -> None:
    assert errors(source(), {"block": {"image": None}}) == ["block.image"]


def test_the_values_as_a_whole_are_never_null(source: Source) -> None:
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validate(json.loads(values_schema.build(source())), None)


@pytest.mark.parametrize(
    "values", [{"replica": 1}, {"block": {"enable": True}}, {"entries": {"A": 1}}], ids=str
)
def test_a_key_that_is_not_listed_is_refused(values: dict[str, Any], source: Source) -> None:
    assert len(errors(source(), values)) == 1


def test_a_key_that_is_not_listed_is_accepted_where_the_source_says_so(source: Source) -> None:
    assert errors(source(), {"x-anchor": [1], "block": {"rest": {"anything": [1]}}}) == []


def test_an_integer_without_a_maximum_has_that_of_an_int32(source: Source) -> None:
    assert errors(source(), {"replicas": 2**31 - 1}) == []
    assert errors(source(), {"replicas": 2**31, "port": 65536}) == ["replicas", "port"]


def test_a_description_stays_beside_its_reference(source: Source) -> None:
    built = json.loads(values_schema.build(source()))
    port = built["properties"]["port"]
    assert port == {"$ref": "#/definitions/port", "description": "Where."}
    assert built["definitions"]["port"] == {"type": ["integer", "string", "null"], "maximum": 65535}


def test_a_definition_with_one_reference_stands_in_its_place(source: Source) -> None:
    built = json.loads(values_schema.build(source()))
    owner = {"type": ["string", "null"], "pattern": "(^[a-z]*$)", "description": "Whose."}
    assert built["properties"]["owner"] == owner
    assert built["definitions"].keys() == {"port"}


def test_a_definition_of_a_map_with_keys_stays_where_it_has_one_reference(source: Source) -> None:
    path = source(
        "\n  name: ", "\n  person: {type: object, properties: {name: {type: string, enum: [a]}}}\n  name: "
    )
    old, new = 'owner: {$ref: "#/definitions/name"', 'owner: {$ref: "#/definitions/person"'
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    built = json.loads(values_schema.build(path))
    assert built["properties"]["owner"] == {"$ref": "#/definitions/person", "description": "Whose."}
    assert built["definitions"].keys() == {"port", "person"}


def test_what_says_nothing_is_left_out(source: Source) -> None:
    built = json.loads(values_schema.build(source("type: boolean, ", "type: boolean, default: null, ")))
    keys = built["properties"]["block"]["properties"]
    assert "default" not in keys["enabled"]
    assert "additionalProperties" not in keys["rest"]


def test_a_definition_is_built_with_and_without_null_where_it_is_used_so(source: Source) -> None:
    built = json.loads(values_schema.build(source()))
    assert built["properties"]["hosts"]["items"]["type"] == "string"
    assert built["properties"]["owner"]["type"] == ["string", "null"]


def test_only_the_first_of_equal_definitions_is_kept(source: Source) -> None:
    copies = """
  name: {type: string, pattern: "^[a-z]*$"}
  one: {type: array, items: {$ref: "#/definitions/name"}}
  other: {type: array, items: {$ref: "#/definitions/word"}}
  word: {pattern: "^[a-z]*$", type: string}
"""
    path = source('\n  name: {type: string, pattern: "^[a-z]*$"}\n', copies)
    for key, name in {"kind: {enum: [A, B]": "one", 'owner: {$ref: "#/definitions/name"': "other"}.items():
        path.write_text(
            path.read_text().replace(key, f'{key.partition(":")[0]}: {{$ref: "#/definitions/{name}"')
        )
    built = json.loads(values_schema.build(path))
    assert built["definitions"].keys() == {"port", "one"}
    assert built["properties"]["kind"]["$ref"] == built["properties"]["owner"]["$ref"] == "#/definitions/one"
    assert errors(path, {"kind": ["a"], "owner": ["A"]}) == ["owner.0"]


def test_a_description_that_all_references_repeat_stands_once(source: Source) -> None:
    path = source(
        '\n  hosts: {type: array, items: {$ref: "#/definitions/name"}, description: Hosts.}\n', LISTS
    )
    path.write_text(path.read_text().replace("description: Others.", "description: Hosts."))
    built = json.loads(values_schema.build(path))
    assert built["properties"]["hosts"] == built["properties"]["others"]
    assert built["properties"]["hosts"].keys() == {"$ref"}
    assert built["definitions"]["hosts"]["description"] == "Hosts."


def test_patterns_are_written_as_go_compiles_them_fastest(source: Source) -> None:
    path = source('pattern: "^[a-z]*$"', r"pattern: '^[(](a|[^)]\()$'")
    built = json.loads(values_schema.build(path))
    assert built["properties"]["owner"]["pattern"] == r"(^[(](?:a|[^)]\()$)"
    assert errors(path, {"owner": "(a"}) == []
    assert errors(path, {"owner": "(("}) == ["owner"]


def test_an_else_that_is_a_reference_may_be_null_where_its_part_may(source: Source) -> None:
    condition = 'if: {type: object}, then: {const: "no"}, else: {$ref: "#/definitions/name"}'
    path = source('owner: {$ref: "#/definitions/name"', f"owner: {{{condition}")
    assert errors(path, {"owner": None}) == []
    assert errors(path, {"owner": "A"}) == ["owner"]


LISTS = """
  hosts: {type: array, items: {type: array, items: {type: string}}, description: Hosts.}
  others: {type: array, items: {type: array, items: {type: string}}, description: Others.}
"""


def test_parts_that_differ_in_their_description_alone_are_one_definition(source: Source) -> None:
    path = source(
        '\n  hosts: {type: array, items: {$ref: "#/definitions/name"}, description: Hosts.}\n', LISTS
    )
    built = json.loads(values_schema.build(path))
    assert built["properties"]["hosts"] == {"$ref": "#/definitions/hosts", "description": "Hosts."}
    assert built["properties"]["others"] == {**built["properties"]["hosts"], "description": "Others."}
    assert errors(path, {"hosts": [["a"]], "others": [[1]]}) == ["others.0.0"]


NESTED = """
  first:
    type: object
    description: A.
    properties: {hostNames: &names {type: array, items: {type: array, items: {enum: [a]}}, description: B.}}
  second: {type: object, description: A., properties: {hostNames: *names, x: {description: C.}}}
  third: {$ref: "#/definitions/hostNames", description: A.}
"""


def test_a_definition_of_equal_parts_has_the_end_of_their_place_that_no_other_has_as_its_name(
    source: Source,
) -> None:
    path = source(
        '\n  hosts: {type: array, items: {$ref: "#/definitions/name"}, description: Hosts.}\n', NESTED
    )
    path.write_text(path.read_text().replace("definitions:", "definitions:\n  hostNames: {type: integer}"))
    built = json.loads(values_schema.build(path))
    assert built["definitions"].keys() == {"port", "properties-hostNames"}


def test_a_pattern_that_two_keys_have_is_one_definition_and_a_plain_type_is_not(source: Source) -> None:
    keys = """
  other: {type: string, pattern: "^a", description: Another.}
  two: {type: string, pattern: "^a", description: Two.}
  three: {type: number, description: Three.}
  four: {type: number, description: Four.}
"""
    old = '\n  hosts: {type: array, items: {$ref: "#/definitions/name"}, description: Hosts.}\n'
    built = json.loads(values_schema.build(source(old, keys)))
    properties = built["properties"]
    assert properties["other"]["$ref"] == properties["two"]["$ref"] == "#/definitions/two"
    assert built["definitions"].keys() == {"port", "two"}


LIMITED = "port: {type: [integer, string], maximum: 65535, otherwise: a number up to 65535}"


@pytest.mark.parametrize("port", [True, 1.5, 65536, [1]])
def test_a_value_of_another_type_gets_the_message_of_the_source(port: object, source: Source) -> None:
    path = source("port: {type: [integer, string], maximum: 65535}", LIMITED)
    (error,) = values_schema.validator(json.loads(values_schema.build(path))).iter_errors({"port": port})
    assert error.message == '"a number up to 65535" was expected'


def test_what_is_beside_a_message_holds_too(source: Source) -> None:
    path = source("port: {type: [integer, string], maximum: 65535}", f'{LIMITED[:-1]}, pattern: "^[a-z]+$"}}')
    assert errors(path, {"port": "HTTP"}) == ["port"]


@pytest.mark.parametrize("port", [80, "http", None, 65535])
def test_a_value_of_the_type_is_accepted(port: object, source: Source) -> None:
    path = source("port: {type: [integer, string], maximum: 65535}", LIMITED)
    assert errors(path, {"port": port}) == []


ONE = "{type: string, description: One.}"
ONE_OF_TWO = f"type: object, exactlyOne: [one, other], properties: {{one: {ONE}, other: {ONE}}}"
ONE_BESIDE = f"{ONE_OF_TWO[:-1]}, rest: {ONE}}}"


@pytest.mark.parametrize("part", [ONE_OF_TWO, ONE_BESIDE])
@pytest.mark.parametrize("value", [{}, {"one": None}, {"one": "a", "other": "a"}], ids=str)
def test_a_map_without_exactly_one_of_the_keys_gets_a_message_with_all_of_them(
    value: object, part: str, source: Source
) -> None:
    path = source('owner: {$ref: "#/definitions/name"', f"owner: {{{part}")
    (error,) = values_schema.validator(json.loads(values_schema.build(path))).iter_errors({"owner": value})
    assert error.message == '"a map with exactly one of one, other" was expected'
    assert list(error.instance_path) == ["owner"]


@pytest.mark.parametrize("part", [ONE_OF_TWO, ONE_BESIDE])
def test_a_map_with_exactly_one_of_the_keys_is_accepted(part: str, source: Source) -> None:
    path = source('owner: {$ref: "#/definitions/name"', f"owner: {{{part}")
    assert errors(path, {"owner": {"other": "a"}}) == []


@pytest.mark.parametrize("part", [ONE_OF_TWO, ONE_BESIDE])
def test_the_values_in_a_map_with_exactly_one_of_the_keys_are_checked_too(part: str, source: Source) -> None:
    path = source('owner: {$ref: "#/definitions/name"', f"owner: {{{part}")
    assert errors(path, {"owner": {"other": 1}}) == ["owner.other"]


def test_a_choice_beside_required_keys_alone_is_a_count_of_keys(source: Source) -> None:
    part = f"{ONE_BESIDE}, required: [rest]"
    built = json.loads(values_schema.build(source('owner: {$ref: "#/definitions/name"', f"owner: {{{part}")))
    condition = built["properties"]["owner"]["if"]
    assert (condition["minProperties"], condition["maxProperties"]) == (2, 2)


def test_a_key_beside_the_choice_does_not_count_as_one(source: Source) -> None:
    path = source('owner: {$ref: "#/definitions/name"', f"owner: {{{ONE_BESIDE}")
    assert errors(path, {"owner": {"one": "a", "other": None, "rest": "a"}}) == []
    assert errors(path, {"owner": {"rest": "a"}}) == ["owner"]


CONDITION = """
    if: {properties: {enabled: {const: true}}, required: [enabled]}
    then: {required: [rest], properties: {rest: {type: object}}}
    dependencies: {rest: {properties: {enabled: {enum: [true]}}}}
"""


def test_a_condition_adds_to_the_map_that_it_is_in_and_allows_its_other_keys(source: Source) -> None:
    path = source("    description: A block.\n", f"    description: A block.{CONDITION}")
    assert errors(path, {"block": {"enabled": True, "rest": {"a": "b"}}}) == []
    assert errors(path, {"block": {"enabled": False}}) == []
    assert errors(path, {"block": {"enabled": True}}) == ["block"]
    assert errors(path, {"block": {"enabled": True, "rest": None}}) == ["block.rest"]
    assert errors(path, {"block": {"enabled": False, "rest": {}}}) == ["block.enabled"]


def test_the_text_is_the_same_every_time_and_ends_with_one_line_break(source: Source) -> None:
    text = values_schema.build(source())
    assert text == values_schema.build(source())
    assert text.endswith("}\n")


TEXT = r"""{
"$schema":"http://json-schema.org/draft-07/schema#",
"type":"object",
"patternProperties":{
 "^x-":{"description":"Yours."}
},
"properties":{
 "replicas":{"type":["integer","null"],"minimum":0,"maximum":2147483647,"description":"Größe."},
 "port":{"$ref":"#/definitions/port","description":"Where."},
 "kind":{"$ref":"#/definitions/name","description":"Which."},
 "hosts":{"type":["array","null"],"items":{"type":"string","pattern":"(^[a-z]*$)"},"description":"Hosts."},
 "owner":{"$ref":"#/definitions/name","description":"Whose."},
 "entries":{"type":["object","null"],"patternProperties":{"(^[a-z]+$)":{"$ref":"#/definitions/port"}},"additionalProperties":false,"description":"By name."}
},
"additionalProperties":false,
"definitions":{
 "port":{"type":["integer","string","null"],"maximum":65535},
 "name":{"type":["string","null"],"pattern":"(^[a-z]*$)"}
}
}
"""  # noqa: E501


def test_each_property_and_definition_has_a_line_the_longest_definition_first(source: Source) -> None:
    path = source("How many.", "Größe.")
    text = path.read_text(encoding="utf-8")
    text = text.replace("kind: {enum: [A, B]", 'kind: {$ref: "#/definitions/name"')
    head, _, rest = text.partition("  block:\n")
    path.write_text(f"{head}  entries:\n{rest.partition('  entries:' + chr(10))[2]}", encoding="utf-8")
    assert values_schema.build(path) == TEXT


def test_a_pattern_that_helm_could_not_use_is_refused(source: Source) -> None:
    with pytest.raises(UserError, match=r"schema\.yaml is not right:\n  .*pattern: "):
        values_schema.build(source("^[a-z]*$", "^(?!kube-)[a-z]*$"))


@pytest.fixture
def values(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes VALUES with one passage replaced."""

    def write(old: str = "", new: str = "") -> Path:
        assert old in VALUES
        path = tmp_path / "values.yaml"
        path.write_text(VALUES.replace(old, new, 1), encoding="utf-8")
        return path

    return write


Values = Callable[..., Path]


def test_values_and_schema_that_agree_pass(source: Source, values: Values) -> None:
    values_schema.check_values(source(), values())


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("replicas: 1", "replicas: 1\nreplica: 1", "at the top: "),
        ("{enabled: true", "{enable: 1, enabled: true", "block: "),
        ("replicas: 1", 'replicas: "1"', "replicas: "),
        ("entries: {}", "entries: {A: 1}", "entries: "),
        ("replicas: 1\n", "", "replicas: "),
        ("{enabled: true, ", "{", "block.enabled: "),
    ],
)
def test_a_key_where_values_and_schema_disagree_is_named(
    old: str, new: str, problem: str, source: Source, values: Values
) -> None:
    with pytest.raises(UserError) as refused:
        values_schema.check_values(source(), values(old, new))
    head, line = str(refused.value).splitlines()
    assert head.endswith("values.yaml is not right:")
    assert line.strip().startswith(problem)


def test_a_block_that_is_empty_by_default_needs_no_default_for_its_keys(
    source: Source, values: Values
) -> None:
    values_schema.check_values(source(), values("{enabled: true, rest: {}}", "{}"))


def test_a_key_that_is_always_refused_needs_no_default(source: Source, values: Values) -> None:
    refused = '{const: "not a key here: write kind"}\n  ports: {type: array, items: {const: not a key here}}'
    values_schema.check_values(source("port: {$ref", f"x: {refused}\n  port: {{$ref"), values())


def test_a_key_may_say_in_the_schema_that_it_has_no_default(source: Source, values: Values) -> None:
    without_default = source("type: boolean, ", "type: boolean, default: null, ")
    values_schema.check_values(without_default, values("{enabled: true, ", "{"))


def test_the_charts_schema_is_small_and_has_no_remote_reference() -> None:
    text = values_schema.build(MICROSERVICE / "schema.yaml")
    assert len(text) < 160_000
    references = re.findall(r'"\$ref":"([^"]*)"', text)
    assert references
    assert all(reference.startswith("#/definitions/") for reference in references)
