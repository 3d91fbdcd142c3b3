{{/*
microservice.problems.disruption: a budget that is written lets a pod go, or no
node could be drained. A percentage of the pods is rounded up (Kubernetes,
Specifying a Disruption Budget for your Application).
*/}}
{{- define "microservice.problems.disruption" -}}
{{- $problems := list -}}
{{- $budget := .Values.podDisruptionBudget -}}
{{- $min := toString $budget.minAvailable -}}
{{- $max := toString $budget.maxUnavailable -}}
{{- if and $budget.enabled (ne (print $min $max) "<nil><nil>") -}}
{{- $pods := include "microservice.guaranteedReplicas" . | int64 -}}
{{- $percent := trimSuffix "%" $min | int64 -}}
{{- $least := hasSuffix "%" $min | ternary (div (add (mul $percent $pods) 99) 100) $percent -}}
{{- if lt $pods 2 -}}
{{- else if and (ne $min "<nil>") (ne $max "<nil>") -}}
{{- $problems = append $problems "podDisruptionBudget: Kubernetes takes minAvailable or maxUnavailable, not both; take one of them out" -}}
{{- else if has $max (list "0" "0%") -}}
{{- $problems = append $problems (printf "podDisruptionBudget.maxUnavailable: %s lets no pod go, so that no node can be drained; write at least 1" $max) -}}
{{- else if ge $least $pods -}}
{{- $problems = append $problems (printf "podDisruptionBudget.minAvailable: %s of %d pods lets none go, so that no node can be drained; write less, or maxUnavailable: 1 instead" $min $pods) -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
