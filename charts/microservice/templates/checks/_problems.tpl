{{/*
microservice.problems: all mistakes in the values that the schema can't find,
as a JSON list of sentences with key and remedy. A block that is null is
reported alone: the other checks need it. Where guardrails enforce, risks are problems.

A check prints one problem a line, so a value that can contain a line break is
quoted or escaped.
*/}}
{{- define "microservice.problems" -}}
  {{- $lines := include "microservice.problems.blocks" . }}
  {{- if not $lines }}
    {{- $lines = include "microservice.checked" (dict
      "root" .
      "files" (include "microservice.problemFiles" . | fromJsonArray)
      "kind" "problems"
      "run" "microservice.allProblems") }}
  {{- end }}
  {{- include "microservice.lines" $lines }}
{{- end -}}

{{/*
microservice.allProblems: those of the service, then those of what runs beside it, then
risks where guardrails enforce.
*/}}
{{- define "microservice.allProblems" -}}
  {{- $found := include "microservice.serviceProblems" . }}
  {{- $found }}
  {{- if .entries }}
    {{- include "microservice.ofEntries" (dict "root" . "found" (include "microservice.lines" $found | fromJsonArray)) }}
  {{- end }}
  {{- include "microservice.problems.guardrails" . }}
{{- end -}}

{{- define "microservice.serviceProblems" -}}
  {{- include "microservice.problems.image" . }}
  {{- include "microservice.problems.names" . }}
  {{- if has "pod_labels" .files }}{{ include "microservice.checks.pod_labels" . }}{{ end }}
  {{- include "microservice.problems.keys" . }}
  {{- include "microservice.problems.rollout" . }}
  {{- include "microservice.problems.disruption" . }}
  {{- include "microservice.problems.env" . }}
  {{- if has "env_sources" .files }}{{ include "microservice.checks.env_sources" . }}{{ end }}
  {{- include "microservice.problems.settings" . }}
  {{- range list "ports" "probes" "handlers" "shutdown" "ingress" }}{{ if has . $.files }}{{ include (printf "microservice.checks.%s" .) $ }}{{ end }}{{ end }}
  {{- include "microservice.problems.autoscaling" . }}
  {{- include "microservice.inFiles" . }}
{{- end -}}

{{/*
microservice.lines: a text -> its lines as a JSON list, without indentation,
empty lines and duplicates.
*/}}
{{- define "microservice.lines" -}}
  {{- regexReplaceAll "\\s*\\n\\s*" . "\n" | trim | splitList "\n" | compact | uniq | toJson -}}
{{- end -}}
