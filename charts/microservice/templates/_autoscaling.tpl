{{/*
microservice.autoscalingMetrics: what the autoscaler looks at, as a JSON list: CPU and
memory in percent of the requests, then further metrics as written.
*/}}
{{- define "microservice.autoscalingMetrics" -}}
  {{- $metrics := list -}}
  {{- range $resource, $percent := dict
    "cpu" .Values.autoscaling.targetCPUUtilizationPercentage
    "memory" .Values.autoscaling.targetMemoryUtilizationPercentage -}}
    {{- if $percent -}}
      {{- $target := dict "type" "Utilization" "averageUtilization" (int64 $percent) -}}
      {{- $metrics = append $metrics (dict "type" "Resource" "resource" (dict "name" $resource "target" $target)) -}}
    {{- end -}}
  {{- end -}}
  {{- concat $metrics (.Values.autoscaling.metrics | default list) | toJson -}}
{{- end -}}

{{/*
microservice.guaranteedReplicas: the least number of pods; 0 under an external
autoscaler, whose least the chart doesn't know.
*/}}
{{- define "microservice.guaranteedReplicas" -}}
  {{- $replicas := .Values.autoscaling.enabled | empty | ternary .Values.replicaCount .Values.autoscaling.minReplicas -}}
  {{- if .Values.autoscaling.external }}0{{ else }}{{ kindIs "invalid" $replicas | ternary 1 $replicas | int64 }}{{ end -}}
{{- end -}}
