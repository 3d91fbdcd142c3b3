{{/*
microservice.problems: all mistakes in the values that the schema can't find,
as a JSON list of sentences with key and remedy. A block that is null is
reported alone: the other checks need it. Where guardrails enforce, risks are problems.

A check prints one problem a line, so a value that can contain a line break is
quoted or escaped.
*/}}
{{- define "microservice.problems" -}}
  {{- or (include "microservice.problems.blocks" .) (include "microservice.problems.all" .) | include "microservice.lines" -}}
{{- end -}}

{{- define "microservice.problems.all" -}}
  {{- include "microservice.problems.image" . }}
  {{- include "microservice.problems.names" . }}
  {{- include "microservice.problems.labels" . }}
  {{- include "microservice.problems.keys" . }}
  {{- include "microservice.problems.rollout" . }}
  {{- include "microservice.problems.disruption" . }}
  {{- include "microservice.problems.env" . }}
  {{- include "microservice.problems.envSources" . }}
  {{- include "microservice.problems.settings" . }}
  {{- include "microservice.problems.ports" . }}
  {{- include "microservice.problems.probes" . }}
  {{- include "microservice.problems.handlers" . }}
  {{- include "microservice.problems.shutdown" . }}
  {{- include "microservice.problems.ingress" . }}
  {{- include "microservice.problems.autoscaling" . }}
  {{- include "microservice.problems.inFiles" . }}
  {{- include "microservice.problems.guardrails" . }}
  {{- if eq (include "microservice.guardrails" . | fromJson).mode "enforce" }}
    {{- range include "microservice.risks" . | fromJsonArray }}
      guardrails: {{ . }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.lines: a text -> its lines as a JSON list, without indentation,
empty lines and duplicates.
*/}}
{{- define "microservice.lines" -}}
  {{- regexReplaceAll "\\s*\\n\\s*" . "\n" | trim | splitList "\n" | compact | uniq | toJson -}}
{{- end -}}
