"""What works but is unsafe in production is said after an install, or refused, or not looked for."""

from __future__ import annotations

import pytest

from ci.charts import catalog
from tests.support.messages import messages_of
from tests.support.notes import Notes
from tests.support.rendering import ChartRenderer, with_both_engines

TITLE = "Unsafe in production (guardrails: enforce rejects it, guardrails: none hides this)"

# Each makes the risks that are named behind it, by how they begin, and no other.
RISKS = {
    "image: {tag: latest}": ["image.tag: latest"],
    "secret: {data: {KEY: key}, files: {key: key}}": ["secret.data: ", "secret.files: "],
    "replicaCount: 1": ["replicaCount: "],
    "replicaCount: null": ["replicaCount: "],
    "autoscaling: {enabled: true, minReplicas: 1}": ["autoscaling.minReplicas: "],
    "readinessProbe: {enabled: false}": ["readinessProbe: "],
    "resources: {limits: {memory: null}}": ["resources.limits.memory: "],
    "cronJobs: {clean: {schedule: '@daily', args: [a], resources: {limits: {memory: null}}}}": [
        "cronJobs.clean.resources.limits.memory: "
    ],
    "resources: {requests: {cpu: null}, limits: {cpu: null}}": ["resources.requests.cpu: "],
    "livenessProbe: {tcpSocket: {}, failureThreshold: 1}": [
        "livenessProbe can restart a container after 0 s"
    ],
    "podSecurityStandard: baseline": ["securityContext: the container may run as root"],
    "securityContext: {privileged: true}": ["securityContext.privileged: "],
    "podSpec: {hostNetwork: true, hostPID: true, hostIPC: true}": [
        "podSpec.hostNetwork: ",
        "podSpec.hostPID: ",
        "podSpec.hostIPC: ",
    ],
    "volumes: {logs: {hostPath: {path: /var/log}}}": ["volumes.logs.hostPath "],
    "strategy: {type: Recreate}": ["strategy.type: Recreate"],
    "lifecycle: {preStop: {sleep: {seconds: 30}}}": ["lifecycle.preStop.sleep.seconds: 30"],
    "ingress: {enabled: true, hosts: [{host: a.example.com}]}": ["ingress.tls: "],
    "ports: {http: {hostPort: 8000}}": ["ports.http.hostPort: 8000"],
    "volumes: {data: {claim: {size: 1Gi}, mountPath: /data}}": ["volumes.data.claim: "],
    "volumes: {data: {claim: {size: 1Gi, accessModes: [ReadWriteOncePod]}}}": ["volumes.data.claim: "],
    "extraContainers: [{name: a, image: 'registry:5000/a', ports: [{containerPort: 1, hostPort: 1}]}]": [
        'extraContainers[0].image: "registry:5000/a" ',
        "extraContainers[0].resources.limits.memory: ",
        "extraContainers[0].resources.requests.cpu: ",
        "extraContainers[0].resources.requests.memory: ",
        "extraContainers[0].ports[0].hostPort: 1",
    ],
    "initContainers: [{name: a, image: a@sha256:0, resources: {limits: {cpu: 1, memory: 1Gi}}, "
    "securityContext: {privileged: true, runAsUser: null, runAsNonRoot: false}}]": [
        "initContainers[0].securityContext.privileged: ",
        "initContainers[0].securityContext: the container may run as root",
    ],
}
EVERY_RISK = """
image: {repository: a, tag: latest}
replicaCount: 1
podSecurityStandard: baseline
securityContext: {privileged: true}
podSpec: {hostNetwork: true, hostPID: true, hostIPC: true}
secret: {data: {KEY: key}, files: {key: key}}
resources: {requests: {cpu: null}, limits: null}
readinessProbe: {initialDelaySeconds: 30}
livenessProbe: {tcpSocket: {}, periodSeconds: 5}
lifecycle: {preStop: {sleep: {seconds: 30}}}
ports: {http: {hostPort: 80}}
ingress: {enabled: true, hosts: [{host: a.example.com}]}
volumes: {data: {claim: {size: 1Gi}, mountPath: /data}, logs: {hostPath: {path: /var/log}}}
initContainers: [{name: before, image: "registry:5000/before"}]
extraContainers: [{name: beside, image: beside, ports: [{containerPort: 1, hostPort: 1}]}]
"""
# Near each of those, and safe.
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
volumes: {data: {claim: {size: 1Gi}, mountPath: /data}, logs: {enabled: false, hostPath: {path: /var/log}}}
podSpec: {resources: {limits: {cpu: 1, memory: 1Gi}}}
extraContainers: [{name: beside, image: "registry:5000/a:1"}]
"""


@pytest.mark.parametrize("values", RISKS)
def test_a_risk_alone_is_refused_where_that_is_asked_for(values: str, render_chart: ChartRenderer) -> None:
    problems = render_chart.problems(f"guardrails: enforce\n{values}")
    assert len(problems) == len(RISKS[values])
    for beginning in RISKS[values]:
        assert any(problem.startswith(f"guardrails: {beginning}") for problem in problems), problems


def test_every_risk_is_made_by_some_values_above(render_chart: ChartRenderer) -> None:
    written = messages_of(render_chart.path, "risks")
    assert len(written) > 15
    said = [
        problem.removeprefix("guardrails: ")
        for values in (EVERY_RISK, "strategy: {type: Recreate}\nreadinessProbe: null")
        for problem in render_chart.problems(f"guardrails: enforce\n{values}")
    ]
    for message in written:
        assert any(map(message.fullmatch, said)), message.pattern


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
