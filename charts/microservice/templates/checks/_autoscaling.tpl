{{/*
microservice.problems.autoscaling: an autoscaler has something to look at, and
room to move.
*/}}
{{- define "microservice.problems.autoscaling" -}}
{{- $problems := list -}}
{{- with .Values.autoscaling -}}
{{- if and .enabled (not .external) -}}
{{- $metrics := include "microservice.autoscalingMetrics" $ | fromJsonArray -}}
{{- if not $metrics -}}
{{- $problems = append $problems "autoscaling has no metric: write autoscaling.targetCPUUtilizationPercentage, targetMemoryUtilizationPercentage or metrics" -}}
{{- end -}}
{{- $problems = concat $problems (include "microservice.problems.missingRequests" (list $ $metrics) | fromJsonArray) -}}
{{- if not .maxReplicas -}}
{{- $problems = append $problems "autoscaling.maxReplicas is missing: write the most pods that there may be, such as 20" -}}
{{- else if gt (int64 (.minReplicas | default 1)) (int64 .maxReplicas) -}}
{{- $problems = append $problems (printf "autoscaling.minReplicas: %d is above autoscaling.maxReplicas: %d" (int64 .minReplicas) (int64 .maxReplicas)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{/*
microservice.problems.missingRequests: (list ROOT METRICS) -> likewise: a target
in percent is one of a request, which every container that goes on running has.
As in Kubernetes a limit alone is a request too, and the pod's own counts.
*/}}
{{- define "microservice.problems.missingRequests" -}}
{{- $values := (index . 0).Values -}}
{{- $problems := list -}}
{{- $all := dict "resources" $values.resources -}}
{{- range $kind := list "initContainers" "extraContainers" -}}
{{- range $index, $container := index $values $kind -}}
{{- if or (eq $kind "extraContainers") (eq (toString $container.restartPolicy) "Always") -}}
{{- $_ := set $all (printf "%s[%d].resources" $kind $index) $container.resources -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $pod := ($values.podSpec).resources -}}
{{- range $metric := index . 1 -}}
{{- if (($metric.resource).target).averageUtilization -}}
{{- range $key, $resources := $all -}}
{{- $request := "" -}}
{{- range list ($resources).requests ($resources).limits ($pod).requests ($pod).limits -}}
{{- $request = get (. | default dict) $metric.resource.name | default $request -}}
{{- end -}}
{{- if not $request -}}
{{- $problems = append $problems (printf "autoscaling by %s is in percent of the request, and a container has none: write %s.requests.%s" $metric.resource.name $key $metric.resource.name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
