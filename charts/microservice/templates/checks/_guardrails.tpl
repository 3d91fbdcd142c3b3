{{/*
microservice.risks: what works but is unsafe in production, as a JSON list of
sentences with key and remedy.
*/}}
{{- define "microservice.risks" -}}
  {{- include "microservice.risks.all" . | include "microservice.lines" -}}
{{- end -}}

{{- define "microservice.risks.all" -}}
  {{- include "microservice.risks.rollout" . }}
  {{- include "microservice.risks.health" . }}
  {{- include "microservice.risks.containers" . }}
  {{- include "microservice.risks.security" . }}
  {{- include "microservice.risks.exposure" . }}
{{- end -}}

{{/*
microservice.risks.rollout: some pod keeps serving during rollouts and node
drains.
*/}}
{{- define "microservice.risks.rollout" -}}
  {{- if and (not .Values.autoscaling.external) (lt (include "microservice.guaranteedReplicas" . | int64) 2) }}
    {{ empty .Values.autoscaling.enabled | ternary "replicaCount" "autoscaling.minReplicas" }}: with fewer than 2 pods,
    {{- " replacing one causes downtime; set at least 2" }}
  {{- end }}
  {{- $recreate := eq (toString .Values.strategy.type) "Recreate" }}
  {{- if $recreate }}
    strategy.type: Recreate stops all pods before new ones start; set RollingUpdate, if two versions can run at once
  {{- end }}
  {{- $surge := (.Values.strategy.rollingUpdate | default dict).maxSurge | toString }}
  {{- if not (or $recreate (has $surge (list "0" "0%"))) }}
    {{- range $name, $volume := .Values.volumes }}
      {{- if and ($volume).claim (not (include "microservice.isDisabled" $volume)) }}
        {{- $modes := $volume.claim.accessModes | default (list "ReadWriteOnce") }}
        {{- if and (not (has "ReadWriteMany" $modes)) (or (has "ReadWriteOnce" $modes) (has "ReadWriteOncePod" $modes)) }}
          volumes.{{ $name }}.claim: only one node at a time can mount it, and a new pod starts before the old one stops; set
          {{- " accessModes: [ReadWriteMany], or strategy.rollingUpdate: {maxSurge: 0, maxUnavailable: 1}" }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
