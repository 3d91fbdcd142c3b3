{{/*
microservice.isDisabled: an entry -> "true" where it says `enabled: false`. One
that does not say is enabled, as is one with `enabled: null`.
*/}}
{{- define "microservice.isDisabled" -}}
  {{- if and . (eq (toString .enabled) "false") }}true{{ end }}
{{- end -}}
