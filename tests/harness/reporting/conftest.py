"""A git repository with a small chart, a service and two environments."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.git_repository import GitRepository
from tests.support.repository import Repository

MANIFESTS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: &labels
      app.kubernetes.io/name: {{ .Release.Name }}
      app.kubernetes.io/instance: {{ .Release.Name }}
      app.kubernetes.io/component: app
  template:
    metadata: {labels: *labels}
    spec:
      containers:
      - name: app
        image: {{ .Values.image | quote }}
        envFrom: [{secretRef: {name: {{ .Release.Name }}}}]
        resources: {requests: {cpu: 100m, memory: 64Mi}}
---
apiVersion: v1
kind: Secret
metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}
stringData: {KEY: {{ .Values.secret.data.KEY | quote }}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}
data: {TEXT: {{ .Values.text | default "none" | quote }}}
"""
NAMESPACE = """
apiVersion: v1
kind: Namespace
metadata: {name: {{ .Release.Name }}}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: quota, namespace: {{ .Release.Name }}}
spec: {hard: {pods: {{ .Values.pods }}}}
"""


class Services(Repository):
    """The repository ``git`` with a service "api" in the environments dev and prod, committed on main."""

    def __init__(self, root: Path) -> None:
        self.git = GitRepository(root)
        super().__init__(root)
        (root / "charts/microservice/templates/configmap.yaml").unlink()
        self.write("charts/microservice/templates/all.yaml", MANIFESTS)
        self.write("charts/namespace/Chart.yaml", "{apiVersion: v2, name: namespace, version: 1.2.3}")
        self.write("charts/namespace/templates/all.yaml", NAMESPACE)
        self.write("values/environments.yaml", "dev: {context: a}\nprod: {context: b, namespace: live}\n")
        self.write("values/namespace/prod.yaml", "pods: 3\n")
        self.service("api")
        self.git.commit()

    def service(self, name: str, text: str = "plain", image: str = "a/b:1") -> None:
        """Write the values file of a service."""
        values = f"image: {image}\nreplicas: 1\nsecret: {{data: {{KEY: the-old-secret}}}}\ntext: {text}\n"
        self.write(f"values/{name}.yaml", values)


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    monkeypatch.setattr("ci.base.repository._ROOT", tmp_path / "repository")
    return Services(tmp_path / "repository")
