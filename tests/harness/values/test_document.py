"""A values file is read with the place of each key and value, and a fault says where it is."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ci.base.locations import InstancePath
from ci.values.document import Document, Fault

TEXT = """\
name: api
ON: x
"OFF": x
1: x
labels: &labels
  a.b/c: d
ports:
  - 80
  - http:  8080
copy:
  <<: *labels
  empty:
"""


@pytest.fixture
def document(tmp_path: Path) -> Document:
    file = tmp_path / "values.yaml"
    file.write_text(TEXT, encoding="utf-8")
    return Document(file)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("name",), (1, 1, "name")),
        (("true",), (2, 1, "true")),
        (("OFF",), (3, 1, "OFF")),
        (("labels", "a.b/c"), (6, 3, 'labels["a.b/c"]')),
        (("ports", 0), (8, 5, "ports[0]")),
        (("ports", 1, "http"), (9, 5, "ports[1].http")),
        # What an alias brings has its place, and what is missing that of the map which lacks it.
        (("copy", "a.b/c"), (10, 1, 'copy["a.b/c"]')),
        (("labels", "none", "below"), (5, 1, "labels.none.below")),
        ((), (1, 1, "")),
    ],
)
def test_a_fault_is_at_the_key_or_the_nearest_one_above(
    path: InstancePath, place: tuple[int, int, str], document: Document
) -> None:
    fault = document.fault(path, "is wrong", "chart")
    assert (fault.line, fault.column, fault.path) == place
    assert (fault.file, fault.message, fault.rule) == (document.file, "is wrong", "chart")
    assert document.fault(path, "is wrong").rule == "schema"


def test_a_fault_of_an_empty_file_is_at_its_beginning(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("", encoding="utf-8")
    fault = Document(tmp_path / "values.yaml").fault(("image",), "is missing")
    assert (fault.line, fault.column, fault.path) == (1, 1, "image")


def test_keys_and_scalars_are_found_with_their_paths(document: Document) -> None:
    assert {path: key.value for path, key in document.key_nodes()} == {
        ("name",): "name",
        ("true",): "ON",
        ("OFF",): "OFF",
        ("1",): "1",
        ("labels",): "labels",
        ("labels", "a.b/c"): "a.b/c",
        ("ports",): "ports",
        ("ports", 1, "http"): "http",
        ("copy",): "copy",
        ("copy", "<<"): "<<",
        ("copy", "<<", "a.b/c"): "a.b/c",
        ("copy", "empty"): "empty",
    }
    assert {path: node.value for path, node in document.scalars()} == {
        ("name",): "api",
        ("true",): "x",
        ("OFF",): "x",
        ("1",): "x",
        ("labels", "a.b/c"): "d",
        ("ports", 0): "80",
        ("ports", 1, "http"): "8080",
        ("copy", "<<", "a.b/c"): "d",
        ("copy", "empty"): "",
    }


def test_a_value_is_found_by_its_path_none_where_there_is_none(document: Document) -> None:
    assert isinstance(document.value(("ports",)), yaml.SequenceNode)
    assert isinstance(document.value(()), yaml.MappingNode)
    assert document.value(("copy", "a.b/c")) is None


@pytest.mark.parametrize(
    ("path", "message", "text"),
    [
        ("", "is empty", "is empty"),
        ("env", "is wrong", "env: is wrong"),
        ("env", "env: is wrong", "env: is wrong"),
        ("env", "environments are elsewhere", "env: environments are elsewhere"),
        ("a[0]", "a[0] is missing", "a[0] is missing"),
    ],
)
def test_the_text_of_a_fault_names_its_key_once(path: str, message: str, text: str) -> None:
    fault = Fault(Path("/x/api.yaml"), 3, 7, path, message)
    assert str(fault) == f"/x/api.yaml, line 3, column 7: {text}"
    assert str(fault._replace(warning=True)) == f"/x/api.yaml, line 3, column 7: warning: {text}"
