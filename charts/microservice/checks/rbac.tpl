{{/*
microservice.problems.rbac: roles are bound to a service account of the
application, not to the namespace's default, and annotations are on an account that
the chart creates.
*/}}
{{- define "microservice.problems.rbac" -}}
  {{- if and .Values.serviceAccount.annotations (not .Values.serviceAccount.create) }}
    {{- if include "microservice.toYaml" .Values.serviceAccount.annotations }}
      serviceAccount.annotations: has no effect with serviceAccount.create: false; annotate the existing account itself, and set
      {{- " serviceAccount.annotations: null" }}
    {{- end }}
  {{- end }}
  {{- if and (or .Values.rbac.rules .Values.rbac.clusterRules) (not (or .Values.serviceAccount.create .Values.serviceAccount.name)) }}
    rbac has no service account to bind to: set serviceAccount.create: true, or serviceAccount.name to an existing one
  {{- end }}
{{- end -}}

{{- define "microservice.checks.rbac" -}}
  {{- include "microservice.problems.rbac" . }}
{{- end -}}
