"""Manifests in the structure of those that real projects publish are carried over, but for what is listed.

Only the structure is theirs: names, images and values are made up, and what repeats is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ci.base import kubernetes_yaml
from tests.harness.importing.conftest import Import

DATA = Path(__file__).parent / "data"
EXPECTED: dict[str, dict[str, Any]] = kubernetes_yaml.load(
    (DATA / "published.yaml").read_text(encoding="utf-8"), "published.yaml"
)
FILES = sorted((DATA / "published").glob("*.yaml"))
# The project, the commit, its files, and its licence, of which all let structures be used.
SOURCE = r"# Structure: https://github\.com/\S+ at [0-9a-f]{7}, .+ \((Apache-2\.0|MIT|CC-BY-4\.0)\)"
each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def expected(file: Path) -> dict[str, Any]:
    return {"service": "", "not carried over": [], **EXPECTED.get(file.stem, {})}


@each_file
def test_what_is_not_carried_over_is_listed(
    file: Path, import_: Import, record_property: Callable[[str, object], None]
) -> None:
    imported = import_(file, service=expected(file)["service"])
    record_property("promise", __doc__)
    record_property("observed", imported.report.splitlines()[0])
    assert imported.section("not carried over") == expected(file)["not carried over"]


@each_file
def test_with_exact_only_labels_and_names_differ_besides(file: Path, import_: Import) -> None:
    imported = import_(file, service=expected(file)["service"], exact=True)
    assert imported.section("made safer") == []
    assert imported.section("not carried over") == expected(file)["not carried over"]


def test_there_are_at_least_25_and_each_names_its_source_and_licence() -> None:
    assert len(FILES) >= 25
    for file in FILES:
        first = file.read_text(encoding="utf-8").partition("\n")[0]
        assert re.fullmatch(SOURCE, first), file
    assert set(EXPECTED) <= {file.stem for file in FILES}
