"""Goldens: compared, accepted, cleared away, and never holding a secret."""

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
    """Accept a stream for the case api and return what was done."""
    case = repository.case("api")
    return [f"{change.what} {change.path.name}" for change in golden.update({case: stream})]


def tree(repository: Repository) -> dict[str, tuple[str, int]]:
    """Return the text of each golden, and when it was written."""
    files = [path for path in golden.folder().rglob("*") if path.is_file()]
    return {
        str(path.relative_to(golden.folder())): (path.read_text(), path.stat().st_mtime_ns) for path in files
    }


def test_an_accepted_case_fits_its_golden_which_holds_no_secret(repository: Repository) -> None:
    assert accept(repository) == ["added api.yaml"]
    assert golden.check(repository.case("api"), STREAM) == []
    ((path, (text, _)),) = tree(repository).items()
    assert path == "microservice/api.yaml"
    assert SECRET not in text
    assert "  file: |\n    one\n    two\n" in text


def test_another_chart_version_or_another_order_of_objects_is_no_difference(repository: Repository) -> None:
    accept(repository)
    first, second = STREAM.replace("1.2.3", "1.3.0").split("---\n")[1:]
    assert golden.check(repository.case("api"), f"---\n{second}---\n{first}") == []


def test_a_difference_is_told_with_object_path_values_and_what_accepts_it(repository: Repository) -> None:
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


def test_a_field_or_an_object_that_is_gone_is_told(repository: Repository) -> None:
    accept(repository)
    case = repository.case("api")
    without = STREAM.replace("  LEVEL: info\n", "").replace("kind: Secret", "kind: ServiceAccount")
    report = golden.report(case, golden.check(case, without))
    assert '    data.LEVEL: "info" -> (absent)\n' in report
    assert "  v1 Secret api\n    the object is gone\n" in report


def test_a_case_without_golden_is_told_how_to_get_one(repository: Repository) -> None:
    with pytest.raises(UserError) as missing:
        golden.check(repository.case("api"), STREAM)
    assert str(missing.value) == (
        "microservice/api: there is no tests/golden/microservice/api.yaml yet; "
        "write it with: invoke golden --update"
    )


def test_a_golden_that_is_no_yaml_any_more_is_named(repository: Repository) -> None:
    repository.write("tests/golden/microservice/api.yaml", "<<<<<<< ours\n")
    with pytest.raises(
        UserError, match=r"^tests/golden/microservice/api\.yaml is no golden .*; remove it, then: "
    ):
        golden.check(repository.case("api"), STREAM)


def test_accepting_rewrites_only_what_differs(repository: Repository) -> None:
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


def test_a_golden_without_a_case_is_an_orphan_and_is_cleared_away(repository: Repository) -> None:
    accept(repository)
    orphan = repository.write("tests/golden/microservice/gone.yaml", "")
    stray = repository.write("tests/golden/notes.txt", "")
    assert golden.orphans() == [orphan, stray]
    assert accept(repository) == ["removed gone.yaml", "removed notes.txt"]
    assert list(tree(repository)) == ["microservice/api.yaml"]


def test_a_golden_that_cannot_be_written_stays_as_it_was(
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
