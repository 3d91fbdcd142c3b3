{{/*
microservice.risks: what works, and is unsafe in production all the same, each
in a sentence with its key and its remedy, as a JSON list.
*/}}
{{- define "microservice.risks" -}}
{{- $risks := list -}}
{{- range $part := list "rollout" "health" "containers" "security" "exposure" -}}
{{- $risks = concat $risks (include (printf "microservice.risks.%s" $part) $ | fromJsonArray) -}}
{{- end -}}
{{- toJson $risks -}}
{{- end -}}

{{/*
microservice.risks.rollout: while a version replaces another, or a node goes,
somebody is left to answer.
*/}}
{{- define "microservice.risks.rollout" -}}
{{- $risks := list -}}
{{- $key := empty .Values.autoscaling.enabled | ternary "replicaCount" "autoscaling.minReplicas" -}}
{{- if and (not .Values.autoscaling.external) (lt (include "microservice.guaranteedReplicas" . | int64) 2) -}}
{{- $risks = append $risks (printf "%s: fewer than 2 pods are none while one is replaced; write at least 2" $key) -}}
{{- end -}}
{{- $recreate := eq (toString .Values.strategy.type) "Recreate" -}}
{{- if $recreate -}}
{{- $risks = append $risks "strategy.type: Recreate ends every pod before the next one starts; write RollingUpdate, if it can run twice at once" -}}
{{- end -}}
{{- $surge := (.Values.strategy.rollingUpdate | default dict).maxSurge | toString -}}
{{- if not (or $recreate (has $surge (list "0" "0%"))) -}}
{{- range $name, $volume := .Values.volumes -}}
{{- if and ($volume).claim (ne (toString $volume.enabled) "false") -}}
{{- if not (has "ReadWriteMany" ($volume.claim.accessModes | default list)) -}}
{{- if or (not $volume.claim.accessModes) (has "ReadWriteOnce" $volume.claim.accessModes) (has "ReadWriteOncePod" $volume.claim.accessModes) -}}
{{- $risks = append $risks (printf "volumes.%s.claim: one node at a time can mount it, and a new pod starts before the old one ends; write accessModes: [ReadWriteMany], or strategy.rollingUpdate: {maxSurge: 0, maxUnavailable: 1}" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $risks -}}
{{- end -}}
