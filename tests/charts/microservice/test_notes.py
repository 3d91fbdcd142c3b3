"""What Helm says after an install: the release's real names, and how to reach, watch and undo it."""

from __future__ import annotations

import re

import pytest

from ci.charts import catalog, helm
from tests.support.notes import Notes

# Leaves nothing that can be left out.
(REMOVALS,) = catalog.find_case("removals").values


def test_the_notes_say_what_was_installed(notes: Notes) -> None:
    first = notes().splitlines()[0]
    assert "shop is installed in namespace default" in first
    assert "image myrepo/api:1.2.3" in first


SCALED_TO_NONE = """
autoscaling:
  enabled: true
  minReplicas: 0
  metrics: [{type: External, external: {metric: {name: jobs}, target: {type: Value, value: 1}}}]
"""


@pytest.mark.parametrize(
    ("values", "pods"),
    [
        ([], ", 3 pod(s)"),
        (["replicaCount: 0"], ", 0 pod(s)"),
        ([SCALED_TO_NONE], ", 0 to 20 pods"),
    ],
)
def test_the_notes_say_how_many_pods_there_will_be(values: list[str], pods: str, notes: Notes) -> None:
    assert notes(*values).splitlines()[0].endswith(pods)


def test_null_for_a_switch_means_off(notes: Notes) -> None:
    off = "{config: {versioned: false}, secret: {versioned: false}, ingress: {enabled: false}}"
    assert notes(off.replace("false", "null")) == notes(off)


ALL_WAYS = """
fullnameOverride: front
nameOverride: web
autoscaling: {external: true}
service: {type: LoadBalancer}
ports:
  grpc: {containerPort: 9000, servicePort: 9000}
  https: {containerPort: 8443, servicePort: 443}
ingress:
  enabled: true
  tls: [{hosts: [a.example.com], secretName: a}]
  hosts: [{host: a.example.com, paths: [{path: /x}, {path: /y}]}, {host: b.example.com}]
"""


def test_the_notes_count_no_pods_with_an_external_autoscaler(notes: Notes) -> None:
    assert notes(ALL_WAYS).splitlines()[0].endswith(", image myrepo/api:1.2.3")


@pytest.mark.parametrize(
    "command",
    [
        "kubectl -n default rollout status deployment/front\n",
        "kubectl -n default get pods -l {selector}\n",
        "kubectl -n default logs -l {selector} ",
        "kubectl -n default port-forward service/front 8080:80\n",
        "kubectl -n default get service front -o jsonpath='{{.status.loadBalancer.ingress[0]}}'\n",
        "kubectl -n default rollout undo deployment/front ",
        "helm -n default rollback shop ",
        "helm -n default history shop\n",
    ],
)
def test_the_commands_have_the_rendered_names(command: str, notes: Notes) -> None:
    labels = {"component": "app", "instance": "shop", "name": "web"}
    selector = ",".join(f"app.kubernetes.io/{label}={value}" for label, value in labels.items())
    assert f"  {command.format(selector=selector)}" in notes(ALL_WAYS)


def test_the_notes_say_where_the_service_is(notes: Notes) -> None:
    spoken = notes(ALL_WAYS)
    assert " http://front:80\n" in spoken
    assert " http://front.default:80\n" in spoken
    assert " front:9000\n" in spoken


def test_only_http_ports_have_http_addresses(notes: Notes) -> None:
    schemes = re.findall(r"in the namespace +(.*)front:\d+\n", notes(ALL_WAYS))
    assert schemes == ["http://", "", "https://"]


def test_the_notes_name_every_address_of_the_ingress(notes: Notes) -> None:
    lines = [line for line in notes(ALL_WAYS).splitlines() if "through the Ingress" in line]
    assert [line.split()[-1] for line in lines] == [
        "https://a.example.com/x",
        "https://a.example.com/y",
        "http://b.example.com/",
    ]


def test_the_notes_say_how_to_find_the_port_at_every_node(notes: Notes) -> None:
    assert "get service shop -o jsonpath='{.spec.ports[0].nodePort}'" in notes("service: {type: NodePort}")


def test_a_cluster_ip_service_has_no_address_from_outside(notes: Notes) -> None:
    assert "from outside" in notes("service: {type: NodePort}")
    assert "from outside" not in notes()


def test_the_notes_do_without_what_null_removed(notes: Notes) -> None:
    spoken = notes(REMOVALS.read_text())
    assert spoken.splitlines()[0].endswith(", 1 pod(s)")
    assert "<nil>" not in spoken


def test_the_notes_say_that_there_is_no_service(notes: Notes) -> None:
    spoken = notes(REMOVALS.read_text())
    assert "there is no Service" in spoken
    assert "port-forward" not in spoken


def test_the_notes_name_the_claims_that_an_uninstall_keeps(notes: Notes) -> None:
    volumes = """
    data: {claim: {size: 1Gi}}
    files: {claim: {size: 1Gi, retain: true}}
    cache: {claim: {size: 1Gi, retain: false}}
    "off": {enabled: false, claim: {size: 1Gi}}
    """
    assert "  kubectl -n default get pvc shop-data shop-files\n" in notes(f"volumes:{volumes}")
    assert "pvc" not in notes("volumes: {cache: {claim: {size: 1Gi, retain: false}}}")


def test_both_engines_say_the_same(notes: Notes) -> None:
    oldest, newest = (notes(ALL_WAYS, engine=engine) for engine in helm.ENGINES)
    assert oldest == newest


def test_a_headless_service_is_reached_at_the_ports_of_the_pods(notes: Notes) -> None:
    spoken = notes("service: {clusterIP: None}")
    assert " http://shop:8000\n" in spoken
    assert "http://shop:80\n" not in spoken


def test_a_port_is_forwarded_only_where_it_is_one_of_tcp(notes: Notes) -> None:
    datagrams = "ports: {http: null, dns: {containerPort: 5353, servicePort: 53, protocol: UDP}}"
    assert " shop:53\n" in notes(datagrams)
    assert "port-forward" not in notes(datagrams)
    beside = datagrams.replace("http: null", "http: null, web: {containerPort: 8080, servicePort: 80}")
    assert "port-forward service/shop 8080:80\n" in notes(beside)


def test_a_headless_service_may_lead_to_a_number(notes: Notes) -> None:
    assert " shop:5432\n" in notes(
        "service: {clusterIP: None, extraPorts: [{name: db, port: 81, targetPort: 5432}]}"
    )


def test_the_notes_say_that_a_service_stays_headless(notes: Notes) -> None:
    assert "delete the Service first" in notes("service: {clusterIP: None}")
    assert "delete the Service first" not in notes()


BOTH_PROTOCOLS = """
ports:
  dns: {containerPort: 5353, servicePort: 53, protocol: UDP}
  dns-tcp: {containerPort: 5353, servicePort: 54}
service: {extraPorts: [{name: more, port: 53, targetPort: dns-tcp}]}
"""


def test_with_helm_3_the_notes_warn_of_ports_that_an_upgrade_may_lose(notes: Notes) -> None:
    said = "An upgrade with Helm 3 may lose"
    lines = [line for line in notes(BOTH_PROTOCOLS, engine=3).splitlines() if line.startswith(said)]
    assert lines == [
        f"{said} ports.dns or ports.dns-tcp, which have one containerPort: use Helm 4, or two numbers",
        f"{said} ports.dns or service.extraPorts[0], which have one servicePort: use Helm 4, or two numbers",
    ]
    assert said not in notes(BOTH_PROTOCOLS, engine=4)
    assert said not in notes(engine=3)


def shrunk(notes: Notes, values: str) -> str:
    """What the notes say after an upgrade that may have taken the number of pods away."""
    return notes(values, extra=["--is-upgrade"]).partition("only 1 pod runs until it acts")[2]


@pytest.mark.parametrize("switch", ["enabled", "external"])
def test_after_an_upgrade_with_an_autoscaler_the_notes_say_how_to_restore_the_pods(
    switch: str, notes: Notes
) -> None:
    said = shrunk(notes, f"{{replicaCount: 5, autoscaling: {{{switch}: true}}}}")
    assert (
        said.splitlines()[1] == "  kubectl -n default scale deployment/shop --current-replicas=1 --replicas=5"
    )


FASTER = "  strategy: {rollingUpdate: {maxSurge: 25%}}"


@pytest.mark.parametrize(
    ("values", "pods"),
    [
        ("replicaCount: 10", 10),
        ("autoscaling: {enabled: true}", 20),
        ("autoscaling: {enabled: true, maxReplicas: 10}", 10),
    ],
)
def test_from_ten_pods_on_the_notes_say_how_to_replace_several_at_a_time(
    values: str, pods: int, notes: Notes
) -> None:
    said = notes(values)
    assert f"A rollout replaces up to {pods} pods one by one; " in said
    assert FASTER in said.splitlines()


@pytest.mark.parametrize(
    "values",
    [
        "replicaCount: 9",
        "autoscaling: {enabled: true, maxReplicas: 9}",
        "{replicaCount: 10, strategy: {rollingUpdate: {maxSurge: 2}}}",
        "{replicaCount: 10, strategy: {rollingUpdate: {maxUnavailable: 1}}}",
        "{replicaCount: 10, strategy: {type: Recreate}}",
        "{replicaCount: 10, autoscaling: {external: true}}",
    ],
)
def test_the_notes_say_nothing_of_rollouts_that_are_fast_or_of_few_pods(values: str, notes: Notes) -> None:
    assert "one by one" not in notes(values)


def test_the_notes_never_scale_to_less_than_two(notes: Notes) -> None:
    assert "--replicas=2\n" in shrunk(notes, "{replicaCount: null, autoscaling: {enabled: true}}")


def test_no_scale_command_after_an_install_or_an_upgrade_without_autoscaler(notes: Notes) -> None:
    assert "--replicas=" not in notes("autoscaling: {enabled: true}")
    assert shrunk(notes, "replicaCount: 5") == ""
