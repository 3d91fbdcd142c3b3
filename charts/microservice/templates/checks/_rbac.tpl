{{/*
microservice.problems.rbac: rights are given to an account of the application's,
not to the one that all pods of the namespace have that name none.
*/}}
{{- define "microservice.problems.rbac" -}}
{{- $problems := list -}}
{{- if and (or .Values.rbac.rules .Values.rbac.clusterRules) (not (or .Values.serviceAccount.create .Values.serviceAccount.name)) -}}
{{- $problems = append $problems "rbac has no account to give rights to: write serviceAccount.create: true, or serviceAccount.name for one made elsewhere" -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
