"""A problem is found in the file and at the line of the key that it is about, or else as near as possible."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ci.charts.overlays import File
from ci.checks.locating import Locator
from ci.values.document import Fault

BASE = """\
ports:
  http: {containerPort: 80}
  http.extra: {containerPort: 81}
extraContainers:
  - {name: a, image: b}
  - {name: c, image: {tag: d}}
labels: {a.b/c: d}
replicaCount: 2
limits: {cpu: 1, memory: 1Gi}
"""
OVER = """\
ports:
  http:
    containerPort: 8080
image: {}
limits: {memory: 2Gi}
"""
KEYS = frozenset({"ports", "portsOther", "extraContainers", "labels", "replicaCount", "image", "resources"})


@pytest.fixture
def locator(tmp_path: Path) -> Locator:
    """Two files, the second over the first."""
    files = []
    for name, text in (("base.yaml", BASE), ("over.yaml", OVER)):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        files.append(File(path, path, name))
    return Locator(files, KEYS)


def place(fault: Fault) -> tuple[str, int, int, str]:
    return str(fault.file), fault.line, fault.column, fault.path


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("ports.http.containerPort: is taken", ("over.yaml", 3, 5, "ports.http.containerPort")),
        ("ports.http.extra.containerPort: no", ("base.yaml", 3, 16, "ports.http.extra.containerPort")),
        ("extraContainers[1].image.tag: no", ("base.yaml", 6, 23, "extraContainers[1].image.tag")),
        ("labels.a.b/c: is reserved", ("base.yaml", 7, 10, "labels.a.b/c")),
        # The first words are no keys.
        ("set the limits, or replicaCount: 1", ("base.yaml", 8, 1, "replicaCount")),
        # A key that is set, before one that is not.
        ("resources.limits: needed by replicaCount", ("base.yaml", 8, 1, "replicaCount")),
        # What leads to the first key, where no file sets one.
        ("image.tag is missing; portsOther too", ("over.yaml", 4, 1, "image.tag")),
        ("extraContainers[2].name is missing", ("base.yaml", 4, 1, "extraContainers[2].name")),
        ("labels[0] is missing", ("base.yaml", 7, 1, "labels[0]")),
        ("resources.limits is missing; see image.tag", ("over.yaml", 1, 1, "resources.limits")),
        ("portsOther.http is missing", ("over.yaml", 1, 1, "portsOther.http")),
        ("nothing is known", ("over.yaml", 1, 1, "")),
    ],
)
def test_a_message_is_about_the_first_key_that_a_file_sets(
    message: str, found: tuple[str, int, int, str], locator: Locator
) -> None:
    fault = locator.of_message(message, "chart", warning=True)
    assert place(fault) == found
    assert (fault.message, fault.rule, fault.warning) == (message, "chart", True)
    assert not locator.of_message(message, "chart").warning


@pytest.mark.parametrize(
    ("made", "path", "found"),
    [
        (
            {"ports": [{"containerPort": 8080}]},
            "ports[0].containerPort",
            "over.yaml:3 ports.http.containerPort",
        ),
        (
            {"ports": [{"containerPort": 80}]},
            "ports[0].containerPort",
            "base.yaml:2 ports.http.containerPort",
        ),
        # Only the last part is alike, and the values are not.
        ({"ports": [{"containerPort": 1}]}, "ports[0].containerPort", "base.yaml:1 "),
        # Two parts are alike: the highest file with them decides, or the one with the same value.
        ({"limits": {"memory": "3Gi"}}, "limits.memory", "over.yaml:5 limits.memory"),
        ({"limits": {"memory": "1Gi"}}, "limits.memory", "base.yaml:9 limits.memory"),
        ({"limits": {"cpu": 5}}, "limits.cpu", "base.yaml:9 limits.cpu"),
        # More parts that are alike count more than the same value.
        ({"http": {"containerPort": 81}}, "http.containerPort", "over.yaml:3 ports.http.containerPort"),
        ({"a": [{"image": {"tag": "x"}}]}, "a[0].image.tag", "base.yaml:6 extraContainers[1].image.tag"),
        ({"limits": {"cpu": 1}}, "limits.gpu", "base.yaml:1 "),
    ],
)
def test_a_field_comes_from_the_key_whose_path_ends_like_its_own(
    made: dict[str, Any], path: str, found: str, locator: Locator
) -> None:
    fault = locator.of_field(made, path, "is wrong", "names")
    assert f"{fault.file}:{fault.line} {fault.path}" == found
    assert (fault.message, fault.rule, fault.warning) == ("is wrong", "names", False)


def test_a_key_of_an_environment_is_found_below_that_in_the_list_of_environments(tmp_path: Path) -> None:
    written = tmp_path / "environments.yaml"
    written.write_text("staging:\n  values:\n    replicaCount: 1\n", encoding="utf-8")
    values = tmp_path / "values.yaml"
    values.write_text("replicaCount: 1\n", encoding="utf-8")
    locator = Locator([File(values, written, "environments.yaml", ("staging", "values"))], KEYS)
    assert place(locator.of_message("replicaCount: 1", "chart")) == (
        "environments.yaml",
        3,
        5,
        "replicaCount",
    )
    assert place(locator.of_message("nothing", "chart")) == ("environments.yaml", 2, 3, "")
