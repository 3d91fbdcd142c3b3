"""Volumes: what they are, where the main container finds them, and the claims that come with them."""

from __future__ import annotations

import pytest

from ci.kubernetes.manifests import Object
from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered, with_both_engines

# What Helm and Argo CD keep an object by.
KEPT = {
    "argocd.argoproj.io/compare-options": "IgnoreExtraneous",
    "argocd.argoproj.io/sync-options": "Prune=false",
    "helm.sh/resource-policy": "keep",
}


def volumes(rendered: Rendered) -> dict[str, Object]:
    """The pod's volumes by name, without the name."""
    return {
        volume["name"]: {key: value for key, value in volume.items() if key != "name"}
        for volume in rendered.pod.get("volumes", [])
    }


def mounts(rendered: Rendered, name: str) -> list[Object]:
    """Where the main container mounts a volume, without its name."""
    return [
        {key: value for key, value in mount.items() if key != "name"}
        for mount in rendered.container.get("volumeMounts", [])
        if mount["name"] == name
    ]


def test_tmp_can_be_written_by_default(render_case: CaseRenderer) -> None:
    rendered = render_case("defaults")
    assert volumes(rendered) == {"tmp": {"emptyDir": {"sizeLimit": "1Gi"}}}
    assert mounts(rendered, "tmp") == [{"mountPath": "/tmp"}]  # noqa: S108


@pytest.mark.parametrize("name", ["removals", "volumes"], ids=["null", "enabled: false"])
@with_both_engines
def test_a_volume_is_removed_by_null_and_by_enabled_false(
    engine: int, name: str, render_case: CaseRenderer
) -> None:
    rendered = render_case(name, engine=engine)
    assert "tmp" not in volumes(rendered)
    assert mounts(rendered, "tmp") == []


CHANGES = """
config: {files: {a: a}}
secret: {files: {b: b}}
volumes:
  tmp: {emptyDir: {sizeLimit: 2Gi}, mountPath: /scratch, subPath: api}
  data: {claim: {size: 1Gi, storageClassName: ""}, mountPath: /data}
  "off": {enabled: false, claim: {size: 1Gi}, mountPath: /off}
  config: {configMap: {name: elsewhere}, mountPath: /elsewhere}
  secret: {enabled: false}
"""


def test_a_default_volume_takes_settings_of_the_users(render_chart: ChartRenderer) -> None:
    rendered = render_chart(CHANGES)
    assert volumes(rendered)["tmp"] == {"emptyDir": {"sizeLimit": "2Gi"}}
    assert mounts(rendered, "tmp") == [{"mountPath": "/scratch", "subPath": "api"}]


@with_both_engines
def test_null_removes_the_limit_of_tmp(engine: int, render_chart: ChartRenderer) -> None:
    rendered = render_chart("volumes: {tmp: {emptyDir: {sizeLimit: null}}}", engine=engine)
    assert volumes(rendered) == {"tmp": {"emptyDir": {}}}


MOVABLE = "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"


def movable(rendered: Rendered) -> str | None:
    """The volumes that keep no node from being removed."""
    found: str | None = rendered.pod_metadata.get("annotations", {}).get(MOVABLE)
    return found


def test_a_node_can_be_removed_although_tmp_is_there(render_case: CaseRenderer) -> None:
    assert movable(render_case("defaults")) == "tmp"


@pytest.mark.parametrize(
    "values",
    [
        "volumes: {tmp: {enabled: false}}",
        "volumes: {tmp: {claim: {size: 1Gi}}}",
        "volumes: {tmp: {hostPath: {path: /var/tmp}}}",
    ],
)
def test_a_tmp_that_is_something_else_is_not_for_the_chart_to_lose(
    values: str, render_chart: ChartRenderer
) -> None:
    assert movable(render_chart(values)) is None


@pytest.mark.parametrize("block", ["podAnnotations", "commonAnnotations"])
@with_both_engines
def test_an_own_list_of_such_volumes_counts_and_null_removes_it(
    engine: int, block: str, render_chart: ChartRenderer
) -> None:
    assert movable(render_chart(f"{block}: {{{MOVABLE}: 'tmp,cache'}}", engine=engine)) == "tmp,cache"
    assert movable(render_chart(f"{block}: {{{MOVABLE}: null}}", engine=engine)) is None


def test_the_pods_of_jobs_keep_their_node(render_case: CaseRenderer) -> None:
    jobs = render_case("cronjobs").all("CronJob").values()
    assert jobs
    assert MOVABLE not in str(list(jobs))


def test_sources_are_rendered_as_written(render_case: CaseRenderer) -> None:
    found = volumes(render_case("volumes"))
    assert found["cache"] == {"emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}}
    assert found["certs"] == {"secret": {"secretName": "api-certificates", "defaultMode": 0o400}}
    assert found["downward"] == {
        "downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}
    }


def test_fields_of_a_mount_are_written_beside_its_path(render_case: CaseRenderer) -> None:
    assert mounts(render_case("volumes"), "certs") == [{"mountPath": "/certs", "readOnly": True}]


def test_options_of_a_mount_are_written_beside_its_path(render_chart: ChartRenderer) -> None:
    rendered = render_chart("volumes: {tmp: {bindMountOptions: [noexec]}}")
    assert mounts(rendered, "tmp") == [{"mountPath": "/tmp", "bindMountOptions": ["noexec"]}]  # noqa: S108


def test_one_volume_can_be_mounted_several_times(render_case: CaseRenderer) -> None:
    assert mounts(render_case("volumes"), "shared") == [
        {"mountPath": "/in", "subPath": "in"},
        {"mountPath": "/out", "subPath": "out"},
    ]


def test_a_volume_without_a_path_is_there_for_other_containers(render_case: CaseRenderer) -> None:
    rendered = render_case("volumes")
    assert volumes(rendered)["declared"] == {"emptyDir": {}}
    assert mounts(rendered, "declared") == []


def test_a_claim_is_made_under_the_applications_name(render_case: CaseRenderer) -> None:
    rendered = render_case("volumes")
    claim = rendered.all("PersistentVolumeClaim")["volumes-data"]
    assert claim["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "fast",
        "resources": {"requests": {"storage": "10Gi"}},
    }
    assert volumes(rendered)["data"] == {"persistentVolumeClaim": {"claimName": "volumes-data"}}


def test_a_claim_can_be_for_many_nodes(render_case: CaseRenderer) -> None:
    claim = render_case("volumes").all("PersistentVolumeClaim")["volumes-shared"]
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]


def test_a_claim_outlives_the_release_unless_it_is_not_to_be_retained(render_case: CaseRenderer) -> None:
    claims = render_case("volumes").all("PersistentVolumeClaim")
    assert claims["volumes-data"]["metadata"]["annotations"] == {
        "backup": "daily",
        **KEPT,
    }
    assert "annotations" not in claims["volumes-shared"]["metadata"]


def test_a_job_without_the_volumes_has_no_devices_of_them(render_chart: ChartRenderer) -> None:
    rendered = render_chart("""
    volumes: {disk: {claim: {size: 1Gi, volumeMode: Block}}}
    containerSpec: {volumeDevices: [{name: disk, devicePath: /dev/disk}]}
    cronJobs:
      none: {schedule: "@daily", command: [a]}
      all: {schedule: "@daily", command: [a], volumes: true}
    """)
    devices = {
        name: job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0].get("volumeDevices")
        for name, job in rendered.all("CronJob").items()
    }
    assert devices == {"api-none": None, "api-all": rendered.container["volumeDevices"]}


def test_a_job_which_never_restarts_is_not_resized(render_chart: ChartRenderer) -> None:
    rendered = render_chart("""
    containerSpec: {workingDir: /srv, resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}]}
    cronJobs: {clean: {schedule: "@daily", command: [a]}}
    """)
    (container,) = rendered.one("CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert (container["workingDir"], "resizePolicy" in container) == ("/srv", False)
    assert "resizePolicy" in rendered.container


def test_null_leaves_a_claim_retained(render_chart: ChartRenderer) -> None:
    claim = render_chart("volumes: {a: {claim: {size: 1Gi, retain: null}}}").one("PersistentVolumeClaim")
    assert claim["metadata"]["annotations"] == KEPT


SYNC = "argocd.argoproj.io/sync-options"


@pytest.mark.parametrize(
    ("values", "rendered"),
    [
        (
            f"volumes: {{a: {{claim: {{annotations: {{{SYNC}: 'Delete=false, Replace=true'}}}}}}}}",
            "Delete=false, Replace=true,Prune=false",
        ),
        (f"commonAnnotations: {{{SYNC}: ServerSideApply=true}}", "ServerSideApply=true,Prune=false"),
        (f"volumes: {{a: {{claim: {{annotations: {{{SYNC}: Prune=confirm}}}}}}}}", "Prune=confirm"),
        (f"volumes: {{a: {{claim: {{annotations: {{{SYNC}: null}}}}}}}}", "Prune=false"),
    ],
    ids=["of the claim", "common", "of pruning", "null"],
)
def test_what_somebody_tells_argo_cd_about_a_claim_is_added_to_or_decides(
    values: str, rendered: str, render_chart: ChartRenderer
) -> None:
    claim = render_chart("volumes: {a: {claim: {size: 1Gi}}}", values).one("PersistentVolumeClaim")
    assert claim["metadata"]["annotations"][SYNC] == rendered


def test_a_claim_that_is_not_retained_is_pruned(render_chart: ChartRenderer) -> None:
    gone = render_chart("volumes: {a: {claim: {size: 1Gi, retain: false}}}").one("PersistentVolumeClaim")
    assert "annotations" not in gone["metadata"]


def test_a_claim_can_ask_for_no_storage_class_at_all(render_chart: ChartRenderer) -> None:
    assert render_chart(CHANGES).one("PersistentVolumeClaim")["spec"]["storageClassName"] == ""


def test_a_disabled_volume_makes_no_claim(render_chart: ChartRenderer) -> None:
    rendered = render_chart(CHANGES)
    assert rendered.all("PersistentVolumeClaim").keys() == {"api-data"}
    assert "off" not in volumes(rendered)
    assert mounts(rendered, "off") == []


def test_fields_for_the_files_override_their_volumes(render_case: CaseRenderer) -> None:
    found = volumes(render_case("config"))
    assert found["config"] == {"configMap": {"name": "config-files", "defaultMode": 0o440}}
    assert found["secret"] == {
        "secret": {
            "secretName": "config-secret-files",
            "items": [{"key": "key.pem", "path": "tls/key.pem", "mode": 0o400}],
        }
    }


def test_mounts_that_are_written_replace_the_one_of_the_files(render_case: CaseRenderer) -> None:
    assert mounts(render_case("config"), "secret") == [
        {"mountPath": "/run/key.pem", "subPath": "tls/key.pem", "readOnly": True}
    ]


def test_another_source_replaces_the_files_volume(render_chart: ChartRenderer) -> None:
    rendered = render_chart(CHANGES)
    assert volumes(rendered)["config"] == {"configMap": {"name": "elsewhere"}}
    assert mounts(rendered, "config") == [{"mountPath": "/elsewhere"}]


def test_the_volume_of_the_files_can_be_disabled(render_chart: ChartRenderer) -> None:
    rendered = render_chart(CHANGES)
    assert "secret" not in volumes(rendered)
    assert mounts(rendered, "secret") == []


@pytest.mark.parametrize(
    "source", ["hostPath: {path: /x}", "claim: {size: 1Gi}", "emptyDir: {medium: Memory}"]
)
def test_the_default_of_tmp_gives_way_to_another_source(source: str, render_chart: ChartRenderer) -> None:
    (name,) = volumes(render_chart(f"volumes: {{tmp: {{{source}}}}}"))["tmp"]
    assert name == source.partition(":")[0].replace("claim", "persistentVolumeClaim")


def test_an_empty_path_declares_a_volume_and_mounts_it_nowhere(render_chart: ChartRenderer) -> None:
    rendered = render_chart("volumes: {tmp: {mountPath: ''}}")
    assert "tmp" in volumes(rendered)
    assert mounts(rendered, "tmp") == []


def test_settings_for_files_are_nothing_where_there_are_no_files(render_chart: ChartRenderer) -> None:
    assert volumes(render_chart("volumes: {config: {defaultMode: 0440}}")).keys() == {"tmp"}
