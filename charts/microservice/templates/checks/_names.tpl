{{/*
microservice.problems.names: the names that come from the release's have to be
DNS labels, as a Service's name (RFC 1035) and a container's (RFC 1123).
*/}}
{{- define "microservice.problems.names" -}}
{{- $problems := list -}}
{{- $fullname := include "microservice.fullname" . -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $fullname) -}}
{{- $problems = append $problems (printf "the name %q can't be a Service's: it takes small letters, digits and '-', and begins with a letter; write fullnameOverride, such as fullnameOverride: app-%s" $fullname ($fullname | lower | replace "." "-")) -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
