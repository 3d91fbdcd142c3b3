"""Golden files are compared, updated and removed, and never contain a secret."""

from __future__ import annotations

import base64

import pytest

from ci.base.errors import UserError
from ci.checks import golden
from tests.support.repository import Repository

SECRET = "hunter2"
STREAM = f"""
---
apiVersion: v1
kind: Secret
metadata:
  name: api
  labels: {{helm.sh/chart: microservice-1.2.3, app: api}}
  annotations: {{checksum/config: 0a1b, note: kept}}
data: {{PASSWORD: {base64.b64encode(SECRET.encode()).decode()}, BROKEN: "%"}}
stringData:
  TOKEN: {SECRET}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: api}}
data:
  LEVEL: info
  file: |
    one
    two
"""
DIGEST = "sha256:f52fbd32b2b3 (7 bytes)"


def accept(repository: Repository, stream: str = STREAM) -> list[str]:
    """Accept a stream for the case api and return the changes."""
    case = repository.case("api")
    return [f"{change.what} {change.path.name}" for change in golden.update({case: stream})]


def tree(repository: Repository) -> dict[str, tuple[str, int]]:
    """Return the text and modification time of each golden file."""
    files = [path for path in golden.folder().rglob("*") if path.is_file()]
    return {
        str(path.relative_to(golden.folder())): (path.read_text(), path.stat().st_mtime_ns) for path in files
    }


def test_an_accepted_case_matches_its_golden_file_which_contains_no_secret(repository: Repository) -> None:
    assert accept(repository) == ["added api.yaml"]
    assert golden.check(repository.case("api"), STREAM) == []
    ((path, (text, _)),) = tree(repository).items()
    assert path == "microservice/api.yaml"
    assert SECRET not in text
    assert "  file: |\n    one\n    two\n" in text


def test_the_chart_version_and_the_order_of_objects_do_not_matter(repository: Repository) -> None:
    accept(repository)
    first, second = STREAM.replace("1.2.3", "1.3.0").split("---\n")[1:]
    assert golden.check(repository.case("api"), f"---\n{second}---\n{first}") == []


def test_a_difference_is_reported_with_object_path_values_and_remedy(repository: Repository) -> None:
    accept(repository)
    case = repository.case("api")
    changed = STREAM.replace("info", "debug").replace("two", "2").replace(f"TOKEN: {SECRET}", "TOKEN: other")
    changed += "---\n{apiVersion: v1, kind: ServiceAccount, metadata: {name: api}}\n"
    assert golden.report(case, golden.check(case, changed)) == (
        "microservice/api differs from tests/golden/microservice/api.yaml:\n"
        "  v1 Secret api\n"
        f'    stringData.TOKEN: "{DIGEST}" -> "sha256:d9298a10d1b0 (5 bytes)"\n'
        "  v1 ConfigMap api\n"
        '    data.LEVEL: "info" -> "debug"\n'
        "    data.file:\n"
        "      @@ -1,2 +1,2 @@\n"
        "       one\n"
        "      -two\n"
        "      +2\n"
        "  v1 ServiceAccount api\n"
        "    the object is new\n"
        "If this is meant, accept it with: invoke golden --update"
    )


def test_a_removed_field_or_object_is_reported(repository: Repository) -> None:
    accept(repository)
    case = repository.case("api")
    without = STREAM.replace("  LEVEL: info\n", "").replace("kind: Secret", "kind: ServiceAccount")
    report = golden.report(case, golden.check(case, without))
    assert '    data.LEVEL: "info" -> (absent)\n' in report
    assert "  v1 Secret api\n    the object is gone\n" in report


def test_the_error_for_a_missing_golden_file_says_how_to_write_it(repository: Repository) -> None:
    with pytest.raises(UserError) as missing:
        golden.check(repository.case("api"), STREAM)
    assert str(missing.value) == (
        "microservice/api: there is no tests/golden/microservice/api.yaml yet; "
        "write it with: invoke golden --update"
    )


def test_a_golden_file_that_is_not_yaml_is_named(repository: Repository) -> None:
    repository.write("tests/golden/microservice/api.yaml", "<<<<<<< ours\n")
    with pytest.raises(
        UserError,
        match=r"^tests/golden/microservice/api\.yaml is not a golden file .*; remove it, then run: ",
    ):
        golden.check(repository.case("api"), STREAM)


def test_only_differing_golden_files_are_rewritten(repository: Repository) -> None:
    api, worker = repository.case("api"), repository.case("worker")
    golden.update({api: STREAM, worker: STREAM})
    before = tree(repository)
    (change,) = golden.update({api: STREAM, worker: STREAM.replace("info", "debug")})
    after = tree(repository)
    assert (change.path, change.what) == (golden.path_of(worker), "changed")
    assert [difference.path for difference in change.differences] == ["data.LEVEL"]
    assert before["microservice/api.yaml"] == after["microservice/api.yaml"]
    assert "LEVEL: debug" in after["microservice/worker.yaml"][0]
    assert golden.update({api: STREAM, worker: STREAM.replace("info", "debug")}) == []


def test_a_golden_file_without_a_case_is_removed(repository: Repository) -> None:
    accept(repository)
    orphan = repository.write("tests/golden/microservice/gone.yaml", "")
    stray = repository.write("tests/golden/notes.txt", "")
    assert golden.orphans() == [orphan, stray]
    assert accept(repository) == ["removed gone.yaml", "removed notes.txt"]
    assert list(tree(repository)) == ["microservice/api.yaml"]


def test_a_failed_write_leaves_the_golden_file_unchanged(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept(repository)
    case, before = repository.case("api"), tree(repository)

    def disk_full(file: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", disk_full)
    with pytest.raises(OSError, match="no space"):
        golden.update({case: STREAM.replace("info", "debug")})
    assert tree(repository) == before
