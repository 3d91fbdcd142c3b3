"""Imports manifests without the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from ci.base import kubernetes_yaml
from ci.importing import importing
from ci.importing.draft import Values


class Imported(NamedTuple):
    """The values that an import prints, as text and parsed, and its report."""

    text: str
    values: Values
    report: str

    def section(self, title: str) -> list[str]:
        """The lines of a section of the report, without their indent."""
        lines = self.report.splitlines()
        start = next((number for number, line in enumerate(lines) if line.startswith(title)), len(lines))
        found = []
        for line in lines[start + 1 :]:
            if not line.startswith(" "):
                break
            found.append(line.strip())
        return found


Import = Callable[..., Imported]


@pytest.fixture
def import_(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Import:
    def run(manifests: str | Path, **options: object) -> Imported:
        source = manifests
        if isinstance(manifests, str):
            source = tmp_path / "manifests.yaml"
            source.write_text(manifests, encoding="utf-8")
        capsys.readouterr()
        importing.run([str(source)], **options)  # type: ignore[arg-type]
        printed = capsys.readouterr()
        return Imported(printed.out, kubernetes_yaml.load(printed.out, "values"), printed.err)

    return run
