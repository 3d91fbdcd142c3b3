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
microservice.shortenedTo: (dict "name" NAME "length" NUMBER) -> the same for another length.
*/}}
{{- define "microservice.shortened" -}}
  {{- include "microservice.shortenedTo" (dict "name" . "length" 63) -}}
{{- end -}}
{{- define "microservice.shortenedTo" -}}
  {{- if le (len .name) .length -}}
    {{- .name -}}
  {{- else -}}
    {{- printf "%s-%s" (trunc (sub .length 9 | int) .name | trimAll "-.") (sha256sum .name | trunc 8) -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.cronJobName: (dict "root" . "name" NAME) -> the name of a CronJob: at most 52
characters, so that there is room for the suffix of its Jobs (Kubernetes, ValidateCronJobCreate).
*/}}
{{- define "microservice.cronJobName" -}}
  {{- $name := printf "%s-%s" (include "microservice.fullname" .root) .name -}}
  {{- include "microservice.shortenedTo" (dict "name" $name "length" 52) -}}
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

{{/*
microservice.objectName: the name of the Deployment whose root this is, and of what
belongs to it alone.
*/}}
{{- define "microservice.objectName" -}}
  {{- .objectName | default (include "microservice.fullname" .) -}}
{{- end -}}
