{{/*
microservice.risks.rollout: some pod keeps serving during rollouts, and while a node
is down.
*/}}
{{- define "microservice.risks.rollout" -}}
  {{- $external := .Values.autoscaling.external }}
  {{- $pods := include "microservice.guaranteedReplicas" . | int64 }}
  {{- if and (not $external) (lt $pods 2) }}
    singleReplica: {{ empty .Values.autoscaling.enabled | ternary "replicaCount" "autoscaling.minReplicas" }}: with fewer than 2 pods,
    {{- " replacing one causes downtime; set at least 2" }}
  {{- else }}
    {{- $unavailable := (.Values.strategy.rollingUpdate).maxUnavailable | toString }}
    {{- if eq (toString .Values.strategy.type) "Recreate" }}
      recreate: strategy.type: Recreate stops all pods before new ones start; set RollingUpdate, if two versions can run at once
    {{- else if include "microservice.isAll" (dict "amount" $unavailable "pods" $pods) }}
      rolloutOutage: strategy.rollingUpdate.maxUnavailable: {{ $unavailable }} lets a rollout stop all pods at once; set 0, or less than
      {{- empty $external | ternary (printf " the %d pods that are guaranteed" $pods) " 100%" }}
    {{- end }}
    {{- $spread := .Values.topologySpreadConstraints }}
    {{- if and (kindIs "slice" $spread) (not $spread) (not (.Values.affinity).podAntiAffinity) }}
      noSpread: topologySpreadConstraints: [] lets all pods run on one node; remove it, or set affinity.podAntiAffinity
    {{- end }}
    {{- if eq (toString .Values.revisionHistoryLimit) "0" }}
      noHistory: revisionHistoryLimit: 0 leaves nothing for kubectl rollout undo to go back to; set at least 1
    {{- end }}
    {{- range $key, $node := dict
      "podSpec.nodeName" (.Values.podSpec).nodeName
      "nodeSelector: kubernetes.io/hostname" (get (.Values.nodeSelector) "kubernetes.io/hostname") }}
      {{- with $node }}
        noSpread: {{ $key }}: {{ . }} runs all pods on one node; remove it, or select several nodes
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

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
