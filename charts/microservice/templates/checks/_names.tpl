{{/*
microservice.problems.names: the prefix of all names is a DNS label that starts
with a letter, as a Service's name must (RFC 1035).
*/}}
{{- define "microservice.problems.names" -}}
  {{- $fullname := include "microservice.fullname" . }}
  {{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $fullname) }}
    the name {{ quote $fullname }} is not a valid Service name (lowercase letters, digits and '-', starting with a letter): set
    {{- include "microservice.dnsLabel" $fullname | trunc 59 | trimSuffix "-" | printf " fullnameOverride, such as fullnameOverride: app-%s" }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.labels: no label of the selector has another value in the
values, which would be ignored silently.
*/}}
{{- define "microservice.problems.labels" -}}
  {{- if contains "app.kubernetes.io/" (pick .Values "commonLabels" "podLabels" | toJson) }}
    {{- range $label, $own := include "microservice.selectorMap" . | fromJson }}
      {{- range $key := list "commonLabels" "podLabels" }}
        {{- $written := get (get $.Values $key | default dict) $label | default $own | toString }}
        {{- if ne $written $own }}
          {{ $key }}: {{ printf "{%s: %s}" $label $written }} conflicts with the selector, where it is {{ quote $own }}; remove it
          {{- " (to change app.kubernetes.io/name, set nameOverride)" }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
