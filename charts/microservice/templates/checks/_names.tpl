{{/*
microservice.problems.names: what all names begin with has to be a DNS label
with a letter first, as a Service's name (RFC 1035).
*/}}
{{- define "microservice.problems.names" -}}
{{- $problems := list -}}
{{- $fullname := include "microservice.fullname" . -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $fullname) -}}
{{- $problems = append $problems (printf "the name %q can't be a Service's: it takes small letters, digits and '-', and begins with a letter; write fullnameOverride, such as fullnameOverride: app-%s" $fullname ($fullname | lower | replace "." "-")) -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{/*
microservice.problems.labels: the labels that find the pods are the chart's own;
another value beside them would be lost without a word.
*/}}
{{- define "microservice.problems.labels" -}}
{{- $problems := list -}}
{{- if contains "app.kubernetes.io/" (pick .Values "commonLabels" "podLabels" | toJson) -}}
{{- range $label, $own := include "microservice.selectorMap" . | fromJson -}}
{{- range $key := list "commonLabels" "podLabels" -}}
{{- $written := get (get $.Values $key | default dict) $label | default $own | toString -}}
{{- if ne $written $own -}}
{{- $problems = append $problems (printf "%s: {%s: %s} would change what finds the pods, which stays %q; take it out (app.kubernetes.io/name is nameOverride's to change)" $key $label $written $own) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
