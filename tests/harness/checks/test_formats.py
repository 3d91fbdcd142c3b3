"""Faults are printed for people, as annotations of a GitHub workflow, and as SARIF."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ci.base.errors import UserError
from ci.checks.formats import formatted
from ci.values.document import Fault

FAULTS = [
    Fault(Path("values/a b.yaml"), 3, 7, "env.A", "50% is read\nas an X", "yaml"),
    Fault(Path("/x/c,X.yaml"), 1, 1, "", "image.tag is missing", "chart", warning=True),
]


def test_people_read_the_place_the_key_and_the_message() -> None:
    assert formatted(FAULTS[1:], "text") == "/x/c,X.yaml, line 1, column 1: warning: image.tag is missing\n"


def test_a_key_with_which_the_message_begins_is_not_printed_twice() -> None:
    for key in ("env.A", "env[0]"):
        fault = FAULTS[0]._replace(path=key, message=f"{key}: is wrong")
        assert formatted([fault], "text") == f"values/a b.yaml, line 3, column 7: {key}: is wrong\n"


def test_an_annotation_escapes_what_the_command_gives_a_meaning() -> None:
    assert formatted(FAULTS, "github").splitlines() == [
        "::error file=values/a b.yaml,line=3,col=7,title=yaml::env.A: 50%25 is read%0Aas an X",
        "::warning file=/x/c%2CX.yaml,line=1,col=1,title=chart::image.tag is missing",
    ]


def test_sarif_has_a_result_with_rule_place_and_key_for_each_fault() -> None:
    (run,) = json.loads(formatted(FAULTS, "sarif"))["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["chart", "yaml"]
    assert run["results"] == [
        {
            "ruleId": "yaml",
            "level": "error",
            "message": {"text": "env.A: 50% is read\nas an X"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "values/a%20b.yaml"},
                        "region": {"startLine": 3, "startColumn": 7},
                    },
                    "logicalLocations": [{"fullyQualifiedName": "env.A", "kind": "member"}],
                }
            ],
        },
        {
            "ruleId": "chart",
            "level": "warning",
            "message": {"text": "image.tag is missing"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "file:///x/c%2CX.yaml"},
                        "region": {"startLine": 1, "startColumn": 1},
                    }
                }
            ],
        },
    ]


def test_without_faults_sarif_is_still_a_whole_log() -> None:
    assert (
        formatted([], "sarif")
        == """\
{
  "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
  "version": "2.1.0",
  "runs": [
    {
      "tool": {
        "driver": {
          "name": "microservice",
          "rules": []
        }
      },
      "columnKind": "unicodeCodePoints",
      "results": []
    }
  ]
}
"""
    )


def test_another_format_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UserError, match=r"^--format sarfi: expected text, github, sarif; did you mean sarif"):
        formatted([], "sarfi")
