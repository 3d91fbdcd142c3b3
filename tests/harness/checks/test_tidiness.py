"""Trailing whitespace, tabs, and empty lines and documents in a stream are found with their line."""

from __future__ import annotations

import pytest

from ci.checks.tidiness import untidy

TIDY = "---\n# Source: a\na: 1\n\nb:\n- c\n---\n# Source: b\nfile: |\n  text \t \n\n\n  more\n"


def test_nothing_is_found_in_a_tidy_stream_nor_in_its_block_scalars() -> None:
    assert untidy(TIDY) == []


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("a: 1\n", "a: 1 \n", "line 3: whitespace at the end of the line"),
        ("a: 1\n", "a:\t1\n", "line 3: a tab"),
        ("\n\nb", "\n\n\nb", "line 4: two empty lines in a row"),
        ("- c\n", "- c\n\n", "line 7: an empty line before the end of a document"),
        ("  more\n", "  more\n\n---\na: b\n", "line 14: an empty line before the end of a document"),
        ("- c\n---", "- c\n---\n# Source: c\n---", "line 7: an empty document"),
        ("  more\n", "  more\n---\n", "line 14: an empty document"),
        ("  more\n", "  more\nlast: 1", "line 14: no line break at the end"),
    ],
)
def test_an_untidy_line_is_found_with_its_number(right: str, wrong: str, fault: str) -> None:
    assert TIDY.count(right) == 1
    assert untidy(TIDY.replace(right, wrong)) == [fault]
