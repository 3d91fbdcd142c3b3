"""What works but is unsafe in production is said after an install, refused, accepted, or not looked for."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ci.charts import catalog, helm
from ci.charts.values_file import read_values
from tests.support.messages import messages_of
from tests.support.notes import Notes
from tests.support.problems import Refusals, Row, table
from tests.support.rendering import ChartRenderer, with_both_engines

TITLE = "Unsafe in production (guardrails: enforce rejects it, guardrails: none hides this)"
ROWS = table(Path(__file__).parent / "data" / "guardrails.yaml")

# Near many of those at once, and safe.
SAFE = """
guardrails: enforce
image: {tag: latest, digest: "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
secret: {data: {KEY: null}, existing: [credentials]}
replicaCount: 1
autoscaling: {enabled: true}
resources: {requests: null}
livenessProbe: {tcpSocket: {}, initialDelaySeconds: 5, failureThreshold: 1}
podSecurityContext: {runAsUser: 1000}
securityContext: {runAsUser: null, runAsNonRoot: null}
lifecycle: {preStop: {sleep: {seconds: 29}}}
ingress: {enabled: true, clusterIssuer: letsencrypt, hosts: [{host: a.example.com}]}
strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}
volumes:
  data: {claim: {size: 1Gi, accessModes: [ReadWriteMany]}, mountPath: /data}
  logs: {enabled: false, hostPath: {path: /var/log}}
podSpec: {resources: {limits: {cpu: 1, memory: 1Gi}}}
extraContainers: [{name: beside, image: "registry:5000/a:1"}]
"""


def rule_of(problem: str) -> str:
    return problem.partition(": ")[0]


def refused(problem: str) -> str:
    """Return how a row's finding is refused."""
    rule, _, text = problem.partition(": ")
    return f"guardrails: {text} (to accept it: guardrails.allow.{rule})"


@pytest.fixture(scope="module")
def base() -> dict[str, object]:
    (image,) = catalog.find_case("defaults").values
    return {**read_values(image), "nameOverride": "api", "fullnameOverride": "api"}


@pytest.fixture(scope="module")
def enforced(
    base: dict[str, object], render_chart: ChartRenderer, tmp_path_factory: pytest.TempPathFactory
) -> Refusals:
    folder = tmp_path_factory.mktemp("enforced")
    return Refusals(ROWS, render_chart, folder, {**base, "guardrails": "enforce"})


def switched(rows: list[Row]) -> Iterator[Row]:
    """Return the rows with risks, each with its rules switched off."""
    for row in rows:
        if row.problems:
            allow = dict.fromkeys(map(rule_of, row.problems), "nobody uses it at night")
            yield Row(row.name, row.values | {"guardrails": {"mode": "enforce", "allow": allow}}, [], "api")


ALLOWED = list(switched(ROWS))


@pytest.fixture(scope="module")
def allowed(
    base: dict[str, object], render_chart: ChartRenderer, tmp_path_factory: pytest.TempPathFactory
) -> Refusals:
    return Refusals(ALLOWED, render_chart, tmp_path_factory.mktemp("allowed"), base)


@with_both_engines
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_risk_is_refused_with_its_rule_and_what_is_safe_is_not(
    row: Row, engine: int, enforced: Refusals
) -> None:
    assert enforced(row, engine) == [refused(problem) for problem in row.problems]


@with_both_engines
@pytest.mark.parametrize("row", ALLOWED, ids=str)
def test_a_rule_that_is_switched_off_refuses_nothing(row: Row, engine: int, allowed: Refusals) -> None:
    assert allowed(row, engine) == []


def test_every_message_is_said_of_a_row(render_chart: ChartRenderer) -> None:
    written = messages_of(render_chart.path, "risks")
    assert len(written) > 50
    said = list(itertools.chain(*(row.problems for row in ROWS)))
    for message in written:
        assert any(map(message.fullmatch, said)), message.pattern


def test_the_rules_are_those_of_the_rows_and_of_the_readme(render_chart: ChartRenderer) -> None:
    helpers = (render_chart.path / "templates" / "_guardrails.tpl").read_text()
    (listed,) = re.findall(r'define "microservice.guardrails.rules" -\}\}(.*?)\{\{-', helpers, re.DOTALL)
    _, _, section = (render_chart.path / "README.md").read_text().partition("### Guardrails\n")
    documented = re.findall(r"^\| `(\w+)` \|", section.partition("\n## ")[0], re.MULTILINE)
    found = {rule_of(problem) for row in ROWS for problem in row.problems}
    assert sorted(documented) == listed.split() == sorted(found)


@with_both_engines
def test_safe_values_render_under_guardrails(engine: int, render_chart: ChartRenderer) -> None:
    assert render_chart(SAFE, engine=engine).deployment
    assert render_chart("guardrails: enforce", engine=engine).deployment


def test_risks_and_problems_come_in_one_report(render_chart: ChartRenderer) -> None:
    problems = render_chart.problems("{guardrails: enforce, replicaCount: 1, mainPort: web}")
    assert [problem.split(":")[0] for problem in problems] == ["mainPort", "guardrails"]


def test_risks_are_listed_after_an_install(notes: Notes) -> None:
    _, _, risks = notes("{replicaCount: 1, image: {tag: latest}}").partition(TITLE)
    assert [line.split(":")[0] for line in risks.strip().splitlines()] == ["- replicaCount", "  - image.tag"]


def test_nothing_is_listed_where_nothing_is_found(notes: Notes) -> None:
    assert notes("replicaCount: 2") == notes("{guardrails: none, replicaCount: 2}")


def test_nothing_is_listed_where_nothing_is_looked_for(notes: Notes) -> None:
    before, title, _ = notes("replicaCount: 1").partition(f"\n\n{TITLE}")
    assert title
    assert notes("{guardrails: none, replicaCount: 1}").rstrip("\n") == before


def test_a_rule_that_is_switched_off_is_not_listed_after_an_install(notes: Notes) -> None:
    _, _, risks = notes("""
        guardrails: {mode: warn, allow: {singleReplica: a batch importer}}
        replicaCount: 1
        image: {tag: latest}
    """).partition(TITLE)
    assert [line.split(":")[0] for line in risks.strip().splitlines()] == ["- image.tag"]


def test_a_rule_is_switched_on_again_by_null(render_chart: ChartRenderer) -> None:
    allowed = "{replicaCount: 1, guardrails: {mode: enforce, allow: {singleReplica: a batch importer}}}"
    assert render_chart(allowed).deployment
    with pytest.raises(helm.HelmError, match="guardrails: replicaCount: "):
        render_chart(allowed, "guardrails: {allow: {singleReplica: null}}")


@pytest.mark.parametrize(
    ("own", "shared", "refuses"),
    [
        ("null", "enforce", True),
        ("null", "null", False),
        ("null", "{mode: enforce, allow: {singleReplica: a batch importer}}", False),
        ("none", "enforce", False),
        ("enforce", "none", True),
        ("enforce", "{mode: none, allow: {singleReplica: a batch importer}}", True),
        ("{allow: {singleReplica: a batch importer}}", "enforce", False),
        ("{allow: {recreate: a batch importer}}", "enforce", True),
        ("{allow: {singleReplica: null}}", "{mode: enforce, allow: {singleReplica: an importer}}", True),
        ("{mode: none}", "enforce", False),
        ("{}", "enforce", True),
    ],
)
def test_guardrails_of_an_umbrella_hold_where_a_subchart_sets_none(
    own: str, shared: str, refuses: bool, render_chart: ChartRenderer
) -> None:
    values = f"replicaCount: 1\nguardrails: {own}\nglobal: {{guardrails: {shared}}}"
    if refuses:
        assert render_chart.problems(values)
    else:
        assert render_chart(values).deployment


@pytest.mark.parametrize(
    ("guardrails", "key"),
    [
        ("{mode: strict}", "/guardrails/mode"),
        ("{mode: enforce, allow: {singleReplica: ''}}", "/guardrails/allow/singleReplica"),
        ("{mode: enforce, allow: {singleReplica: ' '}}", "/guardrails/allow/singleReplica"),
        ("{mode: enforce, allow: {singleReplica: true}}", "/guardrails/allow/singleReplica"),
        ("{mode: enforce, allow: [singleReplica]}", "/guardrails/allow"),
        ("{mode: enforce, except: {singleReplica: a batch importer}}", "/guardrails"),
        ("true", "/guardrails"),
    ],
)
def test_a_switch_without_a_reason_is_refused(guardrails: str, key: str, render_chart: ChartRenderer) -> None:
    assert f"'{key}'" in str(render_chart.refused(f"guardrails: {guardrails}"))
    assert f"'/global{key}'" in str(render_chart.refused(f"global: {{guardrails: {guardrails}}}"))


def test_an_unknown_guardrail_is_refused_with_the_known_ones(render_chart: ChartRenderer) -> None:
    refused = str(render_chart.refused("guardrails: strict"))
    assert "/guardrails" in refused
    assert all(word in refused for word in ("none", "warn", "enforce"))


def test_the_notes_of_the_example_service_warn_of_its_inline_secrets(notes: Notes) -> None:
    (values,) = catalog.find_case("api").values
    assert "\n  - secret.data: " in notes(values.read_text())


@pytest.mark.parametrize("guardrails", ["warn", "null"])
def test_switches_that_null_takes_away_are_off(guardrails: str, notes: Notes) -> None:
    spoken = notes(f"""
        guardrails: {guardrails}
        service: {{enabled: null, extraPorts: null}}
        autoscaling: {{enabled: null}}
        ingress: {{enabled: null, tls: null}}
        securityContext: null
        podSpec: null
        ports: {{other: {{containerPort: 1}}}}
    """)
    assert TITLE not in spoken
