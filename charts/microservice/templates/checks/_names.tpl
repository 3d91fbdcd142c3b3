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
