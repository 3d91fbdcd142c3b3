"""docs/operations.md has what somebody on call looks for: each reason, exit code and field of a report."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ci.base.repository import root
from ci.deploy.deploy import EXIT_CODES
from ci.deploy.journal import Ending, Journal
from ci.deploy.plan import Plan
from ci.deploy.reasons import Code, Reason
from ci.kubernetes.differences import Difference
from ci.kubernetes.manifests import Key

PAGE = (root() / "docs" / "operations.md").read_text(encoding="utf-8")
CODES = list(Code)
# From here on a code is reported while its state lasts, and its line does not name it.
FIRST_REPORTED = CODES.index(Code.IMAGE_UNAVAILABLE)
# What a section says, in this order.
PARTS = ["Why", "Now", "Prevent"]


def sections(level: int) -> dict[str, str]:
    """The page's sections of a level: text by title."""
    parts = re.split(rf"^{'#' * level} (.+)$", PAGE, flags=re.MULTILINE)
    texts = [re.split(rf"^#{{1,{level}}} ", text, maxsplit=1, flags=re.MULTILINE)[0] for text in parts[2::2]]
    return dict(zip(parts[1::2], texts, strict=True))


def blocks(section: str) -> str:
    return "".join(re.findall(r"```text\n(.*?)```", section, re.DOTALL))


def test_every_reason_has_a_section_in_the_order_of_the_code() -> None:
    assert list(sections(3)) == CODES


@pytest.mark.parametrize("code", CODES)
def test_a_section_says_why_what_to_do_and_how_to_prevent_it(code: Code) -> None:
    assert re.findall(r"^\*\*(Why|Now|Prevent)\.\*\*", sections(3)[code], re.MULTILINE) == PARTS


@pytest.mark.parametrize("code", CODES)
def test_a_section_shows_what_is_printed(code: Code) -> None:
    shown = blocks(sections(3)[code])
    if code in CODES[:FIRST_REPORTED]:
        assert f"{code}: ".lower() in shown.lower()
    else:
        assert re.match(r"(rollout|migration) +\w+ \S+.*: ", shown)


def test_the_exit_codes_are_those_of_the_outcomes() -> None:
    listed = re.findall(r"^\| (\d+) \| `([\w-]+)` \|", PAGE, re.MULTILINE)
    assert {ending: int(code) for code, ending in listed} == EXIT_CODES


def test_every_field_of_a_report_is_listed(tmp_path: Path) -> None:
    journal = Journal("production", reason=Reason(Code.CRASH_LOOP, "ended"))
    with journal.step("lint"):
        pass
    key = Key("apps/v1", "Deployment", "production", "api")
    journal.plan(Plan(created=(key,), removed=(key,), changed=(Difference(key, "spec.replicas", 1, 2),)))
    journal.write(tmp_path / "report.json", Ending.ROLLED_BACK)
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", sections(2)["The report"], re.MULTILINE)[2:]
    fields = {name: told for names, told in rows for name in re.findall(r"`([\w.]+)`", names)}
    expected = {
        path
        for name, value in report.items()
        for path in ([f"{name}.{part}" for part in value] if name in ("revision", "image") else [name])
    }
    assert set(fields) == expected
    for name in ("reason", "steps", "changes"):
        assert unnamed(report[name], fields[name]) == set()
    assert {one["kind"] for one in report["changes"]} <= set(re.findall(r"`(\w+)`", fields["changes"]))
    assert set(re.findall(r"`([\w-]+)`", fields["outcome"])) == set(Ending)


def unnamed(part: Any, text: str) -> set[str]:
    """The keys of a part of a report that a text does not name."""
    entries = part if isinstance(part, list) else [part]
    return {key for entry in entries for key in entry} - set(re.findall(r"`(\w+)`", text))
