"""Values files of any folder get every finding of the repository's own lint, with file, line and key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ci.charts import catalog, overlays
from ci.checks import values_files
from ci.kubernetes.versions import SUPPORTED

IMAGE = 'image: {repository: myrepo/api, tag: "1.2.3"}\n'
Faults = Callable[..., list[str]]


@pytest.fixture
def faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Faults:
    """Write files below a folder, which is the current one, and return what is found in one of them."""
    monkeypatch.chdir(tmp_path)

    def found(word: str, kube_version: str = "", **files: str) -> list[str]:
        for name, text in files.items():
            path = tmp_path / f"{name.replace('__', '/')}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        service = overlays.read(word, tmp_path)
        return [f"{fault.rule}: {fault}" for fault in values_files.faults(service, kube_version)]

    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "env: {A: 0644}",
            "yaml: api.yaml, line 2, column 7: env.A: 0644 is read as another number; quote it",
        ),
        ("env: {ON: x}", "yaml: api.yaml, line 2, column 7: env.true: this key is read as true; quote it"),
        ("ingres: {}", "schema: api.yaml, line 2, column 1: ingres: unknown key; did you mean ingress?"),
        ("env: {A: x}\n\tB: y", "yaml: api.yaml, line 3, column 1: a tab: YAML is indented with spaces"),
        (
            "\nresources:\n  requests: {cpu: 2}\n  limits: {cpu: 1}",
            "chart: api.yaml, line 4, column 14: resources.requests.cpu: 2 is above resources.limits.cpu: ",
        ),
        (
            "guardrails: enforce\nreplicaCount: 1",
            "guardrails.singleReplica: api.yaml, line 3, column 1: replicaCount: with fewer than 2 ",
        ),
        (
            "replicaCount: 1",
            "guardrails.singleReplica: api.yaml, line 2, column 1: warning: replicaCount: with ",
        ),
        (
            "extraObjects: [{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, dta: {a: b}}]",
            "kubernetes: api.yaml, line 2, column 71: extraObjects[0].dta: v1 ConfigMap x: unknown ",
        ),
        (
            "extraObjects: [{apiVersion: v1, kind: ConfigMap, metadata: {name: x_y}}]",
            "names: api.yaml, line 2, column 61: extraObjects[0].metadata.name: v1 ConfigMap ",
        ),
        (
            "extraObjects: [&a {apiVersion: v1, kind: ConfigMap, metadata: {name: x}}, *a]",
            "kubernetes: api.yaml, line 1, column 1: rendered manifests: two objects are v1 ConfigMap x; ",
        ),
    ],
)
def test_each_kind_of_mistake_is_found_with_its_line_and_key(faults: Faults, text: str, found: str) -> None:
    (only,) = faults("api.yaml", api=IMAGE + text)
    assert only.startswith(found)


def test_an_unknown_field_is_found_at_its_own_key_with_the_versions_that_do_not_know_it(
    faults: Faults,
) -> None:
    made = "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, lables: {a: b}}}"
    (only,) = faults("api.yaml", api=f"{IMAGE}extraObjects:\n  - {made}")
    assert only == (
        "kubernetes: api.yaml, line 3, column 59: extraObjects[0].metadata.lables: v1 ConfigMap x: metadata: "
        f"unknown field lables (Kubernetes {', '.join(SUPPORTED)})"
    )


def test_a_wrong_reference_is_found_where_it_is_written(faults: Faults) -> None:
    account = (
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: api}, subjects: "
    )
    account += "[{kind: ServiceAccount, name: api-other}], roleRef: {kind: Role, name: view, apiGroup: x}}"
    (only,) = faults("api.yaml", api=f"{IMAGE}extraObjects:\n  - {account}")
    assert only.startswith("references: api.yaml, line 3, ")
    assert only.endswith("subjects[0]: there is no ServiceAccount 'api-other'")


def test_an_object_that_a_person_names_after_the_release_may_be_theirs(faults: Faults) -> None:
    secret = "secret: {data: {A: b}, existing: [api-%s]}\n"
    assert [one for one in faults("api.yaml", api=IMAGE + secret % "database") if "there is no" in one] == []
    (near,) = [one for one in faults("api.yaml", api=IMAGE + secret % "secret") if "there is no" in one]
    assert "there is no Secret 'api-secret'" in near


def test_a_field_that_a_kubernetes_does_not_know_yet_is_found_when_asked_for(faults: Faults) -> None:
    text = IMAGE + 'volumes:\n  models:\n    image: {reference: "a/b:1.2.3"}\n    mountPath: /models\n'
    assert faults("api.yaml", api=text) == []
    (only,) = faults("api.yaml", "1.30", api=text)
    assert only.startswith(
        "kubernetes: api.yaml, line 4, column 5: volumes.models.image: apps/v1 Deployment "
    )
    assert only.endswith("Kubernetes 1.30 does not know it yet, 1.31 does")


def test_a_kind_that_a_kubernetes_does_not_know_yet_is_found_when_asked_for(faults: Faults) -> None:
    made = "{apiVersion: resource.k8s.io/v1, kind: DeviceClass, metadata: {name: gpu}, spec: {}}"
    assert faults("api.yaml", "1.34", api=f"{IMAGE}extraObjects: [{made}]") == []
    (only,) = faults("api.yaml", "1.33", api=f"{IMAGE}extraObjects: [{made}]")
    assert only.endswith(
        "resource.k8s.io/v1 DeviceClass gpu: the whole kind: Kubernetes 1.33 does not know it yet, 1.34 does"
    )


def test_a_mistake_that_only_the_files_together_make_is_found_in_the_one_that_decides(faults: Faults) -> None:
    found = faults(
        "base.yaml,production.yaml",
        base=IMAGE + "resources: {requests: {cpu: 500m}, limits: {cpu: 1}}",
        production="resources:\n  requests:\n    cpu: 2",
    )
    assert [fault.partition(": resources")[0] for fault in found] == [
        "chart: production.yaml, line 3, column 5"
    ]


def test_what_the_schema_refuses_only_of_the_files_together_is_found(faults: Faults) -> None:
    (only,) = faults(
        "base.yaml,over.yaml",
        base=IMAGE + "podSecurityContext: {seccompProfile: {type: Localhost, localhostProfile: a}}",
        over="podSecurityContext: {seccompProfile: {type: RuntimeDefault}}",
    )
    place = "schema: base.yaml, line 2, column 56: podSecurityContext.seccompProfile.localhostProfile"
    assert only.startswith(f"{place}: ")


def test_a_key_that_is_missing_is_found_at_the_map_that_lacks_it(faults: Faults) -> None:
    (only,) = faults("api.yaml", api="replicaCount: 3\nimage:\n  repository: a/b\n")
    assert only.startswith("chart: api.yaml, line 2, column 1: image.tag is missing: ")


def test_an_empty_file_is_that_of_a_service_without_an_image(faults: Faults) -> None:
    assert [fault.split(":")[1] for fault in faults("api.yaml", api="")] == [
        " api.yaml, line 1, column 1"
    ] * 2


def test_a_mistake_in_the_environments_values_is_found_in_their_file(faults: Faults) -> None:
    files = {
        "values__api": IMAGE,
        "values__environments": "production:\n  context: a\n  values:\n    guardrails: enforce\n"
        "    replicaCount: 1\n",
    }
    (tmp := Path("values/api")).mkdir(parents=True)
    (tmp / "production.yaml").write_text("config: {data: {A: b}}")
    (only,) = faults("values/api/production.yaml", **files)
    assert only.startswith(
        "guardrails.singleReplica: values/environments.yaml, line 5, column 5: replicaCount: "
    )


def test_every_mistake_of_the_schema_in_the_environments_values_is_found_with_its_key(faults: Faults) -> None:
    values = """
    podAnnotations: {"a.b/c": [1]}
    ports: {a~b: {}}
    initContainers:
      - {name: a, image: b}
      - {name: c, imge: d}
    replica: 1
"""
    Path("values/api").mkdir(parents=True)
    Path("values/api/production.yaml").write_text("{}", encoding="utf-8")
    found = faults(
        "values/api/production.yaml",
        values__api=IMAGE,
        values__environments=f"production:\n  context: a\n  values:{values}",
    )
    environments = "schema: values/environments.yaml"
    assert sorted(found) == [
        "schema: values/api/production.yaml, line 1, column 1: additional properties 'replica' not allowed",
        f'{environments}, line 4, column 5: podAnnotations["a.b/c"]: value must be \'a string: quote it, '
        'such as "8080" or "true", or use --set-string\'',
        f'{environments}, line 5, column 5: ports["a~b"]: value must be \'not a port name: use lowercase '
        "letters, digits and single -, at least one letter, at most 15 characters'",
        f"{environments}, line 8, column 9: initContainers[1]: additional properties 'imge' not allowed",
        f"{environments}, line 8, column 9: initContainers[1]: missing property 'image'",
    ]


def test_a_file_over_an_environments_values_is_checked_by_itself(faults: Faults) -> None:
    Path("values/api").mkdir(parents=True)
    Path("values/api/production.yaml").write_text("env: {A: 0644}", encoding="utf-8")
    (only,) = faults(
        "values/api/production.yaml",
        values__api=IMAGE,
        values__environments="production: {context: a, values: {replicaCount: 3}}",
    )
    assert only.startswith("yaml: values/api/production.yaml, line 1, column 7: env.A: 0644 is read as ")


def test_what_helm_alone_refuses_is_found_with_the_whole_of_its_reason(faults: Faults) -> None:
    (only,) = faults("api.yaml", api=IMAGE + r"""extraObjects: ['{{ fail "first\nsecond" }}']""")
    assert only.startswith("chart: api.yaml, line 1, column 1: ")
    assert only.endswith("first\nsecond")
    assert "charts/microservice with" not in only


def test_environments_are_checked_by_their_own_schema(faults: Faults) -> None:
    (only,) = faults("environments.yaml", environments="staging: {contxt: a}")
    assert only.startswith("schema: environments.yaml, line 1, column 11: staging.contxt: unknown key")


def test_a_key_beginning_with_x_is_free_outside_this_repository(faults: Faults) -> None:
    assert faults("api.yaml", api=IMAGE + "x-build: 5") == []


@pytest.mark.parametrize("name", ["api/production", "namespace/production", "entries", "all-keys"])
def test_files_of_this_repository_are_as_clean_as_its_cases(name: str, tmp_path: Path) -> None:
    file = catalog.find_case(name).values[-1]
    found = values_files.faults(overlays.read(str(file), tmp_path))
    assert [fault for fault in found if not fault.warning] == []


def test_no_secret_is_repeated(faults: Faults) -> None:
    found = faults("api.yaml", api=IMAGE + "secret: {data: {PIN: hunter2}, type: kubernetes.io/tls}")
    assert found
    assert not any("hunter2" in fault for fault in found)
