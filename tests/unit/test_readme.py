"""What the README shows is what a person sees."""

from __future__ import annotations

import re
from pathlib import Path

from ci import values_lint
from ci.charts import ROOT, find_case


def test_the_wrong_file_of_the_readme_is_told_as_it_says(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    wrong, told = (block for language, block in blocks if not language)
    file = tmp_path / "wrong.yaml"
    file.write_text(wrong, encoding="utf-8")
    faults = values_lint.faults(file, find_case("api").chart)
    assert [str(fault).replace(str(file), "values/wrong.yaml") for fault in faults] == told.splitlines()
