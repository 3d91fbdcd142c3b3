"""A word of a command line names the values files of one service, lowest first, as its user calls them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from ci.base.errors import UserError
from ci.charts import overlays


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the current folder another repository's, with a service and its environments."""
    for name, text in {
        "services/api.yaml": "replicaCount: 3",
        "services/api/production.yaml": "replicaCount: 5",
        "services/api/test.yaml": "replicaCount: 1",
        "services/environments.yaml": "production: {context: a, namespace: prod, values: {mainPort: http}}",
        "services/shop/values.yaml": "{}",
        "services/namespace/dev.yaml": "{}",
        "a,b.yaml": "{}",
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "kept").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def named(word: str) -> tuple[list[str], str, str, str]:
    """Return the files of a word, and chart, release and namespace."""
    found = overlays.read(word, Path("kept").absolute())
    assert found.case is not None
    names = [file.name for file in found.files]
    return names, found.case.chart.name, found.case.release, found.case.namespace


@pytest.mark.parametrize(
    ("word", "files", "release", "namespace"),
    [
        ("services/api.yaml", ["services/api.yaml"], "api", "default"),
        (
            "services/api/production.yaml",
            ["services/api.yaml", "services/environments.yaml", "services/api/production.yaml"],
            "api",
            "prod",
        ),
        # An environment that environments.yaml does not have.
        ("services/api/test.yaml", ["services/api.yaml", "services/api/test.yaml"], "api", "default"),
        # Exactly the files that are named.
        (
            "services/api/production.yaml,services/api/test.yaml",
            ["services/api/production.yaml", "services/api/test.yaml"],
            "production",
            "default",
        ),
        ("services/shop/values.yaml", ["services/shop/values.yaml"], "shop", "default"),
        ("a,b.yaml", ["a,b.yaml"], "service", "default"),
    ],
)
@pytest.mark.usefixtures("home")
def test_a_word_names_the_files_of_a_service(
    word: str, files: list[str], release: str, namespace: str
) -> None:
    assert named(word) == (files, "microservice", release, namespace)


def test_names_are_relative_to_where_the_user_is(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home / "services" / "api")
    (home / "services/api/kept").mkdir()
    files, _, release, _ = named("production.yaml")
    assert files == ["../api.yaml", "../environments.yaml", "production.yaml"]
    assert release == "api"


def test_names_are_absolute_if_the_user_is(home: Path) -> None:
    files, *_ = named(str(home / "services/api/test.yaml"))
    assert files == [str(home / "services/api.yaml"), str(home / "services/api/test.yaml")]


@pytest.mark.usefixtures("home")
def test_a_folder_named_like_another_chart_has_values_of_that() -> None:
    assert named("services/namespace/dev.yaml")[1] == "namespace"


@pytest.mark.usefixtures("home")
def test_standard_input_is_a_file_too(monkeypatch: pytest.MonkeyPatch) -> None:
    standard_input = io.TextIOWrapper(io.BytesIO(b"replicaCount: 7"))
    monkeypatch.setattr("sys.stdin", standard_input)
    found = overlays.read("services/api.yaml,-", Path("kept").absolute())
    assert str(found) == "services/api.yaml + standard input"
    assert found.files[1].path.read_text() == "replicaCount: 7"


@pytest.mark.usefixtures("home")
def test_environments_are_no_service() -> None:
    assert overlays.read("services/environments.yaml", Path("kept")).case is None


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("services", r"services: is a folder; name the files in it, such as services/\*\.yaml"),
        ("services/api.yaml,services", "services: is a folder"),
    ],
)
@pytest.mark.usefixtures("home")
def test_what_is_no_file_is_refused(word: str, message: str) -> None:
    with pytest.raises(UserError, match=f"^{message}"):
        overlays.read(word, Path("kept"))


@pytest.mark.parametrize(
    ("word", "file"),
    [
        ("api", False),
        ("api/production", False),
        ("services", False),
        ("-", True),
        ("services/api.yaml", True),
        ("missing.yaml", True),
        ("a,b", True),
    ],
)
@pytest.mark.usefixtures("home")
def test_a_word_without_a_suffix_that_is_no_file_is_the_name_of_a_case(word: str, file: bool) -> None:
    assert overlays.is_file(word) is file
