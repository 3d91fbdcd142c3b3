{{/*
microservice.podSpec: the pod of the application, or of the job whose root this is.
*/}}
{{- define "microservice.podSpec" -}}
  {{- include "microservice.fields" (list
    "serviceAccountName" (include "microservice.serviceAccountName" .)
    "automountServiceAccountToken" (or .Values.rbac.rules .Values.rbac.clusterRules | empty | ternary .Values.serviceAccount.automount true)
    "imagePullSecrets" (include "microservice.imagePullSecrets" . | fromJsonArray)
    "securityContext" (include "microservice.podSecurityContext" . | fromJson)
    "terminationGracePeriodSeconds" .Values.terminationGracePeriodSeconds
    "priorityClassName" .Values.priorityClassName
    "nodeSelector" .Values.nodeSelector
    "tolerations" .Values.tolerations
    "affinity" (include "microservice.affinity" . | fromJson)
    "topologySpreadConstraints" (include "microservice.topologySpreadConstraints" . | fromJsonArray)
    "initContainers" (include "microservice.sideContainers" (dict "root" . "containers" .Values.initContainers) | fromJsonArray)) }}
containers:
- {{ include "microservice.container" . | nindent 2 | trim }}
  {{- with include "microservice.sideContainers" (dict "root" . "containers" .Values.extraContainers) | fromJsonArray }}
{{ include "microservice.toYaml" . }}
  {{- end }}
  {{- with include "microservice.fields" (list "volumes" (include "microservice.volumes" . | fromJsonArray)) }}
{{ . }}
  {{- end }}
  {{- with include "microservice.toYaml" .Values.podSpec }}
{{ . }}
  {{- end }}
{{- end -}}
