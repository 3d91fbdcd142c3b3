{{/*
microservice.problems: everything about the values that no schema can see and
that would not work, each in a sentence with its key and its remedy, as a JSON
list. A block that was taken away makes the rest meaningless, so it comes alone.
Under guardrails: enforce a risk is a problem.

A check prints its problems, each on a line of its own: where a value in one can
hold a line break, that is escaped.
*/}}
{{- define "microservice.problems" -}}
  {{- or (include "microservice.problems.blocks" .) (include "microservice.problems.all" .) | include "microservice.lines" -}}
{{- end -}}

{{- define "microservice.problems.all" -}}
  {{- include "microservice.problems.image" . }}
  {{- include "microservice.problems.names" . }}
  {{- include "microservice.problems.labels" . }}
  {{- include "microservice.problems.rollout" . }}
  {{- include "microservice.problems.disruption" . }}
  {{- include "microservice.problems.env" . }}
  {{- include "microservice.problems.ports" . }}
  {{- include "microservice.problems.probes" . }}
  {{- include "microservice.problems.handlers" . }}
  {{- include "microservice.problems.shutdown" . }}
  {{- include "microservice.problems.resources" . }}
  {{- include "microservice.problems.security" . }}
  {{- include "microservice.problems.rbac" . }}
  {{- include "microservice.problems.volumes" . }}
  {{- include "microservice.problems.containers" . }}
  {{- include "microservice.problems.lists" . }}
  {{- include "microservice.problems.ingress" . }}
  {{- include "microservice.problems.httproute" . }}
  {{- include "microservice.problems.metrics" . }}
  {{- include "microservice.problems.autoscaling" . }}
  {{- include "microservice.problems.external" . }}
  {{- include "microservice.problems.jobs" . }}
  {{- if eq (toString .Values.guardrails) "enforce" }}
    {{- range include "microservice.risks" . | fromJsonArray }}
      guardrails: {{ . }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.lines: a text -> its lines as a JSON list: without indentation,
without empty ones, each once.
*/}}
{{- define "microservice.lines" -}}
  {{- regexReplaceAll "\\s*\\n\\s*" . "\n" | trim | splitList "\n" | compact | uniq | toJson -}}
{{- end -}}
