{{/*
microservice.problems.env: each variable has one source, and variables don't
refer to each other in a cycle, which Kubernetes could not expand.
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
          {{- $several := printf "several sources (%s)" (keys $value | sortAlpha | join ", ") }}
          {{ $key }}.{{ $name }} has {{ empty $value | ternary "no source" $several }}: set one, such as
          {{- " secretKeyRef: {name: database, key: url}" }}
        {{- end }}
      {{- end }}
    {{- end }}
    {{- if ne $key "env" }}
      {{- $env = include "microservice.merged" (list $.Values.env $env) | fromJson }}
    {{- end }}
    {{- with (include "microservice.envOrder" $env | fromJson).cycle }}
      {{ $key }}: {{ join ", " . }} refer to each other in a cycle, through $(NAME); write the value itself in one of them
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

{{/*
microservice.problems.envSources: what a variable is read from when its container
starts is in the pod: the resources of a container, or a file in an emptyDir
(validateFileKeyRefVolumes, Kubernetes, pkg/apis/core/validation). A job has no other
containers, and by default few volumes.
*/}}
{{- define "microservice.problems.envSources" -}}
  {{- $variables := list }}
  {{- range $name, $source := .Values.env }}
    {{- if kindIs "map" $source }}
      {{- $variables = append $variables (dict "key" (printf "env.%s" $name) "source" $source "job" dict) }}
    {{- end }}
  {{- end }}
  {{- $_ := include "microservice.collectContainers" . }}
  {{- range .containers }}
    {{- $key := .key }}
    {{- range $index, $variable := .container.env }}
      {{- with $variable.valueFrom }}
        {{- $variables = append $variables (dict "key" (printf "%s.env[%d].valueFrom" $key $index) "source" . "job" dict) }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- if or .Values.cronJobs .Values.migration.enabled }}
    {{- range $key, $job := include "microservice.jobs" . | fromJson }}
      {{- range $name, $source := include "microservice.merged" (list $.Values.env $job.env) | fromJson }}
        {{- if kindIs "map" $source }}
          {{- $variables = append $variables (dict "key" (printf "%s.env.%s" $key $name) "source" $source "job" $job) }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- range $variables }}
    {{- $key := .key }}
    {{- $job := .job }}
    {{- with .source.resourceFieldRef }}
      {{- include "microservice.problems.resourceField" (dict "root" $ "key" (printf "%s.resourceFieldRef" $key) "field" . "job" $job) }}
    {{- end }}
    {{- with (.source.fileKeyRef).volumeName }}
      {{- $volumes := include "microservice.emptyDirs" (dict "root" $ "job" $job) | fromJsonArray }}
      {{- if not (has . $volumes) }}
        {{- $more := empty $job | ternary "" ", and set volumes: true in the job, or its variable to null" }}
        {{ $key }}.fileKeyRef.volumeName: the pod has no emptyDir {{ quote . }} ({{ join ", " $volumes | default "none" }}); declare
        {{- printf " it under volumes%s" $more }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.resourceField: (dict "root" . "key" KEY "field" MAP "job" JOB): a
resourceFieldRef, in the application's pod or in a job's, is about a container of the
pod, and has a unit of the resource (validateContainerResourceDivisor, Kubernetes,
pkg/apis/core/validation).
*/}}
{{- define "microservice.problems.resourceField" -}}
  {{- $root := .root }}
  {{- $names := list (($root.Values.containerSpec).name | default (include "microservice.name" $root)) }}
  {{- if not .job }}
    {{- $_ := include "microservice.collectContainers" $root }}
    {{- range $root.containers }}{{ $names = append $names .container.name }}{{ end }}
  {{- end }}
  {{- with .field.containerName }}
    {{- if not (has . $names) }}
      {{ $.key }}.containerName: the pod has no container {{ quote . }} ({{ join ", " $names }})
    {{- end }}
  {{- end }}
  {{- with .field.divisor }}
    {{- $divisor := include "microservice.quantity" . | float64 }}
    {{- if and (hasSuffix ".cpu" $.field.resource) (gt $divisor 1.0) }}
      {{ $.key }}.divisor: {{ . }} is no unit of cpu: use 1 for cores or 1m for thousandths
    {{- else if and (not (hasSuffix ".cpu" $.field.resource)) (gt $divisor 0.0) (lt $divisor 1.0) }}
      {{ $.key }}.divisor: {{ . }} is no unit of bytes: use 1, or one such as 1Mi
    {{- end }}
  {{- end }}
{{- end -}}
