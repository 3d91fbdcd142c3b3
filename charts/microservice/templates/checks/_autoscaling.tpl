{{/*
microservice.problems.autoscaling: an autoscaler has something to look at, and
room to move.
*/}}
{{- define "microservice.problems.autoscaling" -}}
  {{- $autoscaling := .Values.autoscaling }}
  {{- if and $autoscaling.enabled (not $autoscaling.external) }}
    {{- $metrics := include "microservice.autoscalingMetrics" . | fromJsonArray }}
    {{- if not $metrics }}
      autoscaling has no metric: write autoscaling.targetCPUUtilizationPercentage,
      {{- " targetMemoryUtilizationPercentage or metrics" }}
    {{- end }}
    {{- include "microservice.problems.missingRequests" (dict "root" . "metrics" $metrics) }}
    {{- if not $autoscaling.maxReplicas }}
      autoscaling.maxReplicas is missing: write the most pods that there may be, such as 20
    {{- else if gt (int64 ($autoscaling.minReplicas | default 1)) (int64 $autoscaling.maxReplicas) }}
      autoscaling.minReplicas: {{ int64 $autoscaling.minReplicas }} is above autoscaling.maxReplicas:
      {{- printf " %d" (int64 $autoscaling.maxReplicas) }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.missingRequests: (dict "root" ROOT "metrics" LIST): a
target in percent is one of a request, which every container that goes on
running has. As in Kubernetes a limit alone is a request too, and the pod's own
counts.
*/}}
{{- define "microservice.problems.missingRequests" -}}
  {{- $values := .root.Values }}
  {{- $all := dict "resources" $values.resources }}
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
          autoscaling by {{ $name }} is in percent of the request, and a container has none: write {{ $key }}.requests.{{ $name }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
