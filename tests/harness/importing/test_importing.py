"""The command: one service of several, files that are there already, values that the chart refuses."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from ci.base.errors import UserError
from ci.base.repository import root
from ci.importing import importing, selection, sources
from ci.importing.selection import selects
from tests.harness.importing.conftest import Import

WORKLOAD = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers: [{{name: {name}, image: "{image}", ports: [{{containerPort: 8080}}]{more}}}]
---
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{app: {app}}}, ports: [{{port: 80, targetPort: 8080}}]}}
---
"""


def workload(name: str, image: str = "myrepo/shop:1", more: str = "") -> str:
    return WORKLOAD.format(name=name, image=image, more=more and f", {more}")


def service(name: str, app: str = "") -> str:
    return SERVICE.format(name=name, app=app or name)


TWO = workload("cart", "cart:1") + service("cart") + workload("web", "web:1") + service("frontend", "web")


def test_of_several_services_one_has_to_be_chosen(import_: Import) -> None:
    with pytest.raises(UserError) as refused:
        import_(TWO)
    assert str(refused.value) == (
        "the workloads are cart, web: import one service at a time, with --service NAME"
    )
    with pytest.raises(UserError, match="there is no service 'shop'; the workloads are cart, web"):
        import_(TWO, service="shop")


@pytest.mark.parametrize("name", ["web", "frontend"])
def test_a_service_is_chosen_by_the_name_of_its_deployment_or_service(name: str, import_: Import) -> None:
    imported = import_(TWO, service=name)
    assert imported.values["image"] == {"repository": "web", "tag": "1"}
    assert "of other services: 2 objects; import each with --service NAME" in imported.report


def test_the_name_that_others_call_stays(import_: Import) -> None:
    imported = import_(workload("web") + service("frontend", "web"), service="shop")
    assert imported.values["fullnameOverride"] == "frontend"
    assert imported.section("changed in name") == ["Deployment web is now frontend"]


def test_deployments_of_the_same_image_become_workers(import_: Import) -> None:
    web = workload("web", more="env: [{name: A, value: a}, {name: B, value: b}]") + service("web")
    mail = workload("mail", more="args: [mail], env: [{name: A, value: x}]").replace(
        "  selector", "  replicas: 2\n  selector"
    )
    imported = import_(web + mail.replace(", ports: [{containerPort: 8080}]", ""))
    assert imported.values["workers"] == {
        "mail": {
            "args": ["mail"],
            "replicaCount": 2,
            "env": {"A": "x", "B": None},
            "podLabels": {"app": "mail"},
        }
    }
    assert imported.section("changed in name") == ["Deployment mail is now web-mail"]
    assert imported.section("not carried over") == []
    assert {
        "workers: {mail: {minReadySeconds: 0}}",
        "workers: {mail: {podDisruptionBudget: {enabled: false}}}",
    } <= {*imported.section("made safer")}


def test_an_exact_import_takes_back_what_is_safer_of_workers_too(import_: Import) -> None:
    imported = import_(workload("web") + service("web") + workload("mail", more="args: [mail]"), exact=True)
    assert imported.section("made safer") == []
    assert imported.section("not carried over") == []


def test_a_deployment_that_no_worker_can_be_comes_along_as_it_is(import_: Import) -> None:
    mail = workload("mail", more="args: [mail], workingDir: /srv")
    imported = import_(workload("web") + service("web") + mail)
    (kept,) = imported.values["extraObjects"]
    assert kept["metadata"]["name"] == "mail"
    assert imported.section("not carried over") == []


def test_without_a_workload_that_the_chart_makes_nothing_can_be_imported(import_: Import) -> None:
    with pytest.raises(UserError) as refused:
        import_(workload("db").replace("Deployment", "DaemonSet"))
    assert str(refused.value) == (
        "there is no Deployment or StatefulSet among the 1 object(s) (DaemonSet); "
        "the chart makes one of these of a service, so a DaemonSet cannot be imported"
    )


def test_an_existing_file_is_only_replaced_with_force(tmp_path: Path, import_: Import) -> None:
    file = tmp_path / "values.yaml"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match="is there already; choose another --output, or replace it"):
        import_(workload("web"), output=str(file))
    assert file.read_text(encoding="utf-8") == "mine"
    import_manifests = tmp_path / "web.yaml"
    import_manifests.write_text(workload("web"), encoding="utf-8")
    importing.run([str(import_manifests)], output=str(file), force=True)
    assert file.read_text(encoding="utf-8").startswith("image: {repository: myrepo/shop")


def test_a_file_in_this_repository_names_the_schema(import_: Import, tmp_path: Path) -> None:
    manifests = tmp_path / "web.yaml"
    manifests.write_text(workload("web"), encoding="utf-8")
    file = root() / "dist" / "imported" / "web.yaml"
    try:
        importing.run([str(manifests)], output=str(file))
        first = file.read_text(encoding="utf-8").splitlines()[0]
    finally:
        file.unlink(missing_ok=True)
        file.parent.rmdir()
    schema = "../../charts/microservice/values.schema.json"
    assert first == f"# yaml-language-server: $schema={schema}"


def test_values_that_the_chart_refuses_are_printed_with_its_reasons(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifests = tmp_path / "web.yaml"
    more = "resources: {requests: {cpu: 2}, limits: {cpu: 1}}"
    manifests.write_text(workload("web", more=more), encoding="utf-8")
    with pytest.raises(
        UserError, match="the chart refuses the values above, so nothing is proven"
    ) as refused:
        importing.run([str(manifests)])
    assert "resources.requests.cpu" in str(refused.value)
    assert "repository: myrepo/shop" in capsys.readouterr().out


def test_a_secret_with_binary_data_keeps_its_bytes(import_: Import) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\ndata: {key: /w==, text: YQ==}\n---\n"
    more = "volumeMounts: [{name: keys, mountPath: /keys}]"
    pod = workload("web", more=more).replace(
        "    spec:\n", "    spec:\n      volumes: [{name: keys, secret: {secretName: keys}}]\n"
    )
    imported = import_(pod + secret, secrets=True)
    assert imported.values["secret"] == {
        "files": {"text": "a"},
        "binaryFiles": {"key": "/w=="},
        "mountPath": "/keys",
    }
    assert imported.section("not carried over") == []
    assert "/w==" not in imported.report


@pytest.mark.parametrize(
    ("written", "wrong", "problem"),
    [
        (
            "containers: [{name: web",
            "containers: {a: [{name: web",
            "spec.template.spec.containers: ",
        ),
        ("ports: [{containerPort: 8080}]", "ports: 8080", "spec.template.spec.containers[0].ports: 8080"),
        ("{name: web, image", "{name: web, env: {A: b}, image", "spec.template.spec.containers[0].env: "),
    ],
)
def test_a_field_of_a_wrong_type_is_named(written: str, wrong: str, problem: str, import_: Import) -> None:
    manifests = workload("web").replace(written, wrong)
    if "{a:" in wrong:
        manifests = manifests.replace("]}]", "]}]}")
    with pytest.raises(UserError) as refused:
        import_(manifests)
    assert f"apps/v1 Deployment web: {problem}" in str(refused.value)
    assert str(refused.value).endswith("1 problem(s) found; nothing was imported")


def test_fields_that_kubernetes_does_not_know_are_named_beside_the_reasons_of_the_chart(
    import_: Import,
) -> None:
    with pytest.raises(UserError) as refused:
        import_(workload("web", more="prots: [80]"))
    assert "apps/v1 Deployment web: spec.template.spec.containers[0]: unknown field prots" in str(
        refused.value
    )
    assert "tmp" not in str(refused.value)


def test_a_deployment_without_a_selector_is_refused(import_: Import) -> None:
    manifests = workload("web").replace("  selector: {matchLabels: {app: web}}\n", "")
    with pytest.raises(UserError, match=r"Deployment web: there is no spec\.selector; Kubernetes refuses it"):
        import_(manifests)


def test_a_kind_that_is_not_known_here_is_an_extra_object(import_: Import) -> None:
    widget = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: 5\n---\n"
    imported = import_(workload("web") + widget)
    assert imported.values["extraObjects"] == [
        {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": 5}
    ]
    assert imported.section("not carried over") == []


def test_an_object_of_the_pods_of_another_name_selects_them_in_the_release_too(import_: Import) -> None:
    imported = import_(workload("web") + service("web") + service("peers", "web"))
    (template,) = imported.values["extraObjects"]
    assert '  selector: {{- include "microservice.selectorLabels" . | nindent 4 }}' in template
    assert imported.section("not carried over") == []


def test_five_thousand_lines_are_imported(import_: Import) -> None:
    widget = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {{name: w{}}}\n---\n"
    many = "".join(widget.format(number) for number in range(1250))
    imported = import_(workload("web") + many)
    assert len(imported.values["extraObjects"]) == 1250


def test_the_work_grows_with_the_number_of_services_and_not_faster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, compared = tmp_path / "many.yaml", Counter[int]()

    def counted(selector: object, labels: Mapping[str, str]) -> bool:
        compared[number] += 1
        return selects(selector, labels)

    monkeypatch.setattr(selection, "selects", counted)
    for number in (50, 100):
        names = [f"s{each}" for each in range(number)]
        file.write_text("".join(workload(name, name) + service(name) for name in names), encoding="utf-8")
        found = selection.select(sources.read([str(file)]), "s7")
        assert len(found.objects) == 2
    assert compared[100] <= 2.1 * compared[50]


def test_what_also_selects_the_pods_of_others_stays_as_it_is(import_: Import) -> None:
    labelled = TWO.replace("labels: {app: cart}", "labels: {app: cart, tier: back}")
    labelled = labelled.replace("labels: {app: web}", "labels: {app: web, tier: back}")
    policy = (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: back}\n"
        "spec: {podSelector: {matchLabels: {tier: back}}, ingress: [{from: [{podSelector: {}}]}]}\n"
    )
    imported = import_(labelled + policy, service="cart")
    (kept,) = imported.values["extraObjects"]
    assert kept["spec"]["podSelector"] == {"matchLabels": {"tier": "back"}}
    assert "networkPolicy" not in imported.values
    assert imported.section("not carried over") == []


CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{{key}: x}}\n---\n"


@pytest.mark.parametrize(
    ("sources", "config"),
    [
        ("[{configMapRef: {name: a}}, {secretRef: {name: s}}]", {"data": {"A": "x"}}),
        ("[{configMapRef: {name: other}}, {configMapRef: {name: a}}]", {"existing": ["other", "a"]}),
        ("[{secretRef: {name: s}}, {configMapRef: {name: a}}]", None),
        ("[{configMapRef: {name: a, optional: true}}]", None),
        ("[{prefix: P_, configMapRef: {name: a}}]", None),
    ],
)
def test_the_order_of_sources_of_variables_stays_since_later_ones_count(
    sources: str, config: object, import_: Import
) -> None:
    imported = import_(workload("web", more=f"envFrom: {sources}") + CONFIG.format(name="a", key="A"))
    assert imported.section("not carried over") == []
    assert imported.values.get("config") == config
    assert ("envFrom" in imported.values) == (config is None)


JOBS = """
apiVersion: batch/v1beta1
kind: CronJob
metadata: {name: web-clean}
spec:
  schedule: "0 3 * * *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: OnFailure, containers: [
    {name: clean, image: "myrepo/shop:1", command: [clean],
     env: [{name: A, value: "1"}, {name: C, value: "3"}]}]}}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: web-migrate}
spec: {template: {spec: {restartPolicy: Never, containers: [
  {name: migrate, image: "myrepo/shop:1", command: [migrate],
   env: [{name: A, value: "1"}, {name: B, value: "2"}]}]}}}
---
"""
WITH_JOBS = (
    workload("web", more='env: [{name: A, value: "1"}, {name: B, value: "2"}]') + service("web") + JOBS
)


def test_jobs_of_the_same_image_have_what_differs_from_the_service(import_: Import) -> None:
    imported = import_(WITH_JOBS)
    assert imported.values["migration"] == {"enabled": True, "command": ["migrate"]}
    assert imported.values["cronJobs"] == {
        "clean": {
            "schedule": "0 3 * * *",
            "command": ["clean"],
            "env": {"B": None, "C": "3"},
            "restartPolicy": "OnFailure",
        }
    }
    lost = imported.section("not carried over")
    assert all(line.startswith("Job web-migration: ") for line in lost)


def test_a_job_has_its_own_settings_and_is_an_object_where_its_pod_has_more(import_: Import) -> None:
    own = {"parallelism": 2, "ttlSecondsAfterFinished": 60}
    placed = {"nodeSelector": {"disk": "ssd"}, "tolerations": [{"key": "gpu", "operator": "Exists"}]}
    placed["affinity"] = {"nodeAffinity": {}}
    pod = {"terminationGracePeriodSeconds": 5, **placed, "restartPolicy": "Never"}
    text = JOBS.replace("{spec: {template", f"{{spec: {{{json.dumps(own)[1:-1]}, template")
    text = text.replace("{restartPolicy: OnFailure", f"{{{json.dumps(pod)[1:-1]}")
    (job,) = import_(workload("web") + text).values["cronJobs"].values()
    assert job == job | own | placed | {"terminationGracePeriodSeconds": 5}
    more = "volumes: [{name: work, emptyDir: {}}]"
    imported = import_(workload("web") + JOBS.replace("{restartPolicy: O", f"{{{more}, restartPolicy: O"))
    assert "cronJobs" not in imported.values
    assert [made["kind"] for made in imported.values["extraObjects"]] == ["CronJob"]


def test_a_job_whose_pods_have_indexes_stays_an_object(import_: Import) -> None:
    rule = {"action": "FailIndex", "onExitCodes": {"operator": "In", "values": [3]}}
    own = {"completionMode": "Indexed", "completions": 2, "backoffLimitPerIndex": 1}
    own |= {"podFailurePolicy": {"rules": [rule]}}
    text = JOBS.replace("{spec: {template", f"{{spec: {{{json.dumps(own)[1:-1]}, template")
    imported = import_(workload("web") + text.replace("OnFailure", "Never"))
    (job,) = imported.values["extraObjects"]
    assert job["spec"]["jobTemplate"]["spec"] == job["spec"]["jobTemplate"]["spec"] | own


def test_an_exact_import_leaves_jobs_that_the_chart_makes_in_another_way_as_they_are(import_: Import) -> None:
    other = WITH_JOBS.replace("command: [clean],", "command: [clean], securityContext: {runAsUser: 7},")
    imported = import_(other, exact=True)
    assert [made["kind"] for made in imported.values["extraObjects"]] == ["CronJob", "Job"]
    assert imported.section("not carried over") == []


def test_annotations_of_an_object_are_in_the_block_that_makes_it(import_: Import) -> None:
    kept = "metadata: {name: shop, annotations: {example.com/owner: team-a}}"
    scaler = f"""
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
{kept}
spec: {{scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: shop}}, maxReplicas: 4}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
{kept}
spec: {{selector: {{matchLabels: {{app: shop}}}}, maxUnavailable: 1}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
{kept}
spec: {{podSelector: {{matchLabels: {{app: shop}}}}, ingress: [{{ports: [{{port: 8080}}]}}]}}
"""
    values = import_(workload("shop") + service("shop") + scaler).values
    for block in ("autoscaling", "podDisruptionBudget", "networkPolicy"):
        assert values[block]["annotations"] == {"example.com/owner": "team-a"}, block


def test_further_services_ingresses_and_routes_keep_their_names(import_: Import) -> None:
    ingress = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {}}}
spec:
  rules:
    - host: {}
      http:
        paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: web, port: {{number: 80}}}}}}}}]
---
"""
    route = """
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: web-rpc}
spec: {parentRefs: [{name: gateway}], rules: [{backendRefs: [{name: web, port: 80}]}]}
---
"""
    manifests = (
        workload("web")
        + service("web")
        + service("web-admin", "web")
        + ingress.format("public", "a.example.com")
        + ingress.format("web-internal", "b.example.com")
        + route
    )
    imported = import_(manifests)
    assert imported.values["extraServices"] == {"admin": {"ports": [{"port": 80, "targetPort": "http"}]}}
    assert imported.values["ingress"] == {"enabled": True, "hosts": [{"host": "a.example.com"}]}
    assert imported.values["extraIngresses"] == {"internal": {"hosts": [{"host": "b.example.com"}]}}
    assert imported.values["extraRoutes"] == {
        "rpc": {"kind": "GRPCRoute", "parentRefs": [{"name": "gateway"}]}
    }
    assert imported.section("changed in name") == ["Ingress public is now web"]
    assert imported.section("not carried over") == []


def test_what_only_the_main_container_may_do_is_its_own(import_: Import) -> None:
    more = "securityContext: {runAsUser: 1000, capabilities: {add: [NET_BIND_SERVICE], drop: [ALL]}}"
    side = ", {name: side, image: side:1, securityContext: {runAsUser: 1000}}]"
    manifests = workload("web", more=more).replace("}]\n", "}" + side + "\n")
    values = import_(manifests, exact=True).values
    assert values["securityContext"] == {"runAsUser": 1000}
    capabilities = {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}
    assert values["containerSecurityContext"] == {"capabilities": capabilities}


def test_ports_of_a_mesh_are_told_from_those_of_the_service(import_: Import) -> None:
    policy = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, labels: {tier: edge}}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
  ingress: [{from: [{podSelector: {}}], ports: [{port: 8080, protocol: TCP}, {port: 15008, protocol: TCP}]}]
  egress: [{ports: [{port: 5353, protocol: UDP}, {port: 5353, protocol: TCP}]}]
"""
    imported = import_(workload("web") + service("web") + policy)
    assert imported.values["networkPolicy"] == {
        "labels": {"tier": "edge"},
        "ingress": {"from": [{"podSelector": {}}]},
        "egress": [],
        "dnsPorts": [5353],
        "meshPorts": [15008],
    }
    assert imported.section("not carried over") == []


DATABASE = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 2
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
        - name: db
          image: db:1
          ports: [{containerPort: 8080}]
          volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
    - metadata: {name: data, labels: {backup: daily}}
      spec: {accessModes: [ReadWriteOnce], storageClassName: fast, resources: {requests: {storage: 10Gi}}}
---
"""
HEADLESS = SERVICE.format(name="db", app="db").replace("{selector", "{clusterIP: None, selector")


def test_a_stateful_set_keeps_the_claims_of_its_pods(import_: Import) -> None:
    imported = import_(DATABASE + HEADLESS, exact=True)
    assert imported.values["kind"] == "StatefulSet"
    claim = {"size": "10Gi", "storageClassName": "fast", "labels": {"backup": "daily"}}
    assert imported.values["volumes"]["data"] == {"claim": claim, "mountPath": "/data"}
    assert imported.values["service"]["clusterIP"] == "None"
    assert imported.section("not carried over") == [
        'StatefulSet db: spec.serviceName: "db" -> "db-headless": '
        "each pod is called by a name below <name>-headless",
        'StatefulSet db: spec.podManagementPolicy: "Parallel": '
        "pods start side by side, so that one that never becomes ready can be replaced",
    ]


def test_claims_that_pods_of_another_name_do_not_find_are_named(import_: Import) -> None:
    renamed = import_(DATABASE + HEADLESS.replace("name: db", "name: postgres"), exact=True)
    assert renamed.section("not carried over")[0] == (
        "StatefulSet db: its claims (data-db-0, ...): those of postgres begin empty"
    )
