{{/*
microservice.problems.env: each variable has one source, and variables don't
refer to each other in a cycle, which Kubernetes could not expand.
*/}}
{{- define "microservice.problems.env" -}}
  {{- range $name, $value := .Values.env }}
    {{- if kindIs "map" $value }}
      {{- if contains ":null" (toJson $value) }}
        {{- $value = include "microservice.withoutNulls" $value | fromJson }}
      {{- end }}
      {{- if ne (len $value) 1 }}
        {{- $several := printf "several sources (%s)" (keys $value | sortAlpha | join ", ") }}
        env.{{ $name }} has {{ empty $value | ternary "no source" $several }}: set one, such as
        {{- " secretKeyRef: {name: database, key: url}" }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- with (include "microservice.envOrder" .Values.env | fromJson).cycle }}
    env: {{ join ", " . }} refer to each other in a cycle, through $(NAME); write the value itself in one of them
  {{- end }}
  {{- $places := dict }}
  {{- $external := empty (.Values.secret.external).enabled | ternary dict (.Values.secret.external).data }}
  {{- range $block, $data := dict
    "config.data" .Values.config.data
    "secret.data" .Values.secret.data
    "secret.external.data" $external }}
    {{- range $name, $value := $data }}
      {{- if not (kindIs "invalid" $value) }}
        {{- $other := get $places $name }}
        {{- /* A secrets manager may override a default. */}}
        {{- $default := and (eq $other "config.data") (eq $block "secret.external.data") }}
        {{- if and $other (not $default) }}
          {{ $other }}.{{ $name }} and {{ $block }}.{{ $name }} set the same variable: remove one, or set env.{{ $name }}, which overrides
          {{- " both" }}
        {{- end }}
        {{- $_ := set $places $name $block }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
