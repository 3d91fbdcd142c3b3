{{/*
microservice.problems.env: a variable comes from one place, variables that
refer to each other in a circle have no order in which Kubernetes could fill
them in.
*/}}
{{- define "microservice.problems.env" -}}
  {{- $envs := dict "env" .Values.env }}
  {{- range $key, $job := include "microservice.jobs" . | fromJson }}
    {{- if $job.env }}
      {{- $_ := set $envs (printf "%s.env" $key) $job.env }}
    {{- end }}
  {{- end }}
  {{- range $key, $env := $envs }}
    {{- range $name, $value := $env }}
      {{- if kindIs "map" $value }}
        {{- if contains ":null" (toJson $value) }}
          {{- $value = include "microservice.withoutNulls" $value | fromJson }}
        {{- end }}
        {{- if ne (len $value) 1 }}
          {{ $key }}.{{ $name }} comes from {{ keys $value | sortAlpha | join " and " | default "nowhere" }}: write one, such as
          {{- " secretKeyRef: {name: database, key: url}" }}
        {{- end }}
      {{- end }}
    {{- end }}
    {{- if ne $key "env" }}
      {{- $env = include "microservice.merged" (list $.Values.env $env) | fromJson }}
    {{- end }}
    {{- with (include "microservice.envOrder" $env | fromJson).cycle }}
      {{ $key }}: {{ join ", " . }} refer to each other in a circle, through $(NAME); write the value out in one of them
    {{- end }}
  {{- end }}
  {{- $places := dict }}
  {{- $external := empty (.Values.secret.external).enabled | ternary dict (.Values.secret.external).data }}
  {{- range $block, $data := dict
    "config.data" .Values.config.data
    "secret.data" .Values.secret.data
    "secret.external.data" $external }}
    {{- range $name, $value := $data }}
      {{- if not (kindIs "invalid" $value) }}
        {{- with get $places $name }}
          {{ . }}.{{ $name }} and {{ $block }}.{{ $name }} are one variable: keep one of them, or write env.{{ $name }},
          {{- " which counts over both" }}
        {{- end }}
        {{- $_ := set $places $name $block }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
