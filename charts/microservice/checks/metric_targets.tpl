{{/*
microservice.problems.metricTargets: each metric has the block of its type, with a target
above 0 that the type knows (Kubernetes, validateMetricSpec), in a container that is there.
*/}}
{{- define "microservice.problems.metricTargets" -}}
  {{- $metrics := list }}
  {{- with .Values.autoscaling }}{{ if and .enabled (not .external) }}{{ $metrics = .metrics }}{{ end }}{{ end }}
  {{- range $index, $metric := $metrics }}
    {{- $key := printf "autoscaling.metrics[%d]" $index }}
    {{- $block := untitle $metric.type }}
    {{- $source := index $metric $block }}
    {{- if not $source }}
      {{ $key }}: type {{ $metric.type }} needs the block {{ $block }}, not
      {{- printf " %s" (omit $metric "type" | keys | sortAlpha | join ", ") }}; rename it, or change the type
    {{- else }}
      {{- $target := $source.target }}
      {{- $fields := get (dict "pods" (list "averageValue") "object" (list "averageValue" "value") "external" (list "averageValue" "value")) $block }}
      {{- $fields = $fields | default (list "averageUtilization" "averageValue") }}
      {{- $set := list }}
      {{- range list "averageUtilization" "averageValue" "value" }}
        {{- $value := index $target . }}
        {{- if not (kindIs "invalid" $value) }}
          {{- if has . $fields }}{{ $set = append $set . }}{{ end }}
          {{- if not (regexMatch "^\\+?[0-9.]*[1-9]" (toJson $value | trimAll "\"")) }}
            {{ $key }}.{{ $block }}.target.{{ . }}: {{ $value }} is not above 0; set what one pod should have
          {{- end }}
        {{- end }}
      {{- end }}
      {{- if not $set }}
        {{ $key }}.{{ $block }}.target: a metric of type {{ $metric.type }} needs {{ join " or " $fields }}; set it
      {{- else if and (gt (len $set) 1) (ne $block "object") }}
        {{ $key }}.{{ $block }}.target: {{ join " and " $set }} exclude each other; remove one, or set it to null
      {{- end }}
    {{- end }}
    {{- with $metric.containerResource }}
      {{- $_ := include "microservice.collectContainers" $ }}
      {{- $main := ($.Values.containerSpec).name | default (include "microservice.name" $) }}
      {{- $containers := dict $main (dict "key" "resources" "resources" $.Values.resources) }}
      {{- range $.containers }}
        {{- if .longRunning }}
          {{- $_ := dict "key" (printf "%s.resources" .key) "resources" .container.resources | set $containers .container.name }}
        {{- end }}
      {{- end }}
      {{- $container := index $containers .container }}
      {{- $resources := $container.resources }}
      {{- if not $container }}
        {{ $key }}.containerResource.container: no container is called {{ quote .container }}; use one of
        {{- printf " %s" (keys $containers | sortAlpha | join ", ") }}
      {{- else if and .target.averageUtilization (not (or (get ($resources.requests) .name) (get ($resources.limits) .name))) }}
        {{- $name := .name | replace "\n" "\\n" }}
        {{ $key }} by {{ $name }} needs a request on its container: set {{ $container.key }}.requests.{{ $name }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "microservice.checks.metric_targets" -}}
  {{- include "microservice.problems.metricTargets" . }}
{{- end -}}
