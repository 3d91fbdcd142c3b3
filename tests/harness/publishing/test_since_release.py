"""A build says what the last release rendered otherwise, and refuses what breaks live releases."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci import build
from ci.base.errors import UserError
from ci.publishing import since_release
from tests.support.git_repository import GitRepository
from tests.support.repository import Repository

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 3
  selector: {matchLabels: {app: api}}
  template: {metadata: {labels: {app: api}}, spec: {containers: [{name: api, image: "api:1"}]}}
"""
SERVICE = "{apiVersion: v1, kind: Service, metadata: {name: api}, spec: {ports: [{port: 80}]}}\n"
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: api-data, annotations: {helm.sh/resource-policy: keep}}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
TEMPLATES = {"deployment": DEPLOYMENT, "service": SERVICE, "claim": CLAIM}


@pytest.fixture
def released(repository: Repository) -> GitRepository:
    """A repository whose chart is released as 1.2.3, with one case."""
    for name, text in TEMPLATES.items():
        repository.write(f"charts/microservice/templates/{name}.yaml", text)
    repository.case("small")
    made = GitRepository(repository.root)
    made.commit()
    made.git("tag", "v1.2.3")
    return made


def change(repository: Repository, template: str, old: str, new: str) -> None:
    text = TEMPLATES[template]
    assert old in text
    repository.write(f"charts/microservice/templates/{template}.yaml", text.replace(old, new))


def test_changed_defaults_are_listed_with_their_cases(
    released: GitRepository, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    change(repository, "deployment", "replicas: 3", "replicas: 2")
    since_release.check()
    assert capsys.readouterr().out == (
        "The same values render other manifests than in v1.2.3; CHANGELOG.md has to say so:\n"
        "- Deployment: spec.replicas: 3 -> 2 (microservice/small)\n"
    )


@pytest.mark.parametrize(
    ("template", "old", "new", "message"),
    [
        (
            "deployment",
            "matchLabels: {app: api}",
            "matchLabels: {app: shop}",
            "Deployment api: spec.selector.matchLabels.app can't be changed; without a new name: "
            "delete it with --cascade=orphan, and its pods once the new ones are ready",
        ),
        (
            "deployment",
            "metadata: {name: api}",
            "metadata: {name: shop}",
            "Deployment api is renamed or removed: its pods are stopped before new ones are ready",
        ),
        (
            "service",
            "metadata: {name: api}",
            "metadata: {name: shop}",
            "Service api is renamed or removed: clients reach the pods by its name",
        ),
        (
            "claim",
            "api-data",
            "api-files",
            "PersistentVolumeClaim api-data is renamed or removed: "
            "its data are deleted, or left behind beside a new, empty claim",
        ),
    ],
)
def test_what_an_upgrade_would_break_is_an_error(
    released: GitRepository, repository: Repository, template: str, old: str, new: str, message: str
) -> None:
    change(repository, template, old, new)
    with pytest.raises(UserError) as refused:
        since_release.check()
    assert str(refused.value) == (
        f"an upgrade from v1.2.3 would break live releases:\n  - microservice/small: {message}\n"
        "keep what was there, or raise the major version in Chart.yaml"
    )


def test_a_new_major_version_may_break_them_and_says_so(
    released: GitRepository, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    change(repository, "service", "metadata: {name: api}", "metadata: {name: shop}")
    since_release.check("2.0.0")
    assert "an upgrade from v1.2.3 breaks live releases" in capsys.readouterr().err


@pytest.mark.parametrize(("last", "version", "may"), [("0.1.0", "0.2.0", True), ("0.1.0", "0.1.1", False)])
def test_before_1_0_the_second_number_counts(
    released: GitRepository, repository: Repository, last: str, version: str, may: bool
) -> None:
    released.git("tag", "--delete", "v1.2.3")
    released.git("tag", f"v{last}")
    change(repository, "service", "metadata: {name: api}", "metadata: {name: shop}")
    if may:
        since_release.check(version)
    else:
        with pytest.raises(UserError, match="would break live releases"):
            since_release.check(version)


def test_values_that_are_refused_now_are_listed(
    released: GitRepository, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.write("charts/microservice/templates/check.yaml", '{{ fail "colour: use color" }}')
    since_release.check()
    assert "- values of v1.2.3 are refused: " in capsys.readouterr().out


def test_it_compares_the_cases_of_the_release(
    released: GitRepository, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository.chart / "ci" / "small-values.yaml").unlink()
    change(repository, "deployment", "replicas: 3", "replicas: 2")
    since_release.check()
    assert "(microservice/small)" in capsys.readouterr().out


def test_without_a_release_or_a_change_nothing_is_rendered(
    released: GitRepository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ci.charts.helm.template", lambda *_, **__: pytest.fail("rendered"))
    since_release.check()
    released.git("tag", "--delete", "v1.2.3")
    since_release.check()
    assert capsys.readouterr().out == ""


def test_a_build_compares_with_the_last_release(
    released: GitRepository, repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for step in ("ci.docs.check", "ci.checks.cases.lint_and_validate"):
        monkeypatch.setattr(step, lambda: None)
    monkeypatch.setattr("ci.publishing.packages.package_all", lambda: pytest.fail("packaged"))
    change(repository, "service", "metadata: {name: api}", "metadata: {name: shop}")
    with pytest.raises(UserError, match="would break live releases"):
        build.run()
