{{/*
microservice.risks.disruption: node drains leave some pod. A budget rounds
percentages up (Kubernetes, Specifying a Disruption Budget for your Application).
*/}}
{{- define "microservice.risks.disruption" -}}
  {{- $external := .Values.autoscaling.external }}
  {{- $pods := include "microservice.guaranteedReplicas" . | int64 }}
  {{- $budget := .Values.podDisruptionBudget }}
  {{- $max := toString $budget.maxUnavailable }}
  {{- $min := toString $budget.minAvailable }}
  {{- if and (lt $pods 2) (not $external) }}
  {{- else if not (or $budget.enabled $external (contains "PodDisruptionBudget" (toJson .Values.extraObjects))) }}
    evictAll: podDisruptionBudget.enabled: false lets node drains evict all pods at once; remove it
  {{- else if not $budget.enabled }}
  {{- else if include "microservice.isAll" (dict "amount" $max "pods" $pods "up" 99) }}
    evictAll: podDisruptionBudget.maxUnavailable: {{ $max }} {{ empty $external | ternary (printf "of %d pods " $pods) "" }}lets node drains
    {{- " evict all pods at once; set 1" }}
  {{- else if has $min (list "0" "0%") }}
    evictAll: podDisruptionBudget.minAvailable: {{ $min }} lets node drains evict all pods at once; set at least 1
  {{- end }}
{{- end -}}

{{/*
microservice.risks.claims: data is kept, and a claim that only one node or one pod can
mount is not shared by several pods: replicas, those of a rollout, workers or jobs. Each
pod of a StatefulSet has its own.
*/}}
{{- define "microservice.risks.claims" -}}
  {{- $claims := dict }}
  {{- range $name, $volume := .Values.volumes }}
    {{- if and ($volume).claim (not (include "microservice.isDisabled" $volume)) }}
      {{- if eq (toString $volume.claim.retain) "false" }}
        deletedClaim: volumes.{{ $name }}.claim.retain: false deletes the data with the release, or when the entry is renamed; remove it
      {{- end }}
      {{- $modes := $volume.claim.accessModes | default (list "ReadWriteOnce") }}
      {{- if and (not (has "ReadWriteMany" $modes)) (or (has "ReadWriteOnce" $modes) (has "ReadWriteOncePod" $modes)) }}
        {{- $_ := set $claims $name true }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- if and $claims (ne (toString .Values.kind) "StatefulSet") }}
    {{- $sharing := list }}
    {{- $surge := (.Values.strategy.rollingUpdate).maxSurge | toString }}
    {{- if or .Values.autoscaling.enabled .Values.autoscaling.external }}
      {{- $sharing = append $sharing "the pods of an autoscaler" }}
    {{- else if gt (include "microservice.guaranteedReplicas" . | int64) 1 }}
      {{- $sharing = append $sharing "several pods" }}
    {{- else if not (or (eq (toString .Values.strategy.type) "Recreate") (has $surge (list "0" "0%"))) }}
      {{- $sharing = append $sharing "the old pod and the new one of a rollout" }}
    {{- end }}
    {{- range $name, $_ := $claims }}
      {{- range $sharing }}
        sharedClaim: volumes.{{ $name }}.claim: only one node at a time can mount it, but {{ . }} would; set accessModes:
        {{- " [ReadWriteMany], replicaCount: 1 with strategy.type: Recreate, or kind: StatefulSet for a claim each" }}
      {{- end }}
      {{- range $key, $entry := $.entries }}
        {{- if (get $entry.root.Values.volumes $name | default dict).claim }}
          sharedClaim: volumes.{{ $name }}.claim: only one node at a time can mount it, but {{ $key }} would too; set accessModes:
          {{- printf " [ReadWriteMany], or %s.volumes: false" $key }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.risks.health: pods receive traffic only while they are ready, and are
not restarted before that, or where relief would do. Workers receive none.
*/}}
{{- define "microservice.risks.health" -}}
  {{- $ready := include "microservice.readinessProbe" . | fromJson }}
  {{- if and (not .component) (not $ready) (ne (include "microservice.ports" .) "{}") }}
    noReadinessProbe: readinessProbe: without one, pods receive traffic before they are ready; set readinessProbe.
    {{- include "microservice.mainPort" . | empty | ternary "exec.command" "httpGet.path" }}
  {{- end }}
  {{- if and .Values.service.publishNotReadyAddresses (ne (toString .Values.service.clusterIP) "None") }}
    noReadinessProbe: service.publishNotReadyAddresses: true sends traffic to pods that are not ready; remove it
  {{- end }}
  {{- $live := include "microservice.probe" (dict "root" . "probe" .Values.livenessProbe) | fromJson }}
  {{- $startup := include "microservice.probe" (dict "root" . "probe" .Values.startupProbe) | fromJson }}
  {{- $period := $live.periodSeconds | default 10 | int64 }}
  {{- $failures := $live.failureThreshold | default 3 | int64 }}
  {{- $restart := add (int64 $live.initialDelaySeconds) (mul $period (sub $failures 1)) }}
  {{- $delay := int64 $ready.initialDelaySeconds }}
  {{- if and $live $ready (not $startup) (lt $restart $delay) }}
    earlyRestart: livenessProbe can restart a container after {{ $restart }} s, before the first readinessProbe after {{ $delay }} s; set
    {{- printf " livenessProbe.initialDelaySeconds: %d or more, or a startupProbe" $delay }}
  {{- end }}
  {{- $relief := mul ($ready.periodSeconds | default 10 | int64) ($ready.failureThreshold | default 3 | int64) }}
  {{- $handler := pick $live "httpGet" "tcpSocket" "grpc" "exec" }}
  {{- if and $handler (eq (toJson $handler) (pick $ready "httpGet" "tcpSocket" "grpc" "exec" | toJson)) (le (mul $period $failures) $relief) }}
    sameProbes: livenessProbe is the readinessProbe, so a pod that is only overloaded is restarted; set another path, or a
    {{- " higher livenessProbe.failureThreshold" }}
  {{- end }}
{{- end -}}

{{- define "microservice.checks.guardrails_availability" -}}
  {{- include "microservice.risks.disruption" . }}
  {{- include "microservice.risks.claims" . }}
  {{- include "microservice.risks.health" . }}
{{- end -}}
