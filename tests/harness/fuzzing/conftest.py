"""A small chart to experiment with."""

from __future__ import annotations

import json

import pytest

from ci.charts.catalog import Chart
from tests.support.repository import Repository

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "enabled": {"type": "boolean"},
        "global": {"type": "object"},
        "text": {"type": ["string", "null"]},
        "port": {"type": "integer", "minimum": 1},
    },
}
CHECKS = """\
{{- define "small.problems" -}}
  {{- eq (toString .Values.port) "80" | ternary (list "port: 80 is for root") list | toJson -}}
{{- end -}}
"""
CHECK = """\
{{- with include "small.problems" . | fromJsonArray }}{{ fail (join "\\n" .) }}{{ end }}
"""
CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: '{{ .Release.Name }}-{{ .Chart.Name }}'}
data:
  text: "{{ .Values.text }}"
  {{- if eq (toString .Values.port) "81" }}
  port: {{ required "value missing" .Values.nothing }}
  {{- end }}
"""


@pytest.fixture
def small(repository: Repository) -> Chart:
    """A chart that does not quote a string safely, refuses one port and fails for another."""
    repository.write("charts/small/Chart.yaml", "{apiVersion: v2, name: small, version: 1.0.0}")
    repository.write("charts/small/values.yaml", "{text: '', port: 8080}")
    repository.write("charts/small/values.schema.json", json.dumps(SCHEMA))
    repository.write("charts/small/templates/NOTES.txt", "It is there.")
    repository.write("charts/small/templates/checks/_problems.tpl", CHECKS)
    repository.write("charts/small/templates/checks/checks.yaml", CHECK)
    repository.write("charts/small/templates/configmap.yaml", CONFIG_MAP)
    return Chart("small", repository.root / "charts" / "small")
