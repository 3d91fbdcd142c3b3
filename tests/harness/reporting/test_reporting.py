"""The page says what changes in every service and environment, escapes it, and hides secrets."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from ci.base.errors import UserError
from ci.charts import helm
from ci.charts.catalog import Case
from ci.reporting import reporting
from tests.harness.reporting.conftest import Services

SCRIPT = "<script>alert(1)</script>"


class Page(HTMLParser):
    """A page: its source, its elements with their attributes, and the text of each section by its id."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source = source
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.sections: dict[str, str] = {}
        self._section = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "section":
            self._section = str(dict(attrs)["id"])

    def handle_data(self, data: str) -> None:
        text = f"{self.sections.get(self._section, '')} {data}"
        self.sections[self._section] = " ".join(text.split())

    def values(self, attribute: str) -> list[str]:
        return [str(found[attribute]) for _, found in self.elements if attribute in found]


def report(services: Services, ref: str = "main") -> Page:
    file = services.root / "report.html"
    reporting.run(ref, str(file))
    return Page(file.read_text(encoding="utf-8"))


def lost(page: Page) -> set[str]:
    """The links that lead to no place on the page."""
    places = {f"#{place}" for place in page.values("id")}
    return {link for link in map(unquote, page.values("href")) if link not in places}


def test_it_shows_old_and_new_value_and_whose_pods_restart(services: Services) -> None:
    services.service("api", image="a/b:2")
    services.write("values/api/prod.yaml", "replicas: 2\n")
    page = report(services)
    dev, prod = page.sections["api.dev"], page.sections["api.prod"]
    image = "spec.template.spec.containers[0].image restarts pods a/b:1 a/b:2"
    assert image in dev
    assert image in prod
    assert "spec.replicas 1 2" in prod
    assert "spec.replicas" not in dev
    summary = page.sections["summary"]
    assert "2 of 3 services and namespaces change 2 workloads restart their pods" in summary
    assert "api in dev ~ changed 1 object restart Deployment api none" in summary


def test_without_a_commit_it_shows_how_things_are(services: Services) -> None:
    page = report(services, "")
    assert "3 services and namespaces No errors, no warnings Within every quota" in page.sections["summary"]
    assert "Deployment api reads Secret api" in page.sections["api.dev"]
    assert "changed" not in page.sections["summary"]


def test_what_is_as_it_was_is_folded_and_rendered_once(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[Case] = []
    really = helm.dry_run

    def dry_run(case: Case) -> helm.DryRun:
        rendered.append(case)
        return really(case)

    monkeypatch.setattr("ci.charts.helm.dry_run", dry_run)
    page = report(services)
    assert len(rendered) == 3
    assert "Nothing changes here. Its 3 objects" in page.sections["api.dev"]
    assert "0 of 3 services and namespaces change No pod restarts" in page.sections["summary"]


def test_services_that_come_and_go(services: Services) -> None:
    services.service("shop")
    (services.root / "values/api.yaml").unlink()
    page = report(services)
    assert "There is no shop in dev in main ." in page.sections["shop.dev"]
    assert "It is in main only." in page.sections["api.dev"]
    assert "shop in dev + new start none" in page.sections["summary"]
    assert "api in dev \N{MINUS SIGN} removed" in page.sections["summary"]


def test_the_chart_of_that_commit_renders_its_values(services: Services) -> None:
    template = services.root / "charts/microservice/templates/all.yaml"
    template.write_text(template.read_text().replace("cpu: 100m", "cpu: 150m"))
    page = report(services)
    assert (
        "spec.template.spec.containers[0].resources.requests.cpu restarts pods 100m 150m"
        in (page.sections["api.dev"])
    )


def test_all_pods_of_an_environment_share_its_quota(services: Services) -> None:
    services.service("shop")
    page = report(services)
    # Each has one pod, and one more during an update.
    assert "pods 2 was 1 4 was 2 3 133 %" in page.sections["room"]
    assert "1 limit of quotas can be exceeded" in page.sections["summary"]
    assert "dev Its namespace has no quota in values/namespace." in page.sections["room"]


def test_no_text_becomes_an_element(services: Services) -> None:
    services.service("api", f'"{SCRIPT}"', image=f'"{SCRIPT}"')
    page = report(services)
    assert "script" not in {tag for tag, _ in page.elements}
    assert page.sections["api.dev"].count(SCRIPT) >= 2


def test_no_secret_and_nothing_made_of_one_is_on_the_page(services: Services) -> None:
    services.write(
        "charts/microservice/templates/checksum.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n  annotations:\n"
        "    checksum/secret: {{ .Values.secret | toJson | sha256sum }}\n"
        "spec: {containers: [{name: a, image: a/b:1}]}\n",
    )
    services.git.commit()
    old = services.root / "values/api.yaml"
    old.write_text(old.read_text().replace("the-old-secret", "the-new-secret"))
    page = report(services)
    assert "Secret api" in page.sections["api.dev"]
    assert "stringData.KEY another value, which is hidden" in page.sections["api.dev"]
    for secret in ("the-old-secret", "the-new-secret", "dGhlLW9sZC1zZWNyZX", "dGhlLW5ldy1zZWNyZX"):
        assert secret not in page.source
    assert re.findall(r"[0-9a-f]{12}", page.source.partition("</style>")[2]) == []


def test_a_mistake_in_a_secret_is_reported_without_it(services: Services) -> None:
    services.write("values/api.yaml", "secret: {data: {KEY: the-new-secret, KEY: the-new-secret}}\n")
    page = report(services)
    assert "the-new-secret" not in page.source
    assert "KEY" in page.sections["api.dev"]


def test_what_does_not_render_is_said_with_the_reason(services: Services) -> None:
    services.write("values/api.yaml", "replicas: 1\n")
    page = report(services)
    assert "Nothing can be shown of it: the chart refuses its values." in page.sections["api.dev"]
    assert "error values/api.yaml , line 1" in page.sections["api.dev"]
    assert "api in dev ! does not render 1 error" in page.sections["summary"]
    assert "Not counted, since it does not render: api." in page.sections["room"]
    assert lost(page) == set()


def test_what_did_not_render_is_compared_with_nothing(services: Services) -> None:
    right = (services.root / "values/api.yaml").read_text()
    services.write("values/api.yaml", "replicas: 1\n")
    services.git.commit()
    services.write("values/api.yaml", right)
    assert "does not render, so there is nothing to compare with" in report(services).sections["api.dev"]


def test_every_link_leads_to_one_place_and_no_other_page(services: Services) -> None:
    services.service("shop")
    services.service("api", image="a/b:2")
    page = report(services)
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert len(page.values("href")) > 20
    assert lost(page) == set()
    assert page.values("src") + page.values("style") == []


def test_the_same_files_give_the_same_page(services: Services) -> None:
    services.service("api", image="a/b:2")
    assert report(services).source == report(services).source


def test_the_file_is_in_build_unless_it_is_named(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    reporting.run("", "")
    assert (services.root / "build/report.html").exists()
    assert capsys.readouterr().out == "build/report.html\n"


def test_an_unknown_commit_ends_it_before_anything_is_rendered(services: Services) -> None:
    with pytest.raises(UserError, match=r"--from mian: .*did you mean main"):
        reporting.run("mian", str(services.root / "report.html"))
    assert not Path(services.root / "report.html").exists()


def test_a_wrong_list_of_environments_of_that_commit_is_named(services: Services) -> None:
    right = (services.root / "values/environments.yaml").read_text()
    services.write("values/environments.yaml", "dev: {}\n")
    services.git.commit()
    services.write("values/environments.yaml", right)
    with pytest.raises(UserError, match=r"at main: values/environments\.yaml: dev: "):
        report(services)


def test_a_repository_without_a_service_has_nothing_to_report(services: Services) -> None:
    (services.root / "values/environments.yaml").unlink()
    with pytest.raises(UserError, match="values/ has no service in an environment: invoke new"):
        report(services)
