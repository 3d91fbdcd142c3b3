"""What the doctor reports, with a PATH made for the test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ci import bootstrap, doctor
from ci.base import programs
from ci.base.errors import UserError


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the one folder on PATH, which is empty, as the cache is; no release can be reached."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv(programs.CACHE_VARIABLE, str(tmp_path / "cache"))
    closed = {
        major: replace(tool, url="http://127.0.0.1:9/{version}") for major, tool in programs.HELM.items()
    }
    monkeypatch.setattr(programs, "HELM", closed)
    for name in ("KUBE_SCORE", "COSIGN", "ACTIONLINT", "KIND", "KUBECTL"):
        monkeypatch.setattr(
            programs, name, replace(getattr(programs, name), url="http://127.0.0.1:9/{version}")
        )
    return folder


def script(program: Path, body: str) -> None:
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)


def row(output: str, what: str) -> str:
    return next(" ".join(line.split()) for line in output.splitlines() if line.startswith(what))


def test_a_helm_on_path_is_shown_with_its_version_and_place(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script(path / "helm", "echo v3.22.1")
    script(path / "helm4", "echo v4.3.0")
    script(path / "kube-score", "echo kube-score version: 1.20.0, commit: abc, built: 2025")
    doctor.report()
    output = capsys.readouterr().out
    assert row(output, "helm 3") == f"helm 3 ok v3.22.1, PATH: {path}/helm"
    assert row(output, "helm 4") == f"helm 4 ok v4.3.0, PATH: {path}/helm4"


def test_with_go_the_helm_that_is_missing_is_promised_and_not_obtained(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script(path / "go", "echo go version go1.26")
    doctor.report()
    output = capsys.readouterr().out
    assert row(output, "helm 4") == "helm 4 ok 4.3.0 will be obtained at first use: release or Go"
    assert row(output, "Go") == "Go ok go version go1.26"
    assert not (tmp_path / "cache").exists()


def test_a_helm_that_cannot_be_had_is_a_failure_with_its_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(
        UserError, match=r"needed to build and test, and missing: helm 3, helm 4, kube-score$"
    ):
        doctor.report()
    assert row(capsys.readouterr().out, "helm 4").startswith(
        "helm 4 missing install helm 4.2 or newer, or Go"
    )


def test_a_cache_that_cannot_be_written_is_a_failure_with_its_remedy(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script(path / "go", "echo go version go1.26")
    (tmp_path / "file").touch()
    monkeypatch.setenv(programs.CACHE_VARIABLE, str(tmp_path / "file/cache"))
    with pytest.raises(UserError, match=r"needed to build and test, and missing: cache$"):
        doctor.report()
    assert f"set {programs.CACHE_VARIABLE}" in row(capsys.readouterr().out, "cache")


@pytest.mark.parametrize(
    "damage", [b"", b"\x7fELF", b"#!/bin/sh\nkill -SEGV $$\n"], ids=["empty", "cut", "killed"]
)
def test_a_damaged_program_of_the_cache_is_a_failure_with_its_remedy(
    damage: bytes, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script(path / "go", "echo go version go1.26")
    program = programs._cached(programs.HELM[4])
    program.parent.mkdir(parents=True)
    script(program, "echo v4.3.0")
    doctor.report()
    assert row(capsys.readouterr().out, "helm 4") == f"helm 4 ok v4.3.0, cache: {program}"
    program.write_bytes(damage)
    with pytest.raises(UserError, match=r"needed to build and test, and missing: helm 4$"):
        doctor.report()
    assert row(capsys.readouterr().out, "helm 4") == f"helm 4 missing {program} is damaged: remove it"


def test_what_only_a_cluster_or_a_contributor_needs_is_no_failure(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script(path / "go", "echo go version go1.26")
    script(path / "docker", "exit 1")
    doctor.report()
    output = capsys.readouterr().out
    assert row(output, "Docker").startswith(
        "Docker - only needed for invoke image (or Podman), invoke up and"
    )
    assert row(output, "Podman").startswith("Podman - only needed for invoke image where there is no Docker")
    assert row(output, "git").startswith("git - only needed to contribute")
    assert row(output, "cosign").startswith("cosign ok 3.1.3 will be obtained at first use: release or Go")
    assert row(output, "kind").startswith("kind ok 0.33.0 will be obtained at first use: release or Go")
    assert row(output, "kubectl").startswith(
        "kubectl - only needed for invoke deploy and its like, and tests in a cluster: "
        "install kubectl 1.31 or newer (127.0.0.1:9 cannot be"
    )


def test_a_version_is_found_below_a_picture(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script(path / "go", "echo go version go1.26")
    script(path / "cosign", "printf ' ____\\n/ ___|\\n\\nGitVersion:    v3.1.3\\nGoVersion:     go1.26.8\\n'")
    doctor.report()
    assert row(capsys.readouterr().out, "cosign") == f"cosign ok v3.1.3, PATH: {path / 'cosign'}"


def test_the_lock_satisfies_what_the_project_requires() -> None:
    assert doctor.stale_requirements(bootstrap.ROOT) == []


def test_a_requirement_that_the_lock_misses_or_is_too_old_for_is_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["PyYAML>=6", "rich>=15", "new"]\n')
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci/requirements.txt").write_text(
        "pyyaml==6.0.3 ; sys_platform == 'linux' \\\n    --hash=sha256:00\n    # via rich==99\nrich==14.1\n"
    )
    assert doctor.stale_requirements(tmp_path) == ["rich>=15", "new"]
