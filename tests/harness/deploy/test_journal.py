"""What a deploy prints and reports has no value of a Secret, whoever wrote it down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ci.deploy.journal import Ending, Journal
from ci.deploy.plan import Plan
from ci.deploy.reasons import Code, Reason
from ci.kubernetes.differences import Difference
from ci.kubernetes.manifests import Key, Object

CONFIG = Key("v1", "ConfigMap", "a", "api")
SECRET = Key("v1", "Secret", "a", "api")
OBJECTS: dict[Key, Object] = {
    CONFIG: {"data": {"LEVEL": "verbose"}},
    SECRET: {
        "data": {"PASSWORD": "b3Blbi1zZXNhbWU=", "SHORT": "eWVz", "BEGIN": "b3Blbi1z"},
        "stringData": {"KEY": "-----BEGIN-----\nc2VjcmV0\n-----END-----\n"},
    },
}


def test_a_value_of_a_secret_is_in_no_line_and_not_in_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = Journal("staging", "api")
    journal.hide(OBJECTS)
    journal.say("rollout", "connects with open-sesame and c2VjcmV0, verbose: yes")
    words = "connects with open-sesame"
    journal.reason = Reason(Code.CRASH_LOOP, words, "Pod api-1", "api", ("c2VjcmV0", "fine"))
    journal.write(tmp_path / "report.json", Ending.ROLLED_BACK)
    assert capsys.readouterr().out == "rollout   connects with *** and ***, verbose: yes\n"
    assert json.loads((tmp_path / "report.json").read_text())["reason"] == {
        "code": "CrashLoop",
        "message": "connects with ***",
        "object": "Pod api-1",
        "container": "api",
        "log": ["***", "fine"],
    }


def test_a_report_has_all_that_happened(tmp_path: Path) -> None:
    journal = Journal("staging", "api")
    journal.plan(
        Plan(created=(SECRET,), removed=(CONFIG,), changed=(Difference(CONFIG, "data.A", "1", "2"),))
    )
    with journal.step("plan"):
        pass
    with pytest.raises(ZeroDivisionError), journal.step("rollout"):
        raise ZeroDivisionError
    journal.revision.before = 1
    journal.write(tmp_path / "report.json", Ending.REFUSED)
    report = json.loads((tmp_path / "report.json").read_text())
    assert [(step["name"], step["outcome"]) for step in report["steps"]] == [
        ("plan", "ok"),
        ("rollout", "failed"),
    ]
    assert report | {"steps": []} == {
        "environment": "staging",
        "service": "api",
        "release": "api",
        "revision": {"before": 1, "tried": None, "now": None},
        "image": {"before": None, "tried": None, "now": None},
        "outcome": "refused",
        "reason": None,
        "steps": [],
        "changes": [
            {"object": "Secret api", "path": "", "kind": "new"},
            {"object": "ConfigMap api", "path": "", "kind": "removed"},
            {"object": "ConfigMap api", "path": "data.A", "kind": "changed"},
        ],
    }
