{{/*
microservice.problems: everything about the values that no schema can see and
that would not work, each in a sentence with its key and its remedy, as a JSON
list. A block that was taken away makes the rest meaningless, so it comes alone.
Under guardrails: enforce a risk is a problem.
*/}}
{{- define "microservice.problems" -}}
{{- $problems := include "microservice.problems.blocks" . | fromJsonArray -}}
{{- if not $problems -}}
{{- range $part := list "image" "names" "labels" "rollout" "disruption" "env" "ports" "probes" "handlers" "shutdown" "resources" "security" "rbac" "volumes" "containers" "lists" "ingress" "httproute" "metrics" "autoscaling" "external" "jobs" -}}
{{- $problems = concat $problems (include (printf "microservice.problems.%s" $part) $ | fromJsonArray) -}}
{{- end -}}
{{- if eq (toString .Values.guardrails) "enforce" -}}
{{- range include "microservice.risks" . | fromJsonArray -}}
{{- $problems = concat $problems (list (printf "guardrails: %s" .)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
