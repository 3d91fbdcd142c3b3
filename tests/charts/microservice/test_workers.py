"""Workers: processes of the same image beside the service, which no Service leads to."""

from __future__ import annotations

import pytest

from ci.kubernetes.manifests import Object
from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered, with_both_engines

COMPONENT = "app.kubernetes.io/component"
WORKER = "workers: {mail: {command: [mail]}}"


def pod(rendered: Rendered, name: str = "api-mail") -> Object:
    found: Object = rendered.all("Deployment")[name]["spec"]["template"]["spec"]
    return found


def test_each_entry_makes_a_deployment_of_its_name(render_case: CaseRenderer) -> None:
    deployments = render_case("workers").all("Deployment")
    assert set(deployments) == {
        "shop",
        *(f"shop-{name}" for name in ("mail", "images", "scheduler", "rpc", "tcp", "http")),
    }


def test_an_entry_that_is_disabled_or_null_makes_nothing(render_chart: ChartRenderer) -> None:
    off = render_chart("workers: {mail: {enabled: false}, images: null}")
    assert off.stream == render_chart("{}").stream


def test_a_worker_runs_its_own_command_as_the_service_would(render_chart: ChartRenderer) -> None:
    rendered = render_chart("command: [serve]\nargs: [--port]\nenv: {A: a}\n" + WORKER)
    (service,) = pod(rendered, "api")["containers"]
    (worker,) = pod(rendered)["containers"]
    assert worker["command"] == ["mail"]
    assert {**worker, "command": ["serve"], "args": ["--port"]} == {
        name: value for name, value in service.items() if name not in ("ports", "lifecycle", "readinessProbe")
    }


def test_a_worker_has_one_pod_by_default_and_no_budget(render_chart: ChartRenderer) -> None:
    rendered = render_chart("replicaCount: 5\n" + WORKER)
    assert rendered.all("Deployment")["api-mail"]["spec"]["replicas"] == 1
    assert set(rendered.all("PodDisruptionBudget")) == {"api"}


@pytest.mark.parametrize(
    ("service", "worker", "seconds"),
    [
        ("", "", 10),
        ("", "readinessProbe: {exec: {command: [ready]}}", 0),
        ("", "minReadySeconds: 0", 0),
        ("minReadySeconds: 3", "", 3),
        ("minReadySeconds: 3", "minReadySeconds: 20", 20),
        ("progressDeadlineSeconds: 5", "", 4),
    ],
)
def test_a_worker_without_a_probe_is_available_when_it_has_run_for_a_while(
    service: str, worker: str, seconds: int, render_chart: ChartRenderer
) -> None:
    rendered = render_chart(service, f"workers: {{mail: {{command: [mail], {worker}}}}}")
    assert rendered.all("Deployment")["api-mail"]["spec"]["minReadySeconds"] == seconds


def test_several_pods_have_a_budget_of_their_own(render_chart: ChartRenderer) -> None:
    rendered = render_chart("workers: {mail: {command: [mail], replicaCount: 2}}")
    budget = rendered.all("PodDisruptionBudget")["api-mail"]["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"]["matchLabels"][COMPONENT] == "worker-mail"


@pytest.mark.parametrize("case", ["workers", "everything"])
def test_no_selector_finds_pods_of_another(case: str, render_case: CaseRenderer) -> None:
    rendered = render_case(case)
    pods = {
        name: made["spec"]["template"]["metadata"]["labels"]
        for name, made in rendered.all("Deployment").items()
    }
    for kind in ("Deployment", "PodDisruptionBudget", "Service"):
        for name, made in rendered.all(kind).items():
            selector = made["spec"]["selector"]
            labels = selector.get("matchLabels", selector)
            assert [other for other, its in pods.items() if labels.items() <= its.items()] == [name]


def test_a_worker_scales_by_itself(render_case: CaseRenderer) -> None:
    rendered = render_case("workers")
    autoscaler = rendered.all("HorizontalPodAutoscaler")["shop-images"]["spec"]
    assert autoscaler["scaleTargetRef"]["name"] == "shop-images"
    assert (autoscaler["minReplicas"], autoscaler["maxReplicas"]) == (3, 20)
    assert "replicas" not in rendered.all("Deployment")["shop-images"]["spec"]
    assert rendered.all("Deployment")["shop"]["spec"]["replicas"] == 3


def test_the_services_autoscaler_is_not_the_workers(render_chart: ChartRenderer) -> None:
    rendered = render_chart("autoscaling: {enabled: true}\n" + WORKER)
    assert set(rendered.all("HorizontalPodAutoscaler")) == {"api"}
    assert rendered.all("Deployment")["api-mail"]["spec"]["replicas"] == 1


def test_a_scheduler_stops_before_the_next_starts(render_case: CaseRenderer) -> None:
    spec = render_case("workers").all("Deployment")["shop-scheduler"]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def test_changed_settings_restart_workers_too(render_chart: ChartRenderer) -> None:
    def checksums(value: str) -> list[str]:
        rendered = render_chart(f"config: {{data: {{A: {value}}}}}\n{WORKER}")
        templates = [made["spec"]["template"] for made in rendered.all("Deployment").values()]
        return [template["metadata"]["annotations"]["checksum/config"] for template in templates]

    before, after = checksums("a"), checksums("b")
    assert len(set(before)) == len(set(after)) == 1
    assert before != after


@with_both_engines
def test_a_worker_reads_versioned_settings_by_their_names(engine: int, render_chart: ChartRenderer) -> None:
    rendered = render_chart(
        """
        config: {data: {A: a}, versioned: true}
        workers: {mail: {command: [mail], env: {B: {configMapKeyRef: {name: api-config, key: A}}}}}
        """,
        engine=engine,
    )
    (name,) = rendered.all("ConfigMap")
    (container,) = pod(rendered)["containers"]
    assert container["envFrom"] == [{"configMapRef": {"name": name}}]
    assert container["env"][0]["valueFrom"]["configMapKeyRef"]["name"] == name


def test_nobody_gets_into_a_worker_without_ports(render_chart: ChartRenderer) -> None:
    policies = {name: made["spec"] for name, made in render_chart(WORKER).all("NetworkPolicy").items()}
    assert policies["api-mail"]["policyTypes"] == ["Ingress"]
    assert "ingress" not in policies["api-mail"]
    (others,) = policies["api"]["podSelector"]["matchExpressions"]
    assert others == {"key": COMPONENT, "operator": "NotIn", "values": ["worker-mail"]}


def test_others_reach_the_ports_of_a_worker(render_case: CaseRenderer) -> None:
    (rule,) = render_case("workers").all("NetworkPolicy")["shop-images"]["spec"]["ingress"]
    assert [port["port"] for port in rule["ports"]] == [8080, 9200, 9901]
    assert rule["from"] == [{"podSelector": {}}]


def test_egress_is_restricted_for_workers_as_for_the_service(render_chart: ChartRenderer) -> None:
    policies = render_chart("networkPolicy: {egress: []}\n" + WORKER).all("NetworkPolicy")
    assert policies["api-mail"]["spec"]["egress"] == policies["api"]["spec"]["egress"]


def test_a_policy_of_ones_own_is_for_workers_too(render_chart: ChartRenderer) -> None:
    policies = render_chart("networkPolicy: {spec: {policyTypes: [Ingress]}}\n" + WORKER).all("NetworkPolicy")
    assert "api-mail" not in policies
    assert policies["api"]["spec"]["podSelector"].keys() == {"matchLabels"}


def test_a_worker_drains_only_if_it_has_a_port(render_chart: ChartRenderer) -> None:
    rendered = render_chart("""
        shutdown: {drainSeconds: 9}
        workers: {mail: {command: [mail]}, web: {command: [web], ports: {http: {containerPort: 80}}}}
    """)
    assert "lifecycle" not in pod(rendered)["containers"][0]
    assert pod(rendered, "api-web")["containers"][0]["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}


def test_monitors_and_further_services_find_the_pods_that_serve(render_chart: ChartRenderer) -> None:
    rendered = render_chart(
        WORKER,
        """
        metrics: {serviceMonitor: {enabled: true}, podMonitor: {enabled: true}}
        extraObjects:
        - |
          apiVersion: v1
          kind: Service
          metadata: {name: peers}
          spec: {clusterIP: None, selector: {{ include "microservice.selectorLabels" . | fromYaml | toJson }}}
    """,
    )
    found = [
        rendered.one(kind)["spec"]["selector"]["matchLabels"] for kind in ("ServiceMonitor", "PodMonitor")
    ]
    found.append(rendered.all("Service")["peers"]["spec"]["selector"])
    assert [labels[COMPONENT] for labels in found] == ["app"] * 3


def test_a_worker_waits_for_the_migration_as_the_service_does(render_chart: ChartRenderer) -> None:
    rendered = render_chart("migration: {enabled: true, command: [migrate]}\n" + WORKER)
    hooks = [
        key.kind
        for key, made in rendered.objects.items()
        if "helm.sh/hook" in made["metadata"].get("annotations", {}) and "api-mail" in key.name
    ]
    assert hooks == []
    assert "api-migration" in rendered.all("Job")
