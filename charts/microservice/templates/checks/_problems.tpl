{{/*
microservice.problems: everything about the values that no schema can see and
that would not work, each in a sentence with its key and its remedy, as a JSON
list. A block that was taken away makes the rest meaningless, so it comes alone.
*/}}
{{- define "microservice.problems" -}}
{{- $problems := include "microservice.problems.blocks" . | fromJsonArray -}}
{{- if not $problems -}}
{{- range $part := list "image" "names" "labels" "rollout" "env" "ports" "probes" "shutdown" "resources" "security" "volumes" "containers" "ingress" "autoscaling" -}}
{{- $problems = concat $problems (include (printf "microservice.problems.%s" $part) $ | fromJsonArray) -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
