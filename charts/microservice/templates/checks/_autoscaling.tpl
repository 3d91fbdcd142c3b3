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
    {{- include "microservice.problems.missingRequests" (dict "root" . "metrics" $metrics) }}
    {{- if and (eq (toString $autoscaling.minReplicas) "0") (not (regexMatch "\"type\":\"(External|Object)\"" (toJson $metrics))) }}
      autoscaling.minReplicas: 0 needs a metric of type External or Object, which shows work without a pod; add one to autoscaling.metrics,
      {{- " or set minReplicas: 1" }}
    {{- end }}
    {{- if not $autoscaling.maxReplicas }}
      autoscaling.maxReplicas is missing: set the maximum number of pods, such as 20
    {{- else if gt (int64 $autoscaling.minReplicas) (int64 $autoscaling.maxReplicas) }}
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
          {{- $request = get (.) $name | default $request }}
        {{- end }}
        {{- if not $request }}
          autoscaling by {{ $name }} needs a request on every container: set {{ $key }}.requests.{{ $name }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
