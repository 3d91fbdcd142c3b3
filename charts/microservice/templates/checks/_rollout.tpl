{{/*
microservice.problems.rollout: a rollout that may neither take a pod away nor
add one never begins. Kubernetes' own default of both is 25%.
*/}}
{{- define "microservice.problems.rollout" -}}
  {{- $update := .Values.strategy.rollingUpdate | default dict }}
  {{- $none := list "0" "0%" }}
  {{- $stuck := and (has (toString $update.maxUnavailable) $none) (has (toString $update.maxSurge) $none) }}
  {{- if and $stuck (ne (toString .Values.strategy.type) "Recreate") }}
    strategy.rollingUpdate: with maxUnavailable and maxSurge both 0 a rollout can't begin; write one of them above 0, such as
    {{- " maxUnavailable: 1" }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.shutdown: a pod that is still draining when its grace
period ends is killed in the middle of its requests.
*/}}
{{- define "microservice.problems.shutdown" -}}
  {{- $drain := include "microservice.drainSeconds" . | int64 }}
  {{- $grace := include "microservice.graceSeconds" . | int64 }}
  {{- if and (gt $drain 0) (ge $drain $grace) (not (.Values.lifecycle).preStop) }}
    shutdown.drainSeconds: {{ $drain }} leaves nothing of terminationGracePeriodSeconds: {{ $grace }} for the process to end; make the
    {{- " first smaller, or the second larger" }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.disruption: a budget that is written lets a pod go, or no
node could be drained. A percentage of the pods is rounded up (Kubernetes,
Specifying a Disruption Budget for your Application).
*/}}
{{- define "microservice.problems.disruption" -}}
  {{- $budget := .Values.podDisruptionBudget }}
  {{- $min := toString $budget.minAvailable }}
  {{- $max := toString $budget.maxUnavailable }}
  {{- if and $budget.enabled (ne (print $min $max) "<nil><nil>") }}
    {{- $pods := include "microservice.guaranteedReplicas" . | int64 }}
    {{- $percent := trimSuffix "%" $min | int64 }}
    {{- $least := hasSuffix "%" $min | ternary (div (add (mul $percent $pods) 99) 100) $percent }}
    {{- if lt $pods 2 }}
    {{- else if and (ne $min "<nil>") (ne $max "<nil>") }}
      podDisruptionBudget: Kubernetes takes minAvailable or maxUnavailable, not both; take one of them out
    {{- else if has $max (list "0" "0%") }}
      podDisruptionBudget.maxUnavailable: {{ $max }} lets no pod go, so that no node can be drained; write at least 1
    {{- else if ge $least $pods }}
      podDisruptionBudget.minAvailable: {{ $min }} of {{ $pods }} pods lets none go, so that no node can be drained; write less, or
      {{- " maxUnavailable: 1 instead" }}
    {{- end }}
  {{- end }}
{{- end -}}
