{{/*
microservice.fullname: the name of every object, and the beginning of the names
of all others (<fullname>-config, ...): the release's name, and in a subchart
<release>-<chart or alias>, so that one release can hold the chart several times.
At most 63 characters, as a Service's name; what that can't hold of an alias becomes a
dash.

Kept in the root, as "fullname", like everything that many templates ask for: Helm
passes the same root to all templates of a chart.
*/}}
{{- define "microservice.fullname" -}}
  {{- if not .fullname -}}
    {{- $default := .Chart.IsRoot | ternary .Release.Name (include "microservice.dnsLabel" .Chart.Name | printf "%s-%s" .Release.Name) -}}
    {{- $_ := .Values.fullnameOverride | default $default | include "microservice.shortened" | set . "fullname" -}}
  {{- end -}}
  {{- .fullname -}}
{{- end -}}

{{/*
microservice.name: the application's name, for the label app.kubernetes.io/name
and the main container. In a subchart the chart's name or alias. What a DNS label
can't hold becomes a dash.
*/}}
{{- define "microservice.name" -}}
  {{- $default := .Chart.IsRoot | ternary .Release.Name .Chart.Name | include "microservice.dnsLabel" -}}
  {{- .Values.nameOverride | default $default | include "microservice.shortened" -}}
{{- end -}}

{{/*
microservice.dnsLabel: a name -> the same in lower case, with a dash for what a DNS label
can't hold.
*/}}
{{- define "microservice.dnsLabel" -}}
  {{- lower . | replace "." "-" | replace "_" "-" | trimAll "-" -}}
{{- end -}}

{{/*
microservice.shortened: a name -> the same in at most 63 characters, as a DNS
label. What is cut off is replaced by its hash: two long names stay two names.
*/}}
{{- define "microservice.shortened" -}}
  {{- if le (len .) 63 }}{{ . }}{{ else }}{{ printf "%s-%s" (trunc 54 . | trimAll "-.") (sha256sum . | trunc 8) }}{{ end -}}
{{- end -}}

{{/*
microservice.clusterName: the name of objects without a namespace, so that
releases in different namespaces don't share them.
*/}}
{{- define "microservice.clusterName" -}}
  {{- printf "%s-%s" .Release.Namespace (include "microservice.fullname" .) -}}
{{- end -}}

{{/*
microservice.serviceAccountName: the service account of the pods.
*/}}
{{- define "microservice.serviceAccountName" -}}
  {{- $default := .Values.serviceAccount.create | empty | ternary "default" (include "microservice.fullname" .) -}}
  {{- .Values.serviceAccount.name | default $default -}}
{{- end -}}
