{{/*
microservice.problems.autoscaling: an autoscaler has a metric, and minReplicas
and maxReplicas that fit together. CPU and memory never show that a pod is needed
where none runs (Kubernetes, validateHorizontalPodAutoscalerSpec).
*/}}
{{- define "microservice.problems.autoscaling" -}}
  {{- $autoscaling := .Values.autoscaling }}
  {{- if and $autoscaling.enabled (not $autoscaling.external) }}
    {{- $metrics := include "microservice.autoscalingMetrics" . | fromJsonArray }}
    {{- if not $metrics }}
      autoscaling has no metric: set autoscaling.targetCPUUtilizationPercentage,
      {{- " targetMemoryUtilizationPercentage or metrics" }}
    {{- end }}
    {{- include "microservice.problems.metricTargets" . }}
    {{- include "microservice.problems.missingRequests" (dict "root" . "metrics" $metrics) }}
    {{- if and (eq (toString $autoscaling.minReplicas) "0") (not (regexMatch "\"type\":\"(External|Object)\"" (toJson $metrics))) }}
      autoscaling.minReplicas: 0 needs a metric of type External or Object, which shows work without a pod; add one to autoscaling.metrics,
      {{- " or set minReplicas: 1" }}
    {{- end }}
    {{- if not $autoscaling.maxReplicas }}
      autoscaling.maxReplicas is missing: set the maximum number of pods, such as 20
    {{- else if gt (int64 ($autoscaling.minReplicas | default 1)) (int64 $autoscaling.maxReplicas) }}
      autoscaling.minReplicas: {{ int64 $autoscaling.minReplicas }} is above autoscaling.maxReplicas:
      {{- printf " %d" (int64 $autoscaling.maxReplicas) }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.missingRequests: (dict "root" ROOT "metrics" LIST):
utilization is measured in percent of the request, so every long-running
container needs one. As in Kubernetes, a limit without a request counts as one,
and so do the pod's own resources.
*/}}
{{- define "microservice.problems.missingRequests" -}}
  {{- $values := .root.Values }}
  {{- $all := dict "resources" (include "microservice.resources" .root | fromJson) }}
  {{- $_ := include "microservice.collectContainers" .root }}
  {{- range .root.containers }}
    {{- if .longRunning }}
      {{- $_ := set $all (printf "%s.resources" .key) .container.resources }}
    {{- end }}
  {{- end }}
  {{- $pod := ($values.podSpec).resources }}
  {{- range $metric := .metrics }}
    {{- if (($metric.resource).target).averageUtilization }}
      {{- $name := $metric.resource.name | replace "\n" "\\n" }}
      {{- range $key, $resources := $all }}
        {{- $request := "" }}
        {{- range list ($resources).requests ($resources).limits ($pod).requests ($pod).limits }}
          {{- $request = get (. | default dict) $name | default $request }}
        {{- end }}
        {{- if not $request }}
          autoscaling by {{ $name }} needs a request on every container: set {{ $key }}.requests.{{ $name }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.metricTargets: each metric has the block of its type, with a target
above 0 that the type knows (Kubernetes, validateMetricSpec), in a container that is there.
*/}}
{{- define "microservice.problems.metricTargets" -}}
  {{- range $index, $metric := .Values.autoscaling.metrics }}
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
      {{- $resources := $container.resources | default dict }}
      {{- if not $container }}
        {{ $key }}.containerResource.container: no container is called {{ quote .container }}; use one of
        {{- printf " %s" (keys $containers | sortAlpha | join ", ") }}
      {{- else if and .target.averageUtilization (not (or (index ($resources.requests | default dict) .name) (index ($resources.limits | default dict) .name))) }}
        {{- $name := .name | replace "\n" "\\n" }}
        {{ $key }} by {{ $name }} needs a request on its container: set {{ $container.key }}.requests.{{ $name }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
