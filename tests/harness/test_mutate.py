"""invoke mutate lists what no test notices, but for what is accepted with a reason."""

from __future__ import annotations

import json

import pytest

from ci import mutate
from ci.base.errors import UserError
from ci.mutation import inputs, survivors, verdicts
from ci.mutation.sources import Sources
from tests.support import small_chart
from tests.support.git_repository import GitRepository
from tests.support.repository import Repository

FILE = "charts/small/lazy/extra.tpl"


@pytest.fixture(autouse=True)
def sources(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Sources:
    """The only chart, small, with nothing that its tests render."""
    (repository.chart / "Chart.yaml").unlink()
    monkeypatch.setattr(inputs, "record", lambda chart, folder: [])
    monkeypatch.setattr(survivors, "FILE", repository.write("survivors.yaml", "[]"))
    return small_chart.write(repository)


def accept(*changes: str) -> None:
    row = {"file": "small/lazy/extra.tpl", "definition": "small.extra", "changes": changes, "reason": "none"}
    survivors.FILE.write_text(json.dumps([row]), encoding="utf-8")


def test_what_nothing_notices_is_listed_with_its_place(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.write("charts/small/ci/one-values.yaml", "{text: b}")
    with pytest.raises(UserError) as found:
        mutate.run([str(repository.root / FILE)], 0, "", "")
    assert f"{FILE}:1: default dropped: | default 1 (no render runs what it changes)" in str(found.value)
    assert f"{FILE}:1: output dropped" in str(found.value)
    assert f"{FILE} " in capsys.readouterr().out


def test_a_noticed_change_is_in_the_score_alone(repository: Repository) -> None:
    report = repository.root / "report.json"
    mutate.run([str(repository.root / FILE)], 0, "", str(report))
    written = json.loads(report.read_text())
    assert written["total"] == {"changes": 3, "noticed": 3, "accepted": 0, "percent": 100.0}
    assert written["files"].keys() == {FILE}
    assert written["survivors"] == []


def test_what_is_accepted_is_no_fault_until_a_test_notices_it(repository: Repository) -> None:
    accept("default dropped: | default 1")
    with pytest.raises(UserError, match=r"remove them from survivors.yaml:\n.*default dropped"):
        mutate.run([str(repository.root / FILE)], 0, "", "")
    # Another file, since values are read once.
    (repository.root / "charts/small/ci/one-values.yaml").unlink()
    repository.write("charts/small/ci/three-values.yaml", "extra: {a: 1}")
    accept("default dropped: | default 1", "number in default 1: 1 -> 2")
    mutate.run([str(repository.root / FILE)], 0, "", "")


def test_what_is_accepted_is_tried_with_fewer_values_than_the_rest(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No values at all: what is tried with these is not noticed.
    monkeypatch.setattr(verdicts, "QUICK", (0, 0))
    monkeypatch.setattr(verdicts, "SAMPLE", (0, 0))
    monkeypatch.setattr(verdicts, "REST", (0, None))
    accept("default dropped: | default 1")
    report = repository.root / "report.json"
    mutate.run([str(repository.root / FILE)], 0, "", str(report))
    written = json.loads(report.read_text())
    assert written["total"] == {"changes": 3, "noticed": 2, "accepted": 1, "percent": 66.7}


def test_an_accepted_change_that_cannot_be_made_is_stale(sources: Sources) -> None:
    accept("default dropped: | default 1", "default dropped: | default 2")
    possible = [survivors.key("small", one) for one in verdicts.every_mutant(sources)]
    assert [one.change for one in survivors.stale(possible)] == ["default dropped: | default 2"]


def test_only_lines_that_differ_from_a_commit_are_changed(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    own = GitRepository(repository.root)
    own.git("add", ".")
    own.git("commit", "--quiet", "--message=first")
    mutate.run([], 0, "HEAD", "")
    assert capsys.readouterr().out == "no change to try\n"
    notes = repository.root / "charts/small/templates/NOTES.txt"
    notes.write_text(notes.read_text() + "more\n")
    with pytest.raises(UserError, match=r"NOTES\.txt:2: text dropped: more") as found:
        mutate.run([], 0, "HEAD", "")
    assert str(found.value).count("NOTES.txt") == 1


def test_a_file_that_is_no_template_is_refused(repository: Repository) -> None:
    with pytest.raises(UserError, match=r"charts/small/values\.yaml: no template of a chart"):
        mutate.run([str(repository.root / "charts/small/values.yaml")], 0, "", "")
