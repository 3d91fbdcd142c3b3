{{/*
microservice.metadata: an object's whole metadata.
(dict "root" $ "name" NAME "labels" MAP "annotations" MAP), the maps left out
where there are none. The namespace is written out, so that the objects land
where -n said even when another tool than Helm applies them, but for what belongs
to none: "clusterScoped" true.
*/}}
{{- define "microservice.metadata" -}}
  {{- $annotations := .annotations -}}
  {{- with .root.Values.commonAnnotations -}}
    {{- $annotations = include "microservice.merged" (list . $annotations) | fromJson -}}
  {{- end -}}
  {{- with .root.hook -}}
    {{- $annotations = include "microservice.merged" (list $annotations .) | fromJson -}}
  {{- end -}}
  {{- $place := dict "name" .name -}}
  {{- if not .clusterScoped }}{{ $_ := set $place "namespace" .root.Release.Namespace }}{{ end -}}
{{ toYaml $place }}
labels:
  {{- if .labels }}
    {{- include "microservice.merged" (list .labels (include "microservice.labelMap" .root | fromJson)) | fromJson | include "microservice.toYaml" | nindent 2 }}
  {{- else }}
    {{- include "microservice.labels" .root | nindent 2 }}
  {{- end }}
  {{- with include "microservice.toYaml" ($annotations | default dict) }}
annotations:
    {{- . | nindent 2 }}
  {{- end -}}
{{- end -}}

{{/*
microservice.podMetadata: the pod template's metadata. The chart's version is
not in it: a new chart alone restarts nothing. A job begins with the settings
of its time, and needs no checksum to be restarted by.
*/}}
{{- define "microservice.podMetadata" -}}
  {{- $selector := include "microservice.selectorMap" . | fromJson -}}
  {{- $checksums := dict -}}
  {{- if not .component -}}
    {{- $checksums = include "microservice.checksums" . | fromJson -}}
  {{- end -}}
  {{- with .Values -}}
{{ include "microservice.fields" (list
  "labels" (include "microservice.merged" (list .commonLabels .podLabels $selector) | fromJson)
  "annotations" (include "microservice.merged" (list .commonAnnotations .podAnnotations $checksums) | fromJson)) }}
  {{- end -}}
{{- end -}}
