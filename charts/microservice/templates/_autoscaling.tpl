{{/*
microservice.autoscalingMetrics: what the autoscaler looks at, as a JSON list:
CPU and memory in percent of the requests, then further metrics as written.
*/}}
{{- define "microservice.autoscalingMetrics" -}}
{{- $list := list -}}
{{- range $resource, $percent := dict
  "cpu" .Values.autoscaling.targetCPUUtilizationPercentage
  "memory" .Values.autoscaling.targetMemoryUtilizationPercentage -}}
{{- if $percent -}}
{{- $target := dict "type" "Utilization" "averageUtilization" (int64 $percent) -}}
{{- $list = append $list (dict "type" "Resource" "resource" (dict "name" $resource "target" $target)) -}}
{{- end -}}
{{- end -}}
{{- concat $list (.Values.autoscaling.metrics | default list) | toJson -}}
{{- end -}}
