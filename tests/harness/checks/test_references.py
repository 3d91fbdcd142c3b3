"""What the objects of one stream say of each other is found out wherever it is wrong, and only there."""

from __future__ import annotations

import pytest

from ci.checks import references
from ci.kubernetes.manifests import parse

LABELS = "app.kubernetes.io/name: api, app.kubernetes.io/instance: api, app.kubernetes.io/component"
STREAM = """
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: api}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: api-config}, data: {LEVEL: info}}
---
{apiVersion: v1, kind: Secret, metadata: {name: api-secrets}, stringData: {TOKEN: t}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: api-data}}
---
apiVersion: v1
kind: Service
metadata: {name: api, labels: {c: d}}
spec:
  selector: {$LABELS: app}
  ports:
  - {name: http, port: 80, targetPort: web}
  - {name: proxy, port: 81, targetPort: proxy}
  - {name: metrics, port: 82, targetPort: 9000}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  selector:
    matchLabels: {$LABELS: app}
  template:
    metadata:
      labels: {$LABELS: app, a: b}
    spec:
      serviceAccountName: api
      imagePullSecrets: [{name: registry}]
      initContainers:
      - {name: proxy, restartPolicy: Always, ports: [{name: proxy, containerPort: 81}]}
      - {name: wait, ports: [{name: early, containerPort: 82}]}
      containers:
      - name: api
        ports: [{name: web, containerPort: 8000}]
        envFrom: [{configMapRef: {name: api-config}}, {secretRef: {name: shared}}]
        env: [{name: TOKEN, valueFrom: {secretKeyRef: {name: api-secrets, key: TOKEN}}}]
        readinessProbe: {httpGet: {port: web}}
        lifecycle: {preStop: {httpGet: {port: 8000}}}
        volumeMounts: [{name: data, mountPath: /data}]
      volumes:
      - {name: data, persistentVolumeClaim: {claimName: api-data}}
      - {name: config, configMap: {name: api-config, items: [{key: LEVEL, path: level}]}}
      - {name: all, projected: {sources: [{secret: {name: api-secrets}}]}}
      - {name: extra, secret: {secretName: api-extra, optional: true}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: api-clean}
spec:
  jobTemplate:
    spec:
      template:
        metadata:
          labels: {$LABELS: cron}
        spec:
          containers: [{name: clean}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api}
spec:
  defaultBackend: {service: {name: elsewhere, port: {number: 1}}}
  rules:
  - http:
      paths:
      - backend: {service: {name: api, port: {name: http}}}
      - backend: {service: {name: api, port: {number: 81}}}
  tls: [{secretName: api-tls}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: api}
spec:
  rules:
  - backendRefs: [{name: api, port: 80}, {name: other, port: 1}, {kind: Bucket, name: api-files}]
    filters: [{type: RequestMirror, requestMirror: {backendRef: {name: api, port: 82}}}]
  - backendRefs: [{name: api-elsewhere, namespace: elsewhere}]
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: api}
spec: {selector: {matchLabels: {c: d}}, endpoints: [{port: http}, {targetPort: 9000}]}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: api}
spec: {selector: {matchLabels: {a: b}}, podMetricsEndpoints: [{port: proxy}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api}
spec:
  podSelector: {matchLabels: {app.kubernetes.io/instance: api}}
  ingress:
  - ports: [{port: web, protocol: TCP}, {port: 81, protocol: TCP}]
  - {ports: [{port: 9000}], from: [{podSelector: {}}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: api}
spec: {maxUnavailable: 1, selector: {matchLabels: {a: b}}}
---
apiVersion: rbac/v1
kind: ClusterRole
metadata: {name: ns-api}
---
apiVersion: rbac/v1
kind: ClusterRoleBinding
metadata: {name: ns-api}
roleRef: {kind: ClusterRole, name: ns-api}
subjects: [{kind: User, name: api-u}, {kind: ServiceAccount, name: other}, {kind: ServiceAccount, name: api}]
---
{kind: RoleBinding, apiVersion: rbac/v1, metadata: {name: view}, roleRef: {kind: ClusterRole, name: view}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: api}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: api}}
---
{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: k}, spec: {scaleTargetRef: {name: api}}}
""".replace("$LABELS", LABELS)
SERVICE = "v1 Service api: spec"
DEPLOYMENT = "apps/v1 Deployment api: spec"
POD = f"{DEPLOYMENT}.template.spec"
APP = f"{POD}.containers[0]"
ROUTE = "gateway.networking.k8s.io/v1 HTTPRoute api: spec"
MONITOR = "monitoring.coreos.com/v1 "
POLICY = "networking.k8s.io/v1 NetworkPolicy api: spec"
CLOSED = "leads to a port that no NetworkPolicy lets anybody in to"
INGRESS = "networking.k8s.io/v1 Ingress api: spec"


def found(stream: str) -> list[str]:
    return [str(finding) for finding in references.findings(parse(stream), "api")]


def test_a_stream_that_is_right_is_left_alone() -> None:
    assert found(STREAM) == []


@pytest.mark.parametrize(
    ("right", "wrong", "finding"),
    [
        (
            "targetPort: web",
            "targetPort: early",
            f"{SERVICE}.ports[0].targetPort: no container has a port named 'early'",
        ),
        (
            "selector: {app.kubernetes.io/name: api",
            "selector: {app.kubernetes.io/name: app",
            f"{SERVICE}.selector: matches the pods of no workload, instead of one workload that serves",
        ),
        (
            "component: cron",
            "component: app",
            f"{SERVICE}.selector: matches the pods of apps/v1 Deployment api and of "
            "batch/v1 CronJob api-clean, instead of one workload that serves",
        ),
        (
            "component: app}\n  template",
            "component: app, a: b}\n  template",
            f"{DEPLOYMENT}.selector.matchLabels: must be made of app.kubernetes.io/component, "
            "app.kubernetes.io/instance, app.kubernetes.io/name and nothing else, for it can never change",
        ),
        (
            "matchLabels: {app.kubernetes.io/name: api",
            "matchLabels: {app.kubernetes.io/name: app",
            f"{DEPLOYMENT}.selector.matchLabels: does not match the labels of its own pods",
        ),
        (
            "httpGet: {port: web}",
            "httpGet: {port: http}",
            f"{APP}.readinessProbe.httpGet.port: the container has no port named 'http'",
        ),
        (
            "{httpGet: {port: 8000}}",
            "{tcpSocket: {port: x}}",
            f"{APP}.lifecycle.preStop.tcpSocket.port: the container has no port named 'x'",
        ),
        (
            "{name: data, mountPath",
            "{name: date, mountPath",
            f"{APP}.volumeMounts[0]: no volume is named 'date'",
        ),
        (
            "serviceAccountName: api",
            "serviceAccountName: api-sa",
            f"{POD}.serviceAccountName: there is no ServiceAccount 'api-sa'",
        ),
        (
            "name: registry",
            "name: api-registry",
            f"{POD}.imagePullSecrets[0]: there is no Secret 'api-registry'",
        ),
        (
            "claimName: api-data",
            "claimName: api-date",
            f"{POD}.volumes[0].persistentVolumeClaim: there is no PersistentVolumeClaim 'api-date'",
        ),
        (
            "configMapRef: {name: api-config",
            "configMapRef: {name: api-conf",
            f"{APP}.envFrom[0].configMapRef: there is no ConfigMap 'api-conf'",
        ),
        (
            "secretRef: {name: shared",
            "secretRef: {name: api-shared",
            f"{APP}.envFrom[1].secretRef: there is no Secret 'api-shared'",
        ),
        (
            "key: TOKEN",
            "key: TOKE",
            f"{APP}.env[0].valueFrom.secretKeyRef: Secret 'api-secrets' has no key 'TOKE'",
        ),
        (
            "key: LEVEL",
            "key: LEVER",
            f"{POD}.volumes[1].configMap: ConfigMap 'api-config' has no key 'LEVER'",
        ),
        (
            "sources: [{secret: {name: api-secrets}",
            "sources: [{secret: {name: api-secret}",
            f"{POD}.volumes[2].projected.sources[0].secret: there is no Secret 'api-secret'",
        ),
        (
            "secretName: api-extra, optional: true",
            "secretName: api-extra",
            f"{POD}.volumes[3].secret: there is no Secret 'api-extra'",
        ),
        (
            "port: {name: http}",
            "port: {name: https}",
            f"{INGRESS}.rules[0].http.paths[0].backend.service: Service 'api' has no port https",
        ),
        (
            "port: {number: 81}",
            "port: {number: 8000}",
            f"{INGRESS}.rules[0].http.paths[1].backend.service: Service 'api' has no port 8000",
        ),
        (
            "{name: elsewhere,",
            "{name: api-other,",
            f"{INGRESS}.defaultBackend.service: there is no Service 'api-other'",
        ),
        (
            "{name: api, port: 80}, {name: other",
            "{name: api, port: 8000}, {name: other",
            f"{ROUTE}.rules[0].backendRefs[0]: Service 'api' has no port 8000",
        ),
        (
            "{backendRef: {name: api,",
            "{backendRef: {name: api-shadow,",
            f"{ROUTE}.rules[0].filters[0].requestMirror.backendRef: there is no Service 'api-shadow'",
        ),
        (
            "{name: api-elsewhere, namespace: elsewhere}",
            "{name: api-elsewhere}",
            f"{ROUTE}.rules[1].backendRefs[0]: there is no Service 'api-elsewhere'",
        ),
        (
            "{matchLabels: {c: d}}",
            "{matchLabels: {c: e}}",
            f"{MONITOR}ServiceMonitor api: spec.selector.matchLabels: matches nothing",
        ),
        (
            "[{port: http}, {targetPort",
            "[{port: web}, {targetPort",
            f"{MONITOR}ServiceMonitor api: spec.endpoints[0].port: "
            "nothing that it selects has a port named 'web'",
        ),
        (
            "podMetricsEndpoints: [{port: proxy}]",
            "podMetricsEndpoints: [{port: early}]",
            f"{MONITOR}PodMonitor api: spec.podMetricsEndpoints[0].port: "
            "nothing that it selects has a port named 'early'",
        ),
        (
            "podSelector: {matchLabels: {app.kubernetes.io/instance: api}}",
            "podSelector: {matchLabels: {app.kubernetes.io/instance: app}}",
            f"{POLICY}.podSelector: matches no pods",
        ),
        ("{port: web, protocol", "{port: early, protocol", f"{SERVICE}.ports[0]: {CLOSED}"),
        ("port: 81, protocol: TCP", "port: 81, protocol: UDP", f"{SERVICE}.ports[1]: {CLOSED}"),
        ("{port: 9000}", "{port: 82}", f"{SERVICE}.ports[2]: {CLOSED}"),
        (
            "maxUnavailable: 1, selector: {matchLabels: {a: b}}",
            "maxUnavailable: 1, selector: {matchLabels: {a: c}}",
            "policy/v1 PodDisruptionBudget api: spec.selector.matchLabels: matches the pods of no workload, "
            "instead of one workload that serves",
        ),
        (
            "kind: ClusterRole\n",
            "kind: Role\n",
            "rbac/v1 ClusterRoleBinding ns-api: roleRef: there is no ClusterRole 'ns-api'",
        ),
        (
            "{kind: ServiceAccount, name: api}",
            "{kind: ServiceAccount, name: api-sa}",
            "rbac/v1 ClusterRoleBinding ns-api: subjects[2]: there is no ServiceAccount 'api-sa'",
        ),
        (
            "{scaleTargetRef: {name: api}}",
            "{scaleTargetRef: {name: api-worker}}",
            "keda.sh/v1alpha1 ScaledObject k: spec.scaleTargetRef: there is no Deployment 'api-worker'",
        ),
        (
            "kind: Deployment, name: api}",
            "kind: StatefulSet, name: api}",
            "autoscaling/v2 HorizontalPodAutoscaler api: spec.scaleTargetRef: there is no StatefulSet 'api'",
        ),
        (
            "kind: CronJob\nmetadata: {name: api-clean}",
            "kind: Service\nmetadata: {name: api}",
            "batch/v1 Service api: metadata.name: v1 Service api is the same object in another version",
        ),
    ],
)
def test_what_is_wrong_is_found_and_nothing_else(right: str, wrong: str, finding: str) -> None:
    assert STREAM.count(right) == 1
    assert found(STREAM.replace(right, wrong)) == [finding]


def test_everything_that_is_wrong_is_found_at_once() -> None:
    assert len(found(STREAM.replace("targetPort: web", "targetPort: x").replace("key: TOKEN", "key: x"))) == 2


def test_a_service_for_a_job_is_wrong() -> None:
    stream = STREAM.replace("component: app}\n  ports", "component: cron}\n  ports")
    assert found(stream)[0] == (
        "v1 Service api: spec.selector: matches the pods of batch/v1 CronJob api-clean, "
        "instead of one workload that serves"
    )


def test_the_account_default_is_there_even_for_a_release_of_that_name() -> None:
    pod = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {serviceAccountName: default}}"
    assert references.findings(parse(pod), "default") == []


def test_a_service_without_selector_needs_no_pods() -> None:
    stream = STREAM + (
        "---\n{apiVersion: v1, kind: Service, metadata: {name: db}, spec: {externalName: db.example.com}}\n"
    )
    assert found(stream) == []


@pytest.mark.parametrize(
    "rule",
    [
        "ingress: [{}]",
        "policyTypes: [Egress]",
        "ingress: [{ports: [{protocol: TCP}]}]",
        "ingress: [{from: []}]",
    ],
)
def test_a_policy_that_closes_nothing_lets_everybody_in(rule: str) -> None:
    head, _, rest = STREAM.partition("  ingress:\n")
    assert found(f"{head}  {rule}\n---{rest.partition('---')[2]}") == []


def test_pods_without_a_policy_are_open_to_everybody() -> None:
    head, _, rest = STREAM.partition("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy")
    assert found(head + rest.partition("---\n")[2]) == []


def test_a_broken_object_is_no_reason_to_stop() -> None:
    spec = "spec: {template: {spec: {a: 1}}}"
    deployment = f"{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: other}}, {spec}}}"
    containers = deployment.replace("other", "another").replace("a: 1", "containers: 1")
    service = "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: null}"
    assert found(f"---\n{deployment}\n---\n{containers}\n---\n{service}") == []
