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

{{/*
microservice.guaranteedReplicas: how many pods there are at the least; 0 where
somebody else scales, whose least nobody here knows.
*/}}
{{- define "microservice.guaranteedReplicas" -}}
  {{- $replicas := empty .Values.autoscaling.enabled | ternary .Values.replicaCount .Values.autoscaling.minReplicas -}}
  {{- if .Values.autoscaling.external }}0{{ else }}{{ kindIs "invalid" $replicas | ternary 1 $replicas | int64 }}{{ end -}}
{{- end -}}
