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
