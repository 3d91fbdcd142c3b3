{{/*
microservice.problems.env: a variable comes from one place, variables that
refer to each other in a circle have no order in which Kubernetes could fill
them in.
*/}}
{{- define "microservice.problems.env" -}}
{{- $problems := list -}}
{{- $envs := dict "env" .Values.env -}}
{{- range $key, $job := include "microservice.jobs" . | fromJson -}}
{{- if $job.env }}{{ $_ := set $envs (printf "%s.env" $key) $job.env }}{{ end -}}
{{- end -}}
{{- range $key, $env := $envs -}}
{{- range $name, $value := $env -}}
{{- if kindIs "map" $value -}}
{{- if contains ":null" (toJson $value) }}{{ $value = include "microservice.withoutNulls" $value | fromJson }}{{ end -}}
{{- if ne (len $value) 1 -}}
{{- $problems = append $problems (printf "%s.%s comes from %s: write one, such as secretKeyRef: {name: database, key: url}" $key $name (keys $value | sortAlpha | join " and " | default "nowhere")) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if ne $key "env" }}{{ $env = include "microservice.merged" (list $.Values.env $env) | fromJson }}{{ end -}}
{{- with (include "microservice.envOrder" $env | fromJson).cycle -}}
{{- $problems = append $problems (printf "%s: %s refer to each other in a circle, through $(NAME); write the value out in one of them" $key (join ", " .)) -}}
{{- end -}}
{{- end -}}
{{- $places := dict -}}
{{- $external := empty (.Values.secret.external).enabled | ternary dict (.Values.secret.external).data -}}
{{- range $block, $data := dict "config.data" .Values.config.data "secret.data" .Values.secret.data "secret.external.data" $external -}}
{{- range $name, $value := $data -}}
{{- if not (kindIs "invalid" $value) -}}
{{- with get $places $name -}}
{{- $problems = append $problems (printf "%s.%s and %s.%s are one variable: keep one of them, or write env.%s, which counts over both" . $name $block $name $name) -}}
{{- end -}}
{{- $_ := set $places $name $block -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
