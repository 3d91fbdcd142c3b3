{{/*
microservice.problems.keys: no name is one that YAML read as a boolean. The schema
says the same of keys that can't be disabled.
*/}}
{{- define "microservice.problems.keys" -}}
  {{- range $block, $names := dict
    "config.binaryFiles" .Values.config.binaryFiles
    "cronJobs" .Values.cronJobs
    "extraIngresses" .Values.extraIngresses
    "extraRoutes" .Values.extraRoutes
    "extraServices" .Values.extraServices
    "ports" .Values.ports
    "secret.binaryFiles" .Values.secret.binaryFiles
    "volumes" .Values.volumes }}
    {{- range $name, $entry := pick ($names | default dict) "false" "true" }}
      {{- if not (or (kindIs "invalid" $entry) (and (kindIs "map" $entry) (include "microservice.isDisabled" $entry))) }}
        {{ $block }}.{{ $name }}: YAML reads NO, OFF, N and the like as false, YES, ON and Y as true; quote the name to keep it
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
