{{/*
microservice.risks: what works, and is unsafe in production all the same, each
in a sentence with its key and its remedy, as a JSON list.
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
microservice.risks.rollout: while a version replaces another, or a node goes,
somebody is left to answer.
*/}}
{{- define "microservice.risks.rollout" -}}
  {{- if and (not .Values.autoscaling.external) (lt (include "microservice.guaranteedReplicas" . | int64) 2) }}
    {{ empty .Values.autoscaling.enabled | ternary "replicaCount" "autoscaling.minReplicas" }}: fewer than 2 pods are none while one
    {{- " is replaced; write at least 2" }}
  {{- end }}
  {{- $recreate := eq (toString .Values.strategy.type) "Recreate" }}
  {{- if $recreate }}
    strategy.type: Recreate ends every pod before the next one starts; write RollingUpdate, if it can run twice at once
  {{- end }}
  {{- $surge := (.Values.strategy.rollingUpdate | default dict).maxSurge | toString }}
  {{- if not (or $recreate (has $surge (list "0" "0%"))) }}
    {{- range $name, $volume := .Values.volumes }}
      {{- if and ($volume).claim (not (include "microservice.isDisabled" $volume)) }}
        {{- $modes := $volume.claim.accessModes | default (list "ReadWriteOnce") }}
        {{- if and (not (has "ReadWriteMany" $modes)) (or (has "ReadWriteOnce" $modes) (has "ReadWriteOncePod" $modes)) }}
          volumes.{{ $name }}.claim: one node at a time can mount it, and a new pod starts before the old one ends; write
          {{- " accessModes: [ReadWriteMany], or strategy.rollingUpdate: {maxSurge: 0, maxUnavailable: 1}" }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
