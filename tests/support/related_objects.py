"""A release with correct references between its objects, of which each test breaks one."""

from __future__ import annotations

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


def findings(stream: str) -> list[str]:
    """Return the findings for a stream of the release "api"."""
    return [str(finding) for finding in references.findings(parse(stream), "api")]
