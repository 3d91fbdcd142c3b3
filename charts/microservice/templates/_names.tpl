{{/*
microservice.releaseName: what names start from: the release's name, and as a
subchart <release>-<chart or alias>, so that one release can hold the chart
several times.
*/}}
{{- define "microservice.releaseName" -}}
{{- .Chart.IsRoot | ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) -}}
{{- end -}}

{{/*
microservice.label: a name in at most 63 characters, as a DNS label has them.
What is cut off is replaced by its hash, so that two long names stay two names.
*/}}
{{- define "microservice.label" -}}
{{- if le (len .) 63 }}{{ . }}{{ else }}{{ printf "%s-%s" (trunc 54 . | trimAll "-.") (sha256sum . | trunc 8) }}{{ end -}}
{{- end -}}

{{/*
microservice.fullname: the name of every object, and the beginning of the names
of all the others (<fullname>-config, ...). 63 characters, as a Service's name.
*/}}
{{- define "microservice.fullname" -}}
{{- include "microservice.label" (.Values.fullnameOverride | default (include "microservice.releaseName" .)) -}}
{{- end -}}

{{/*
microservice.name: the application's name: the label app.kubernetes.io/name and
the main container's name. As a subchart the chart's name or alias. Whatever a
DNS label can't have becomes a dash.
*/}}
{{- define "microservice.name" -}}
{{- $given := .Chart.IsRoot | ternary .Release.Name .Chart.Name | lower -}}
{{- $default := regexReplaceAll "[^a-z0-9]" $given "-" | trimAll "-" -}}
{{- include "microservice.label" (.Values.nameOverride | default $default) -}}
{{- end -}}

{{/*
microservice.serviceAccountName: the account that the pods run as.
*/}}
{{- define "microservice.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (empty .Values.serviceAccount.create | ternary "default" (include "microservice.fullname" .)) -}}
{{- end -}}
