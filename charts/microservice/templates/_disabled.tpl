{{/*
microservice.isDisabled: an entry -> "true" where it has `enabled: false`. An entry
without `enabled`, or with null, is enabled.
*/}}
{{- define "microservice.isDisabled" -}}
  {{- if and . (eq (toString .enabled) "false") }}true{{ end }}
{{- end -}}
