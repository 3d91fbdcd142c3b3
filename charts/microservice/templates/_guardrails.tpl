{{/*
microservice.guardrails: what to do about risks, as JSON: {"mode": none, warn or
enforce, "allow": rule -> why it does not apply here}. A map of the chart's own is
laid over global.guardrails, a word replaces it. The mode is empty where only a map
without one is written.
*/}}
{{- define "microservice.guardrails" -}}
  {{- $settings := dict }}
  {{- range $written := list (.Values.global).guardrails .Values.guardrails }}
    {{- if kindIs "map" $written }}
      {{- include "microservice.overlay" (dict "base" $settings "over" $written) }}
    {{- else if $written }}
      {{- $settings = dict "mode" $written }}
    {{- end }}
  {{- end }}
  {{- include "microservice.prune" $settings }}
  {{- dict "mode" (empty $settings | ternary "warn" $settings.mode) "allow" ($settings.allow | default dict) | toJson }}
{{- end -}}

{{/*
microservice.guardrails.rules: the names of all rules, of which a risk's line
begins with one.
*/}}
{{- define "microservice.guardrails.rules" -}}
  allTolerations capabilities deletedClaim earlyRestart evictAll externalIPs fullRights hostNamespaces hostPath hostPort hostProcess
  mutableTag noDrain noGrace noHistory noMemoryLimit noNetworkPolicy noReadinessProbe noRequests noSpread noTLS plainTextSecrets
  privilegeEscalation privileged procMount recreate rolloutOutage rootGroup rootUser sameProbes seLinuxOptions
  secretsInValues serviceAccountToken sharedClaim sharedProcesses shortDrain singleReplica snippets sysctls systemPriority
  tlsWithoutRule unconfined writableRoot
{{- end -}}

{{/*
microservice.isAll: (dict "amount" NUMBER-OR-PERCENT "pods" NUMBER "up" 99 to round
percentages up, else they are rounded down) -> "true" where that many are all pods. Of no
pods, whose number is unknown, only 100% are all.
*/}}
{{- define "microservice.isAll" -}}
  {{- $amount := trimSuffix "%" .amount | int64 }}
  {{- if hasSuffix "%" .amount }}
    {{- if or (ge $amount 100) (and .pods (ge (div (add (mul $amount .pods) .up) 100) .pods)) }}true{{ end }}
  {{- else if and .pods (ge $amount .pods) }}true{{ end }}
{{- end -}}
