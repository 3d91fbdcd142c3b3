{{/*
microservice.problems.rollout: a rollout that may neither remove a pod nor add
one can't start, and one whose pods become available only after its deadline can't
succeed. Kubernetes' defaults: 25% for both, and 600 seconds. A StatefulSet has none of
these.
*/}}
{{- define "microservice.problems.rollout" -}}
  {{- $update := .Values.strategy.rollingUpdate }}
  {{- $none := list "0" "0%" }}
  {{- $deployment := ne (toString .Values.kind) "StatefulSet" }}
  {{- $stuck := and (has (toString $update.maxUnavailable) $none) (has (toString $update.maxSurge) $none) }}
  {{- if and $deployment $stuck (ne (toString .Values.strategy.type) "Recreate") }}
    strategy.rollingUpdate: with maxUnavailable and maxSurge both 0 a rollout can't start; set one of them above 0, such as
    {{- " maxUnavailable: 1" }}
  {{- end }}
  {{- with .Values.minReadySeconds }}
    {{- $deadline := $.Values.progressDeadlineSeconds | default 600 | int64 }}
    {{- if and $deployment (ge (int64 .) $deadline) }}
      minReadySeconds: {{ int64 . }} must be below progressDeadlineSeconds: {{ $deadline }}; raise the second, or lower the first
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.disruption: a budget allows at least one eviction, or no
node could be drained. Percentages are rounded up (Kubernetes, Specifying a
Disruption Budget for your Application). Of an external autoscaler's pods only
percentages can be judged.
*/}}
{{- define "microservice.problems.disruption" -}}
  {{- $budget := .Values.podDisruptionBudget }}
  {{- $min := toString $budget.minAvailable }}
  {{- $max := toString $budget.maxUnavailable }}
  {{- if and $budget.enabled (ne (print $min $max) "<nil><nil>") }}
    {{- $pods := include "microservice.guaranteedReplicas" . | int64 }}
    {{- $percent := trimSuffix "%" $min | int64 }}
    {{- $least := hasSuffix "%" $min | ternary (div (add (mul $percent $pods) 99) 100) $percent }}
    {{- if and (ne $min "<nil>") (ne $max "<nil>") }}
      podDisruptionBudget: Kubernetes accepts minAvailable or maxUnavailable, not both; remove one of them
    {{- else if has $max (list "0" "0%") }}
      podDisruptionBudget.maxUnavailable: {{ $max }} allows no eviction, so no node can be drained; set at least 1
    {{- else if or (eq $min "100%") (and $pods (ge $least $pods)) }}
      podDisruptionBudget.minAvailable: {{ $min }} of {{ $pods | default "all" }} pods allows no eviction, so no node can be drained; lower it,
      {{- " or set maxUnavailable: 1 instead" }}
    {{- end }}
  {{- end }}
{{- end -}}
