"""CHANGELOG.md is read by section and by entry, and a release changes one line of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ci.base import repository
from ci.base.errors import UserError
from ci.publishing import changelog

TEXT = """# Changelog

## [Unreleased]

### Added

- One
  and more of it.
- Two.

## [1.1.0-rc.1] - 2026-01-02

- Only this.

## Notes

None.

## [1.0.0] - 2026-01-01
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "CHANGELOG.md").write_text(TEXT, encoding="utf-8")
    return tmp_path


def test_a_section_ends_at_the_next_heading_of_its_level(folder: Path) -> None:
    sections = changelog.read(folder)
    assert list(sections) == ["Unreleased", "1.1.0-rc.1", "1.0.0"]
    assert sections["1.1.0-rc.1"] == "- Only this."
    assert sections["1.0.0"] == ""


def test_without_a_file_there_is_no_section(tmp_path: Path) -> None:
    assert changelog.read(tmp_path) == {}


def test_entries_are_on_one_line_each_below_their_heading(folder: Path) -> None:
    sections = changelog.read(folder)
    assert changelog.entries(sections["Unreleased"]) == {"Added": ["One and more of it.", "Two."]}
    assert changelog.entries(sections["1.1.0-rc.1"]) == {"": ["Only this."]}
    assert changelog.entries("### Fixed\n\n### Added\n- One.\n### Fixed\n- Two.") == {
        "Fixed": ["Two."],
        "Added": ["One."],
    }


def test_a_release_keeps_everything_that_was_written(folder: Path) -> None:
    changelog.release(folder, "1.1.0", date(2026, 1, 3))
    heading = "## [Unreleased]\n"
    assert (folder / "CHANGELOG.md").read_text(encoding="utf-8") == TEXT.replace(
        heading, f"{heading}\n## [1.1.0] - 2026-01-03\n"
    )
    sections = changelog.read(folder)
    assert (sections["Unreleased"], list(changelog.entries(sections["1.1.0"]))) == ("", ["Added"])


def test_a_release_needs_a_line_for_what_is_unreleased(folder: Path) -> None:
    (folder / "CHANGELOG.md").write_text("## [Unreleased] - soon\n\n- One.\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"CHANGELOG\.md has no line '## \[Unreleased\]'"):
        changelog.release(folder, "1.1.0", date(2026, 1, 3))


def test_our_own_is_read_whole() -> None:
    text = (repository.root() / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = changelog.read(repository.root()).values()
    found = [
        entry for section in sections for group in changelog.entries(section).values() for entry in group
    ]
    assert len(found) == text.count("\n- ") > 0
