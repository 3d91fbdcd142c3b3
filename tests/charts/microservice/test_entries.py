"""What the pods of workers, cron jobs, the migration and the tests inherit, and what they say themselves."""

from __future__ import annotations

import json

import pytest

from ci.kubernetes.manifests import Object
from tests.support.rendering import ChartRenderer, Rendered, with_both_engines

# The kinds of entries: the values that make one of some keys, and the kind of its object.
KINDS = {
    "worker": ("workers: {{run: {{command: [run], {}}}}}", "Deployment", "api-run"),
    "cron job": ("cronJobs: {{run: {{schedule: '@daily', command: [run], {}}}}}", "CronJob", "api-run"),
    "migration": ("migration: {{enabled: true, command: [run], {}}}", "Job", "api-migration"),
    "tests": ("tests: {{{}}}", "Pod", "api-test"),
}
JOBS = ["cron job", "migration"]
PROCESSES = ["worker", *JOBS]

every_kind = pytest.mark.parametrize("kind", KINDS)
every_process = pytest.mark.parametrize("kind", PROCESSES)
every_job = pytest.mark.parametrize("kind", JOBS)


def template(rendered: Rendered, kind: str) -> Object:
    """The pod, or its template, of an entry of a kind."""
    _, object_kind, name = KINDS[kind]
    found: Object = rendered.all(object_kind)[name]
    if object_kind == "CronJob":
        found = found["spec"]["jobTemplate"]
    return found if object_kind == "Pod" else found["spec"]["template"]


@pytest.fixture
def pod(render_chart: ChartRenderer) -> Pod:
    return Pod(render_chart)


class Pod:
    """Renders the pod of an entry, with ``keys`` of its own in a service with ``values``."""

    def __init__(self, render_chart: ChartRenderer) -> None:
        self._render_chart = render_chart

    def __call__(self, kind: str, keys: str = "", values: str = "{}", engine: int | None = None) -> Object:
        written = KINDS[kind][0].format(keys)
        return template(self._render_chart(values, written, engine=engine), kind)


@with_both_engines
@every_kind
def test_annotations_and_labels_are_laid_over_and_null_takes_one_away(
    engine: int, kind: str, pod: Pod
) -> None:
    values = """
        commonLabels: {a: common, b: common}
        commonAnnotations: {a: common, b: common}
        podLabels: {c: service, d: service}
        podAnnotations: {c: service, d: service}
    """
    own = "{b: null, d: null, c: own, e: own}"
    metadata = pod(kind, f"podLabels: {own}, podAnnotations: {own}", values, engine)["metadata"]
    kept = {"a": "common", "c": "own", "e": "own"}
    assert {name: value for name, value in metadata["labels"].items() if "/" not in name} == kept
    assert {name: value for name, value in metadata["annotations"].items() if "/" not in name} == kept


@every_kind
def test_a_pod_goes_where_the_services_go(kind: str, pod: Pod) -> None:
    values = """
        nodeSelector: {disk: ssd}
        tolerations: [{key: gpu}]
        affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: []}}
    """
    spec = pod(kind, "", values)["spec"]
    assert (spec["nodeSelector"], spec["tolerations"]) == ({"disk": "ssd"}, [{"key": "gpu"}])
    assert "nodeAffinity" in spec["affinity"]


@with_both_engines
@every_kind
def test_a_pod_can_go_elsewhere(engine: int, kind: str, pod: Pod) -> None:
    values = """
        nodeSelector: {disk: ssd, zone: a}
        tolerations: [{key: gpu}]
        affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: []}}
    """
    own = "nodeSelector: {disk: null, arch: arm}, tolerations: [], affinity: {nodeAffinity: null}"
    spec = pod(kind, own, values, engine)["spec"]
    assert spec["nodeSelector"] == {"zone": "a", "arch": "arm"}
    assert not spec.get("tolerations")
    assert "nodeAffinity" not in spec.get("affinity", {})


MESH = """
    podAnnotations:
      sidecar.istio.io/inject: "true"
      linkerd.io/inject: enabled
      config.linkerd.io/skip-outbound-ports: "5432"
      dapr.io/enabled: "true"
      vault.hashicorp.com/agent-inject: "true"
      prometheus.io/scrape: "true"
      backup: "no"
    commonAnnotations: {consul.hashicorp.com/connect-inject: "true"}
    podLabels: {sidecar.istio.io/inject: "true", azure.workload.identity/use: "true"}
"""


@every_job
def test_meshes_injectors_and_scrapers_find_no_job(kind: str, pod: Pod) -> None:
    metadata = pod(kind, "", MESH)["metadata"]
    assert metadata["annotations"].keys() == {"backup"}
    assert "sidecar.istio.io/inject" not in metadata["labels"]
    assert metadata["labels"]["azure.workload.identity/use"] == "true"


def test_the_test_pod_has_nothing_by_which_others_find_the_services_pods(pod: Pod) -> None:
    metadata = pod("tests", "", MESH + "    commonLabels: {team: a}")["metadata"]
    assert all(name.startswith("helm.sh/") for name in metadata["annotations"])
    assert {name for name in metadata["labels"] if not name.startswith(("app.", "helm."))} == {"team"}


def test_meshes_injectors_and_scrapers_find_workers(pod: Pod) -> None:
    metadata = pod("worker", "", MESH)["metadata"]
    assert {"dapr.io/enabled", "prometheus.io/scrape"} < metadata["annotations"].keys()
    assert metadata["labels"]["sidecar.istio.io/inject"] == "true"


def test_a_job_can_ask_for_a_sidecar_itself(pod: Pod) -> None:
    own = 'podAnnotations: {linkerd.io/inject: enabled}, podLabels: {sidecar.istio.io/inject: "true"}'
    metadata = pod("cron job", own, MESH)["metadata"]
    assert metadata["annotations"] == {"backup": "no", "linkerd.io/inject": "enabled"}
    assert metadata["labels"]["sidecar.istio.io/inject"] == "true"


@every_kind
def test_the_profile_of_a_container_that_is_not_there_is_left_out(kind: str, pod: Pod) -> None:
    profile = "container.apparmor.security.beta.kubernetes.io"
    values = f"""
        extraContainers: [{{name: side, image: "side:1"}}]
        podAnnotations: {{{profile}/side: runtime/default}}
    """
    assert f"{profile}/side" not in pod(kind, "", values)["metadata"].get("annotations", {})


def test_the_test_pod_has_no_profile_of_the_main_container(pod: Pod) -> None:
    profile = "container.apparmor.security.beta.kubernetes.io/api"
    assert (
        profile
        not in pod("tests", "", f"commonAnnotations: {{{profile}: runtime/default}}")["metadata"][
            "annotations"
        ]
    )


@every_process
def test_a_container_of_ones_own_keeps_its_profile(kind: str, pod: Pod) -> None:
    profile = "container.apparmor.security.beta.kubernetes.io"
    values = f"podAnnotations: {{{profile}/api: runtime/default, {profile}/side: runtime/default}}"
    own = "extraContainers: [{name: side, image: 'side:1'}]"
    service = 'extraContainers: [{name: side, image: "side:1"}]\n'
    assert {f"{profile}/api", f"{profile}/side"} <= pod(kind, own, service + values)["metadata"][
        "annotations"
    ].keys()


@every_process
def test_sidecars_are_ones_own(kind: str, pod: Pod) -> None:
    values = (
        "initContainers: [{name: wait, image: 'wait:1'}]\nextraContainers: [{name: side, image: 'side:1'}]"
    )
    proxy = "{name: proxy, image: 'proxy:1', restartPolicy: Always}"
    assert not pod(kind, "", values)["spec"].get("initContainers")
    spec = pod(
        kind, f"initContainers: [{proxy}], extraContainers: [{{name: more, image: 'more:1'}}]", values
    )["spec"]
    assert [(each["name"], each["restartPolicy"]) for each in spec["initContainers"]] == [("proxy", "Always")]
    assert [each["name"] for each in spec["containers"]] == ["api", "more"]
    assert all(
        each["securityContext"]["runAsNonRoot"] for each in (*spec["initContainers"], *spec["containers"])
    )


@every_process
def test_a_security_context_wins_over_that_of_the_services_main_container(kind: str, pod: Pod) -> None:
    values = "containerSecurityContext: {runAsUser: 1001, runAsGroup: 1001}"
    (container,) = pod(kind, "securityContext: {runAsUser: 1002}", values)["spec"]["containers"]
    context = container["securityContext"]
    assert (context["runAsUser"], context["runAsGroup"]) == (1002, 1001)


@with_both_engines
@every_process
def test_a_security_context_is_laid_over_the_services_and_the_standard(
    engine: int, kind: str, pod: Pod
) -> None:
    values = "securityContext: {runAsUser: 1000, capabilities: {add: [NET_BIND_SERVICE]}}"
    own = "securityContext: {runAsGroup: null, readOnlyRootFilesystem: false, capabilities: {add: null}}"
    (container,) = pod(kind, own, values, engine)["spec"]["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": False,
        "runAsNonRoot": True,
        "runAsUser": 1000,
    }


@every_process
def test_an_account_of_ones_own_has_no_rights_of_the_service(kind: str, pod: Pod) -> None:
    values = "rbac: {rules: [{apiGroups: [''], resources: [pods], verbs: [list]}]}"
    spec = pod(kind, "serviceAccountName: other", values)["spec"]
    assert (spec["serviceAccountName"], spec["automountServiceAccountToken"]) == ("other", False)


@every_process
def test_an_image_is_laid_over_the_services(kind: str, pod: Pod) -> None:
    digest = f"sha256:{'0' * 64}"
    values = f"image: {{registry: ghcr.io, pullPolicy: Always, digest: '{digest}'}}"

    def image(own: str) -> str:
        (container,) = pod(kind, own, values)["spec"]["containers"]
        assert container["imagePullPolicy"] == "Always"
        return str(container["image"])

    assert image("").endswith(f"@{digest}")
    assert image("image: {tag: gpu}") == "ghcr.io/myrepo/api:gpu"
    assert image("image: {repository: other/tool, tag: '2'}") == "ghcr.io/other/tool:2"


@every_process
def test_a_map_of_volumes_adds_those_that_it_names(kind: str, pod: Pod) -> None:
    values = """
        volumes:
          ca: {secret: {secretName: ca}, mountPath: /ca}
          data: {persistentVolumeClaim: {claimName: data}, mountPath: /data}
    """
    spec = pod(kind, "volumes: {ca: {readOnly: true}, cache: {emptyDir: {}, mountPath: /cache}}", values)[
        "spec"
    ]
    assert [volume["name"] for volume in spec["volumes"]] == ["ca", "cache", "tmp"]
    (container,) = spec["containers"]
    assert {"name": "ca", "mountPath": "/ca", "readOnly": True} in container["volumeMounts"]


@with_both_engines
@every_process
def test_null_takes_a_volume_away(engine: int, kind: str, pod: Pod) -> None:
    spec = pod(kind, "volumes: {tmp: null, cache: {emptyDir: {}, mountPath: /cache}}", engine=engine)["spec"]
    assert [volume["name"] for volume in spec["volumes"]] == ["cache"]


@every_process
def test_a_claim_in_the_place_of_files_leaves_tmp_alone(kind: str, pod: Pod) -> None:
    values = "volumes: {config: {claim: {size: 1Gi}, mountPath: /config}}"
    (volume,) = pod(kind, "", values)["spec"]["volumes"]
    assert volume == {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}}


@every_process
def test_all_volumes_are_the_services(kind: str, pod: Pod) -> None:
    values = "volumes: {data: {persistentVolumeClaim: {claimName: data}, mountPath: /data}}"
    names = [volume["name"] for volume in pod(kind, "volumes: true", values)["spec"]["volumes"]]
    assert names == ["data", "tmp"]


@every_process
def test_a_grace_period_of_ones_own(kind: str, pod: Pod) -> None:
    assert pod(kind)["spec"]["terminationGracePeriodSeconds"] == 30
    assert pod(kind, "terminationGracePeriodSeconds: 600")["spec"]["terminationGracePeriodSeconds"] == 600


def job_spec(rendered: Rendered, kind: str) -> Object:
    _, object_kind, name = KINDS[kind]
    spec: Object = rendered.all(object_kind)[name]["spec"]
    return spec["jobTemplate"]["spec"] if object_kind == "CronJob" else spec


@every_job
def test_a_job_has_the_fields_that_are_written(kind: str, render_chart: ChartRenderer) -> None:
    fields = {
        "parallelism": 2,
        "completions": 4,
        "backoffLimit": 3,
        "activeDeadlineSeconds": 60,
        "ttlSecondsAfterFinished": 0,
        "podFailurePolicy": {
            "rules": [{"action": "FailJob", "onExitCodes": {"operator": "In", "values": [42]}}]
        },
    }
    spec = job_spec(render_chart(KINDS[kind][0].format(json.dumps(fields)[1:-1])), kind)
    assert {name: spec[name] for name in fields} == fields
    assert spec["template"]["spec"]["restartPolicy"] == "Never"


@every_job
def test_a_job_may_restart_its_containers(kind: str, pod: Pod) -> None:
    assert pod(kind, "restartPolicy: OnFailure")["spec"]["restartPolicy"] == "OnFailure"


@pytest.mark.parametrize(
    ("keys", "ignored"),
    [
        ("", True),
        ("backoffLimit: 1", False),
        ("restartPolicy: OnFailure", False),
        ("podFailurePolicy: {rules: [{action: FailJob, onExitCodes: {operator: In, values: [1]}}]}", False),
    ],
)
def test_an_eviction_is_no_failure_of_a_migration_that_is_not_retried(
    keys: str, ignored: bool, render_chart: ChartRenderer
) -> None:
    policy = job_spec(render_chart(KINDS["migration"][0].format(keys)), "migration").get("podFailurePolicy")
    disrupted = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    assert (policy == {"rules": [disrupted]}) is ignored


@pytest.mark.parametrize(
    "values",
    [
        "podSecurityStandard: privileged\nsecurityContext: {privileged: true, runAsUser: 0}",
        "podSecurityStandard: baseline\nsecurityContext: {capabilities: {add: [SYS_TIME]}}",
        "podSecurityContext: {fsGroup: 0, sysctls: [{name: net.core.somaxconn, value: '1024'}]}",
        "{}",
    ],
)
def test_the_test_pod_is_restricted_whatever_the_service_may_do(values: str, pod: Pod) -> None:
    spec = pod("tests", values=values)["spec"]
    (container,) = spec["containers"]
    assert spec["securityContext"] == {
        "fsGroup": 10001,
        "fsGroupChangePolicy": "OnRootMismatch",
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsGroup": 10001,
        "runAsNonRoot": True,
        "runAsUser": 10001,
    }


@with_both_engines
def test_a_cluster_may_choose_the_user_of_the_test_pod_too(engine: int, pod: Pod) -> None:
    values = "securityContext: {runAsUser: null, runAsGroup: null}\npodSecurityContext: {fsGroup: null}"
    spec = pod("tests", values=values, engine=engine)["spec"]
    for context in (spec["securityContext"], spec["containers"][0]["securityContext"]):
        assert not context.keys() & {"runAsUser", "runAsGroup", "fsGroup"}
        assert context["runAsNonRoot"]


def test_the_test_pod_requests_as_much_as_a_limit_range_asks_for(pod: Pod) -> None:
    (container,) = pod("tests", "resources: {requests: {memory: 256Mi}, limits: {memory: 256Mi}}")["spec"][
        "containers"
    ]
    assert container["resources"] == {
        "requests": {"cpu": "100m", "memory": "256Mi"},
        "limits": {"cpu": "500m", "memory": "256Mi"},
    }
