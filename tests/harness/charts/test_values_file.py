"""What a values file is, and how one that is none is refused."""

from __future__ import annotations

import pytest

from ci.base.errors import UserError
from ci.charts.values_file import laid, merged, read_values
from tests.support.repository import Repository


def test_a_values_file_is_a_mapping_and_an_empty_one_sets_nothing(repository: Repository) -> None:
    assert read_values(repository.write("values/a.yaml", "replicaCount: 2")) == {"replicaCount": 2}
    assert read_values(repository.write("values/b.yaml", "# nothing\n")) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: [\n", "values/api.yaml, line 3, column 1: did not find expected node content"),
        ("- a\n", "values/api.yaml, line 1, column 1: expected a map of the chart's keys"),
        (
            "a: 1\nb: 2\na: 3\n",
            "values/api.yaml, line 3, column 1: duplicate key 'a'",
        ),
        ("a: 1\n---\nb: 2\n", "values/api.yaml: expected one YAML document, got 2"),
    ],
    ids=["broken YAML", "a list", "a key twice", "two documents"],
)
def test_what_is_no_values_file_is_refused_with_the_place(
    repository: Repository, text: str, message: str
) -> None:
    with pytest.raises(UserError) as refused:
        read_values(repository.write("values/api.yaml", text))
    assert str(refused.value).startswith(message)


def test_a_missing_values_file_is_named(repository: Repository) -> None:
    with pytest.raises(UserError, match=r"^values/api\.yaml: there is no such values file$"):
        read_values(repository.root / "values" / "api.yaml")


def test_a_values_file_that_cannot_be_read_is_named_with_the_reason(repository: Repository) -> None:
    folder = repository.root / "values" / "api.yaml"
    folder.mkdir(parents=True)
    with pytest.raises(UserError, match=r"^values/api\.yaml: cannot be read: Is a directory"):
        read_values(folder)


def test_a_values_file_that_is_no_text_is_named(repository: Repository) -> None:
    file = repository.write("values/api.yaml", "")
    file.write_bytes(b"a: \xff\n")
    with pytest.raises(UserError, match=r"^values/api\.yaml: byte 4 is not UTF-8"):
        read_values(file)


def test_null_removes_and_maps_merge_as_in_helm() -> None:
    defaults = {"a": {"b": 1, "c": 2}, "d": [1], "e": 1}
    written = {"a": {"b": None, "x": {"y": None}}, "d": [2], "e": None, "f": None}
    assert merged(defaults, written) == {"a": {"c": 2, "x": {"y": None}}, "d": [2]}


def test_values_are_laid_over_others_as_helm_does_it() -> None:
    base = {"a": {"b": 1, "c": [1, 2]}, "d": 1}
    assert laid(base, {"a": {"b": None, "c": [3]}}) == {"a": {"b": None, "c": [3]}, "d": 1}
