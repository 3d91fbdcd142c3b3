"""What only a test can judge is judged by that test, in a copy of the repository."""

from __future__ import annotations

from pathlib import Path

from ci.charts import catalog
from ci.mutation import tried

TEST = "tests/charts/namespace/test_namespace.py::test_a_name_that_looks_like_a_number_stays_a_string"


def test_a_test_that_fails_with_a_change_notices_it(tmp_path: Path) -> None:
    file = catalog.find_case("standard").chart.path / "templates" / "namespace.yaml"
    text = file.read_text(encoding="utf-8")
    path = "charts/namespace/templates/namespace.yaml"
    trials = [
        tried.Trial("comment", path, "{{/* nothing */}}" + text, (TEST,)),
        tried.Trial("other kind", path, text.replace("kind: Namespace", "kind: Space"), (TEST,)),
    ]
    assert tried.noticed(trials, tmp_path) == {"comment": "", "other kind": TEST}
    assert file.read_text(encoding="utf-8") == text
