{{/*
microservice.problems.names: what all names begin with has to be a DNS label
with a letter first, as a Service's name (RFC 1035).
*/}}
{{- define "microservice.problems.names" -}}
  {{- $fullname := include "microservice.fullname" . }}
  {{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $fullname) }}
    the name {{ quote $fullname }} can't be a Service's: it takes small letters, digits and '-', and begins with a letter; write
    {{- printf " fullnameOverride, such as fullnameOverride: app-%s" ($fullname | lower | replace "." "-") }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.labels: the labels that find the pods are the chart's own;
another value beside them would be lost without a word.
*/}}
{{- define "microservice.problems.labels" -}}
  {{- if contains "app.kubernetes.io/" (pick .Values "commonLabels" "podLabels" | toJson) }}
    {{- range $label, $own := include "microservice.selectorMap" . | fromJson }}
      {{- range $key := list "commonLabels" "podLabels" }}
        {{- $written := get (get $.Values $key | default dict) $label | default $own | toString }}
        {{- if ne $written $own }}
          {{ $key }}: {{ printf "{%s: %s}" $label $written }} would change what finds the pods, which stays {{ quote $own }}; take it out
          {{- " (app.kubernetes.io/name is nameOverride's to change)" }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
