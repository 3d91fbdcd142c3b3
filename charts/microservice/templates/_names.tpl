{{/*
microservice.fullname: the name of every object, and the beginning of the names
of all the others (<fullname>-config, ...): the release's name, and as a
subchart <release>-<chart or alias>, so that one release can hold the chart
several times. 63 characters, as a Service's name.
Kept in the root under the template's own name, as whatever many ask for: Helm
hands the same root to all templates of a chart.
*/}}
{{- define "microservice.fullname" -}}
  {{- if not (hasKey . "microservice.fullname") -}}
    {{- $default := .Chart.IsRoot | ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) -}}
    {{- $name := .Values.fullnameOverride | default $default -}}
    {{- if gt (len $name) 63 }}{{ $name = include "microservice.shortened" $name }}{{ end -}}
    {{- $_ := set . "microservice.fullname" $name -}}
  {{- end -}}
  {{- get . "microservice.fullname" -}}
{{- end -}}

{{/*
microservice.clusterName: the name of objects that belong to no namespace, so
that releases in different ones don't share them.
*/}}
{{- define "microservice.clusterName" -}}
  {{- printf "%s-%s" .Release.Namespace (include "microservice.fullname" .) -}}
{{- end -}}

{{/*
microservice.name: the application's name: the label app.kubernetes.io/name and
the main container's name. As a subchart the chart's name or alias. Whatever a
DNS label can't have becomes a dash.
*/}}
{{- define "microservice.name" -}}
  {{- $default := .Chart.IsRoot | ternary .Release.Name .Chart.Name | lower | replace "." "-" | replace "_" "-" | trimAll "-" -}}
  {{- $name := .Values.nameOverride | default $default -}}
  {{- if gt (len $name) 63 -}}
    {{- include "microservice.shortened" $name -}}
  {{- else -}}
    {{- $name -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.shortened: a name in 63 characters, as a DNS label has at the most.
What is cut off is replaced by its hash, so that two long names stay two names.
*/}}
{{- define "microservice.shortened" -}}
  {{- printf "%s-%s" (trunc 54 . | trimAll "-.") (sha256sum . | trunc 8) -}}
{{- end -}}

{{/*
microservice.serviceAccountName: the account that the pods run as.
*/}}
{{- define "microservice.serviceAccountName" -}}
  {{- .Values.serviceAccount.name | default (empty .Values.serviceAccount.create | ternary "default" (include "microservice.fullname" .)) -}}
{{- end -}}
