"""Revisions of a release as Helm stores them in Secrets."""

from __future__ import annotations

import base64
import gzip
import json

from ci.kubernetes.manifests import Object

# In the manifest's Secret and in the values: what must never be printed.
SECRET_VALUE = "hunter2hunter2"
_MANIFEST = """\
---
# Source: microservice/templates/secret.yaml
apiVersion: v1
kind: Secret
metadata: {{name: api-secrets}}
stringData: {{JWT_SECRET: {secret}}}
---
# Source: microservice/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {{name: api}}
spec:
  template:
    spec:
      containers:
      - {{name: api, image: "{image}"}}
      - {{name: proxy, image: "proxy:9"}}
"""


def stored_release(
    number: int,
    status: str = "superseded",
    *,
    image: str = "myrepo/api:v1.4.0",
    description: str = "Upgrade complete",
    at: str = "2026-07-01T10:00:00.123456789+02:00",
    manifest: str = _MANIFEST,
) -> Object:
    """Return the Secret of a revision."""
    release = {
        "name": "api",
        "version": number,
        "info": {"status": status, "description": description, "last_deployed": at},
        "chart": {"metadata": {"name": "microservice", "version": "0.1.0"}},
        "config": {"secret": {"data": {"JWT_SECRET": SECRET_VALUE}}},
        "manifest": manifest.format(image=image, secret=SECRET_VALUE),
    }
    packed = base64.b64encode(gzip.compress(json.dumps(release).encode()))
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "helm.sh/release.v1",
        "metadata": {"name": f"sh.helm.release.v1.api.v{number}"},
        "data": {"release": base64.b64encode(packed).decode()},
    }
