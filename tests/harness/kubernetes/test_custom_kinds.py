"""Custom kinds are validated strictly, for every Kubernetes version, by extracts of their definitions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ci.base import kubernetes_yaml
from ci.base.errors import UserError
from ci.kubernetes import custom_kinds, validation
from ci.kubernetes.versions import NEWEST, OLDEST, SUPPORTED

# A valid object of each kind.
EXTERNAL_SECRET = """
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api-external, namespace: shop, labels: {app: api}}
spec:
  refreshInterval: 1h
  secretStoreRef: {name: api, kind: SecretStore}
  target: {name: api-external, creationPolicy: Owner}
  data: [{secretKey: DATABASE_URL, remoteRef: {key: shop/api, property: url}}]
  dataFrom: [{extract: {key: shop/api}}]
"""
SECRET_STORE = """
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: api}
spec:
  provider:
    aws:
      service: SecretsManager
      region: eu-west-1
      auth: {jwt: {serviceAccountRef: {name: api}}}
"""
VAULT = """
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: vault}
spec:
  conditions: [{namespaces: [shop]}]
  provider:
    vault:
      server: https://vault.example.com
      version: v2
      auth: {kubernetes: {mountPath: kubernetes, role: api, serviceAccountRef: {name: api}}}
"""
HTTP_ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: api}
spec:
  parentRefs: [{name: gateway, sectionName: https}]
  hostnames: [api.example.com]
  rules:
    - matches: [{path: {type: PathPrefix, value: /}}]
      filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: X-From, value: gateway}]}}]
      backendRefs: [{name: api, port: 80}]
"""
GRPC_ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: api-grpc}
spec:
  parentRefs: [{name: gateway, sectionName: grpc}]
  hostnames: [grpc.example.com]
  rules:
    - matches: [{method: {service: shop.Orders, method: Create}}]
      backendRefs: [{name: api, port: 9000}]
"""
TLS_ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: TLSRoute
metadata: {name: api-database}
spec:
  parentRefs: [{name: gateway, sectionName: tls}]
  hostnames: [db.example.com]
  rules: [{backendRefs: [{name: api-database, port: 5432}]}]
"""
TCP_ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: TCPRoute
metadata: {name: api-raw}
spec:
  parentRefs: [{name: gateway, sectionName: tcp}]
  rules: [{backendRefs: [{name: api, port: 7000}]}]
"""
SERVICE_MONITOR = """
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: api}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: api}}
  endpoints: [{port: http, path: /metrics, interval: 30s}, {targetPort: 9100}, {targetPort: metrics}]
"""
POD_MONITOR = """
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: api}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: api}}
  podMetricsEndpoints: [{port: http, path: /metrics, interval: 30s}]
"""
RULES = """
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: api}
spec:
  groups:
    - name: api
      rules: [{alert: Down, expr: up == 0, for: 5m, labels: {severity: page}}, {record: one, expr: 1}]
    - {name: other}
"""
SCALED_OBJECT = """
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: api}
spec:
  scaleTargetRef: {name: api}
  maxReplicaCount: 20
  triggers: [{type: cron, metadata: {timezone: UTC, start: 0 8 * * *, end: 0 18 * * *, desiredReplicas: "5"}}]
"""
# Not rendered by the charts; docs/gitops.md shows them.
APPLICATION = """
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: api, namespace: argocd}
spec:
  project: default
  source: {repoURL: registry.example.com/charts, chart: microservice, targetRevision: 1.2.3}
  destination: {server: https://kubernetes.default.svc, namespace: shop}
  syncPolicy: {automated: {prune: true}, syncOptions: [PruneLast=true]}
"""
HELM_RELEASE = """
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: api}
spec:
  interval: 10m
  chartRef: {kind: OCIRepository, name: microservice}
  upgrade: {remediation: {retries: 1, strategy: rollback}}
"""
OCI_REPOSITORY = """
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: microservice}
spec: {interval: 10m, url: oci://registry.example.com/charts/microservice, ref: {semver: 1.x}}
"""
GOOD = [EXTERNAL_SECRET, SECRET_STORE, VAULT, HTTP_ROUTE, SERVICE_MONITOR, POD_MONITOR, RULES, SCALED_OBJECT]
GOOD += [GRPC_ROUTE, TLS_ROUTE, TCP_ROUTE, APPLICATION, HELM_RELEASE, OCI_REPOSITORY]


def problems(text: str, version: str = NEWEST) -> list[str]:
    """Return what is wrong with an object: ``path: message``."""
    made = kubernetes_yaml.load(text, "an object")
    return [f"{problem.path}: {problem.message}" for problem in validation.validate(made, version)]


@pytest.mark.parametrize("text", GOOD, ids=lambda text: text.split()[3])
def test_a_valid_object_of_a_custom_kind_has_no_problem_in_any_version(text: str) -> None:
    assert {version: problems(text, version) for version in SUPPORTED} == {
        version: [] for version in SUPPORTED
    }


def test_every_extract_has_an_object_above() -> None:
    objects = [kubernetes_yaml.load(text, "an object") for text in GOOD]
    names = {f"{made['apiVersion'].partition('/')[0]}.{made['kind']}.yaml" for made in objects}
    assert names == {file.name for file in custom_kinds.FOLDER.iterdir()}


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize(
    ("text", "right", "wrong", "problem"),
    [
        (EXTERNAL_SECRET, "refreshInterval", "refreshIntervall", "spec: unknown field refreshIntervall"),
        (
            EXTERNAL_SECRET,
            "{key: shop/api}",
            "{kee: a, key: b}",
            "spec.dataFrom[0].extract: unknown field kee",
        ),
        (EXTERNAL_SECRET, "Owner", "Mine", "spec.target.creationPolicy: "),
        (EXTERNAL_SECRET, "{app: api}", "{app: 1}", 'metadata.labels.app: 1 is not of type "string"'),
        (EXTERNAL_SECRET, "labels", "lables", "metadata: unknown field lables"),
        (EXTERNAL_SECRET, "spec:", "status: {}\nspec:", ": unknown field status"),
        (SECRET_STORE, "region: eu-west-1", "", "spec.provider.aws: the field region is missing"),
        (SECRET_STORE, "    aws:", "    aws-2:", "spec.provider: unknown field aws-2"),
        (VAULT, "v2", "v3", "spec.provider.vault.version: "),
        (
            HTTP_ROUTE,
            "port: 80",
            'port: "80"',
            'spec.rules[0].backendRefs[0].port: "80" is not of type "integer"',
        ),
        (HTTP_ROUTE, "port: 80", "port: 70000", "spec.rules[0].backendRefs[0].port: 70000 is greater"),
        (HTTP_ROUTE, "[api.example.com]", "[API]", "spec.hostnames[0]: "),
        (
            HTTP_ROUTE,
            "[{name: X-From, value: gateway}]",
            "[{name: A, value: a}, {name: A, value: b}]",
            "spec.rules[0].filters[0].requestHeaderModifier.set: has two entries with name A",
        ),
        (
            GRPC_ROUTE,
            "method: Create",
            "methods: Create",
            "spec.rules[0].matches[0].method: unknown field methods",
        ),
        (TLS_ROUTE, "hostnames: [db.example.com]", "", "spec: the field hostnames is missing"),
        (TCP_ROUTE, "port: 7000", "port: 0", "spec.rules[0].backendRefs[0].port: 0 is less"),
        (SERVICE_MONITOR, "30s", "30 seconds", "spec.endpoints[0].interval: "),
        (SERVICE_MONITOR, "9100", "9100.5", "spec.endpoints[1].targetPort: 9100.5 is not of types"),
        (
            SERVICE_MONITOR,
            "  selector",
            "  targetLabels: a\n  selector",
            'spec.targetLabels: "a" is not of type',
        ),
        (POD_MONITOR, "path", "paths", "spec.podMetricsEndpoints[0]: unknown field paths"),
        (
            RULES,
            "alert: Down, expr: up == 0",
            "alert: Down",
            "spec.groups[0].rules[0]: the field expr is missing",
        ),
        (RULES, "other", "api", "spec.groups: has two entries with name api"),
        (SCALED_OBJECT, '"5"', "5", 'spec.triggers[0].metadata.desiredReplicas: 5 is not of type "string"'),
        (SCALED_OBJECT, "20", "3000000000", "spec.maxReplicaCount: 3000000000 is greater"),
    ],
)
def test_a_mistake_in_a_custom_kind_is_reported_with_its_path(
    version: str, text: str, right: str, wrong: str, problem: str
) -> None:
    (found,) = problems(text.replace(right, wrong, 1), version)
    assert found.startswith(problem)


def test_a_provider_that_the_extract_leaves_open_may_hold_anything() -> None:
    other = SECRET_STORE.replace("aws:", "gcpsm:").replace("region", "no such field")
    assert problems(other) == []


def test_another_version_of_a_known_kind_is_a_problem() -> None:
    (problem,) = problems(EXTERNAL_SECRET.replace("io/v1", "io/v1beta1"))
    assert problem.startswith(f": Kubernetes {NEWEST} has no external-secrets.io/v1beta1 ExternalSecret")
    assert "ci/kubernetes/crds" in problem


HEADER = """\
apiVersion: example.com/v1
kind: Widget
project: example.com/widgets
release: v1.2.3
licence: Apache-2.0
source: crds/widgets.yaml
"""
SPEC = """
type: object
description: Prose.
required: [colour, size, shape]
properties:
  colour: {type: string, description: Prose., enum: [red, blue], default: red}
  size: {x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}
  shape: {type: object, properties: {square: {type: object, properties: {side: {type: integer}}}, round: {}}}
  corners: {type: array, x-kubernetes-list-type: set, items: {type: string, format: date}}
  edges: {type: array, x-kubernetes-list-type: atomic, items: {type: integer, format: int32, minimum: 1}}
  empty: {type: object}
  free: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {known: {type: string}}}
x-kubernetes-validations: [{rule: self.size > 0}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the extracts, with only the header of one."""
    folder = tmp_path / "crds"
    folder.mkdir()
    monkeypatch.setattr(custom_kinds, "FOLDER", folder)
    (folder / "example.com.Widget.yaml").write_text(HEADER)
    return folder


def definition(folder: Path, served: bool = True) -> Path:
    """Write a CustomResourceDefinition of the kind Widget."""
    schema = {"properties": {"spec": kubernetes_yaml.load(SPEC, "a schema"), "status": {"type": "object"}}}
    versions = [
        {"name": "v2", "served": True, "schema": {}},
        {"name": "v1", "served": served, "schema": {"openAPIV3Schema": schema}},
    ]
    spec = {"group": "example.com", "names": {"kind": "Widget"}, "versions": versions}
    file = folder.parent / "definition.yaml"
    file.write_text(
        kubernetes_yaml.dump([{"kind": "CustomResourceDefinition", "spec": spec}, {"kind": "Other"}])
    )
    return file


def renewed(folder: Path) -> dict[str, Any]:
    custom_kinds.renew(definition(folder))
    extract: dict[str, Any] = kubernetes_yaml.load(
        (folder / "example.com.Widget.yaml").read_text(), "extract"
    )
    return extract


def test_a_renewed_extract_keeps_its_header_and_has_no_prose(folder: Path) -> None:
    extract = renewed(folder)
    spec = extract.pop("spec")
    assert extract == kubernetes_yaml.load(HEADER, "header")
    assert "Prose" not in str(spec)
    assert set(spec) == {"type", "required", "properties"}
    # A server sets defaults before it checks required fields.
    assert spec["required"] == ["size", "shape"]


def test_a_renewed_extract_keeps_the_defaults(folder: Path) -> None:
    assert renewed(folder)["spec"]["properties"]["colour"]["default"] == "red"


def test_only_a_kind_and_version_with_an_extract_has_a_spec() -> None:
    api = "gateway.networking.k8s.io"
    assert custom_kinds.spec(f"{api}/v1", "HTTPRoute")["type"] == "object"
    for api_version, kind in ((f"{api}/v1beta1", "HTTPRoute"), (f"{api}/v1", "Nothing")):
        with pytest.raises(KeyError, match=f"{api_version} {kind}"):
            custom_kinds.spec(api_version, kind)


def test_renewing_twice_is_the_same_as_once(folder: Path) -> None:
    assert renewed(folder) == renewed(folder)


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ("colour: green", "spec.colour: "),
        ("size: 1.5", "spec.size: "),
        ("shape: {oval: 1}", "spec.shape: unknown field oval"),
        ("shape: {square: {sides: 1}}", "spec.shape.square: unknown field sides"),
        ("corners: [a, a]", "spec.corners: "),
        ("edges: [0]", "spec.edges[0]: "),
        ("edges: [3000000000]", "spec.edges[0]: "),
        ("empty: {a: 1}", "spec.empty: unknown field a"),
        ("free: {known: 1}", "spec.free.known: "),
        ("free: {a: 1}", None),
        ("edges: [1, 1]", None),
        ("corners: [not a date]", None),
    ],
)
def test_an_extract_is_as_strict_as_the_definition(folder: Path, field: str, problem: str | None) -> None:
    renewed(folder)
    fields = {"size": 1, "shape": {}, **kubernetes_yaml.load(field, "a field")}
    # Validators are cached, and this kind exists for one test only.
    validation._validator.cache_clear()
    made = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": fields}
    lines = [f"{found.path}: {found.message}" for found in validation.validate(made, NEWEST)]
    validation._validator.cache_clear()
    assert [line.startswith(problem or "") for line in lines] == ([True] if problem else [])


def test_siblings_of_the_fields_kept_in_detail_may_hold_anything(folder: Path) -> None:
    (folder / "example.com.Widget.yaml").write_text(f"{HEADER}only: {{spec.shape: [square]}}\n")
    shape = renewed(folder)["spec"]["properties"]["shape"]["properties"]
    assert shape["round"] == {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    assert shape["square"]["properties"] == {"side": {"type": "integer"}}


def test_a_file_without_a_definition_of_an_extract_is_refused_with_what_to_do(folder: Path) -> None:
    (folder / "example.com.Widget.yaml").unlink()
    with pytest.raises(
        UserError, match=r"defines no kind of .*crds; for a new one write <group>\.<Kind>\.yaml"
    ):
        custom_kinds.renew(definition(folder))


def test_a_version_that_is_no_longer_served_is_named_with_those_that_are(folder: Path) -> None:
    with pytest.raises(UserError, match=r"version v1 is not served any more; v2 is"):
        custom_kinds.renew(definition(folder, served=False))


def test_a_header_without_the_origin_of_the_definition_is_refused(folder: Path) -> None:
    (folder / "example.com.Widget.yaml").write_text("apiVersion: example.com/v1\nkind: Widget\n")
    with pytest.raises(UserError, match=r"project, release, licence, source missing"):
        custom_kinds.renew(definition(folder))


def test_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    with pytest.raises(UserError, match=r"none\.yaml: cannot be read"):
        custom_kinds.renew(folder / "none.yaml")
