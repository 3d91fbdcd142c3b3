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
