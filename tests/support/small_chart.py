"""A small chart whose templates are changed, with two cases."""

from __future__ import annotations

from ci.charts.catalog import Chart
from ci.mutation.operators import Mutant, mutants
from ci.mutation.sources import Sources
from tests.support.repository import Repository

HELPERS = """\
{{- define "small.problems" -}}
  {{- $found := list }}
  {{- if eq (toString .Values.port) "80" }}{{ $found = append $found "port: 80 is for root" }}{{ end }}
  {{- toJson $found }}
{{- end -}}

{{- define "small.text" -}}
  {{- if .loud }}{{ .text | upper }}{{ else }}{{ .text }}{{ end -}}
{{- end -}}
"""
CHECKS = """\
{{- with include "small.problems" . | fromJsonArray }}
  {{- fail (join ", " .) }}
{{- end }}
"""
CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: '{{ .Release.Name }}'}
data:
  text: {{ include "small.text" (dict "text" .Values.text "loud" .Values.loud) | quote }}
  {{- with .Values.extra }}
  extra: {{ tpl ($.Files.Get "lazy/extra.tpl" | printf "%s{{ include \\"small.extra\\" . }}") . | quote }}
  {{- end }}
  {{- if .Values.never }}
  never: true
  {{- end }}
"""
EXTRA = """\
{{- define "small.extra" -}}{{ .a | default 1 }}{{- end -}}
"""


def write(repository: Repository) -> Sources:
    """Write the chart to a repository, and return its files."""
    files = {
        "Chart.yaml": "{apiVersion: v2, name: small, version: 1.2.3}",
        "values.yaml": "{text: a, loud: false, port: 81}",
        "templates/_helpers.tpl": HELPERS,
        "templates/checks/checks.yaml": CHECKS,
        "templates/configmap.yaml": CONFIG_MAP,
        "templates/NOTES.txt": "{{ .Chart.Name }} has {{ .Values.text }}\n",
        "lazy/extra.tpl": EXTRA,
        "ci/one-values.yaml": "{loud: true, extra: {b: 1}}\n",
        "ci/two-values.yaml": "{port: 80}\n",
    }
    for path, text in files.items():
        repository.write(f"charts/small/{path}", text)
    return Sources(Chart("small", repository.root / "charts" / "small"))


def change(sources: Sources, text: str) -> Mutant:
    """Return the change with a description."""
    every = [one for path, template in sources.templates.items() for one in mutants(path, template)]
    (found,) = [one for one in every if one.change == text]
    return found
