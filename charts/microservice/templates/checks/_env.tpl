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
{{- include "microservice.prune" $value -}}
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
{{- if .Values.config.data -}}
{{- range $name, $value := .Values.secret.data -}}
{{- if not (or (kindIs "invalid" $value) (kindIs "invalid" (get $.Values.config.data $name)) (not (hasKey $.Values.config.data $name))) -}}
{{- $problems = append $problems (printf "config.data.%s and secret.data.%s are one variable: keep one of them, or write env.%s, which counts over both" $name $name $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
