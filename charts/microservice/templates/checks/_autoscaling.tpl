{{/*
microservice.problems.autoscaling: an autoscaler has something to look at, and
room to move.
*/}}
{{- define "microservice.problems.autoscaling" -}}
{{- $problems := list -}}
{{- with .Values.autoscaling -}}
{{- if and .enabled (not .external) -}}
{{- if not (include "microservice.autoscalingMetrics" $ | fromJsonArray) -}}
{{- $problems = append $problems "autoscaling has no metric: write autoscaling.targetCPUUtilizationPercentage, targetMemoryUtilizationPercentage or metrics" -}}
{{- end -}}
{{- if not .maxReplicas -}}
{{- $problems = append $problems "autoscaling.maxReplicas is missing: write the most pods that there may be, such as 20" -}}
{{- else if gt (int64 (.minReplicas | default 1)) (int64 .maxReplicas) -}}
{{- $problems = append $problems (printf "autoscaling.minReplicas: %d is above autoscaling.maxReplicas: %d" (int64 .minReplicas) (int64 .maxReplicas)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
