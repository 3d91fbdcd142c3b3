{{/*
microservice.problems.rollout: a rollout that may neither take a pod away nor
add one never begins. Kubernetes' own default of both is 25%.
*/}}
{{- define "microservice.problems.rollout" -}}
{{- $problems := list -}}
{{- $update := .Values.strategy.rollingUpdate | default dict -}}
{{- $none := list "0" "0%" -}}
{{- if and (ne (toString .Values.strategy.type) "Recreate") (has (toString $update.maxUnavailable) $none) (has (toString $update.maxSurge) $none) -}}
{{- $problems = append $problems "strategy.rollingUpdate: with maxUnavailable and maxSurge both 0 a rollout can't begin; write one of them above 0, such as maxUnavailable: 1" -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
