{{/*
microservice.problems.metrics: a monitor asks at a port that is there: the
Service's, or one that a container which goes on running has under that name.
*/}}
{{- define "microservice.problems.metrics" -}}
  {{- if (.Values.metrics.serviceMonitor).enabled }}
    {{- $names := list }}
    {{- range include "microservice.servicePorts" . | fromJsonArray }}
      {{- with .name }}
        {{- $names = append $names . }}
      {{- end }}
    {{- end }}
    {{- $port := (include "microservice.endpoint" (dict "root" . "monitor" .Values.metrics.serviceMonitor) | fromJson).port }}
    {{- if not (has $port $names) }}
      metrics.serviceMonitor.port: the Service has no port {{ quote $port }}; its ports are those under ports with a servicePort
      {{- printf " (%s)" (join ", " $names | default "none") }}
    {{- end }}
  {{- end }}
  {{- if (.Values.metrics.podMonitor).enabled }}
    {{- $names := keys (include "microservice.ports" . | fromJson) | sortAlpha }}
    {{- $_ := include "microservice.collectContainers" . }}
    {{- range .containers }}
      {{- if .longRunning }}
        {{- range .container.ports }}
          {{- with .name }}
            {{- $names = append $names . }}
          {{- end }}
        {{- end }}
      {{- end }}
    {{- end }}
    {{- $port := (include "microservice.endpoint" (dict "root" . "monitor" .Values.metrics.podMonitor) | fromJson).port }}
    {{- if not (has $port $names) }}
      metrics.podMonitor.port: no container has a port {{ quote $port }}; those that there are have a name under ports, or in a
      {{- printf " container's own (%s)" (join ", " $names | default "none") }}
    {{- end }}
  {{- end }}
{{- end -}}
