"""`invoke history`: the revisions of a release with their images, from one call."""

from __future__ import annotations

import pytest

from ci.base.errors import UserError
from ci.deploy import history
from tests.support.fake_kubectl import FakeKubectl
from tests.support.stored_releases import SECRET_VALUE, stored_release

NEWEST_FIRST = [
    stored_release(10, "deployed", image="myrepo/api:v1.4.0", description="Rollback to 2"),
    stored_release(2, image="myrepo/api@sha256:9f2c", at="2026-06-30T23:30:00-02:00"),
    stored_release(9, "failed", description='Upgrade "api" failed:\n  context deadline exceeded'),
]


@pytest.fixture(autouse=True)
def _three_days_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ci.deploy.tables.age", lambda since: "3 d")


def test_revisions_are_listed_oldest_first_and_the_current_one_is_marked(
    kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str]
) -> None:
    kubectl.answer("get .*secrets --selector=owner=helm,name=api", NEWEST_FIRST)
    history.run("staging")
    title, columns, *lines = capsys.readouterr().out.splitlines()
    assert title == "staging: revisions of release api in namespace staging"
    assert columns.split("  ")[1].strip() == "revision"
    assert [" ".join(line.split()) for line in lines] == [
        "2 2026-07-01 01:30 (3 d) superseded myrepo/api@sha256:9f2c microservice-0.1.0 Upgrade complete",
        "9 2026-07-01 08:00 (3 d) failed myrepo/api:v1.4.0 microservice-0.1.0 "
        'Upgrade "api" failed: context deadline exceeded',
        "* 10 2026-07-01 08:00 (3 d) deployed myrepo/api:v1.4.0 microservice-0.1.0 Rollback to 2",
    ]
    assert len(kubectl.calls()) == 1


def test_no_value_of_a_secret_is_printed_and_colours_only_on_a_terminal(
    kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str], is_terminal: bool
) -> None:
    kubectl.answer("get", NEWEST_FIRST)
    history.run("staging")
    printed = "".join(capsys.readouterr())
    assert "Rollback to 2" in printed
    assert SECRET_VALUE not in printed
    assert ("\x1b[" in printed) == is_terminal


def test_the_image_is_that_of_the_main_container_where_there_is_one(kubectl: FakeKubectl) -> None:
    plain = stored_release(2, "deployed", manifest="---\nkind: ConfigMap\n")
    kubectl.answer("get", [plain, stored_release(1)])
    assert [one.image for one in history.stored(kubectl.target)] == ["myrepo/api:v1.4.0", ""]


def test_the_image_is_that_of_the_service_and_not_of_a_worker(kubectl: FakeKubectl) -> None:
    manifest = "".join(
        f"---\napiVersion: apps/v1\nkind: {kind}\nmetadata: {{{{name: {name}, labels: {{{{"
        f"app.kubernetes.io/component: {component}}}}}}}}}\n"
        f"spec: {{{{template: {{{{spec: {{{{containers: [{{{{name: api, image: {image}}}}}]}}}}}}}}}}}}\n"
        for kind, name, component, image in [
            ("Deployment", "api-mail", "worker-mail", "myrepo/mail:1"),
            ("StatefulSet", "api", "app", "myrepo/api:1"),
        ]
    )
    kubectl.answer("get", [stored_release(1, "deployed", manifest=manifest)])
    (stored,) = history.stored(kubectl.target)
    assert stored.image == "myrepo/api:1"
    assert [key.name for key in stored.workloads] == ["api-mail", "api"]


def test_what_is_not_installed_is_said_in_one_line_with_the_remedy(kubectl: FakeKubectl) -> None:
    kubectl.answer("get", [])
    with pytest.raises(UserError) as raised:
        history.run("staging")
    assert str(raised.value) == (
        "api is not installed in staging (context eu-staging, namespace staging): invoke deploy staging"
    )
    assert raised.value.code == 1
