{{/*
microservice.metadata: an object's metadata.
(dict "root" . "name" NAME "labels" MAP "annotations" MAP "clusterScoped" true), of
which the last three may be left out. The namespace is written out, so that objects
land where -n said even if another tool than Helm applies them.
*/}}
{{- define "microservice.metadata" -}}
name: {{ .name | quote }}
  {{- if not .clusterScoped }}
namespace: {{ .root.Release.Namespace | quote }}
  {{- end }}
labels:
  {{- if .labels }}
    {{- $labels := include "microservice.merged" (list .labels (include "microservice.labelMap" .root | fromJson)) | fromJson }}
  {{- include "microservice.toYaml" $labels | nindent 2 }}
  {{- else }}
  {{- include "microservice.labels" .root | nindent 2 }}
  {{- end }}
  {{- if or .root.Values.commonAnnotations .annotations .root.hook }}
    {{- $annotations := include "microservice.merged" (list .root.Values.commonAnnotations .annotations .root.hook) | fromJson }}
    {{- with include "microservice.toYaml" $annotations }}
annotations:
  {{- . | nindent 2 }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.podMetadata: the pod template's metadata. The chart's version is not
in it: a new chart alone restarts nothing. A job starts with the settings of its
time, so it needs no checksum.
*/}}
{{- define "microservice.podMetadata" -}}
  {{- $selector := include "microservice.selectorMap" . | fromJson }}
  {{- $checksums := dict }}
  {{- if not .component }}{{ $checksums = include "microservice.checksums" . | fromJson }}{{ end }}
  {{- with .Values }}
    {{- include "microservice.fields" (list
      "labels" (include "microservice.merged" (list .commonLabels .podLabels $selector) | fromJson)
      "annotations" (include "microservice.merged" (list .commonAnnotations .podAnnotations $checksums) | fromJson)) }}
  {{- end }}
{{- end -}}
