{{/*
microservice.problems.metrics: a ServiceMonitor names a port of the Service, a
PodMonitor a port of a long-running container.
*/}}
{{- define "microservice.problems.metrics" -}}
  {{- if (.Values.metrics.serviceMonitor).enabled }}
    {{- $names := list }}
    {{- range (include "microservice.serviceNamed" (dict "root" . "name" (include "microservice.fullname" .)) | fromJson).ports }}
      {{- with .name }}
        {{- $names = append $names . }}
      {{- end }}
    {{- end }}
    {{- $port := (include "microservice.endpoint" (dict "root" . "monitor" .Values.metrics.serviceMonitor) | fromJson).port }}
    {{- if not (has $port $names) }}
      metrics.serviceMonitor.port: the Service has no port {{ quote $port }};
      {{- include "microservice.servicePortNames" (dict "root" . "name" (include "microservice.fullname" .)) | printf " %s" }}
    {{- end }}
  {{- end }}
  {{- if (.Values.metrics.podMonitor).enabled }}
    {{- $names := include "microservice.mainPorts" . | fromJsonArray }}
    {{- $_ := include "microservice.collectContainers" . }}
    {{- range .containers }}
      {{- if .longRunning }}
        {{- range .container.ports }}
          {{- if and .name (include "microservice.isTCP" .) }}
            {{- $names = append $names .name }}
          {{- end }}
        {{- end }}
      {{- end }}
    {{- end }}
    {{- $port := (include "microservice.endpoint" (dict "root" . "monitor" .Values.metrics.podMonitor) | fromJson).port }}
    {{- if not (has $port $names) }}
      metrics.podMonitor.port: no container has a TCP port {{ quote $port }}; they are those under ports, and named ports of
      {{- printf " other containers (%s)" (join ", " $names | default "none") }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "microservice.checks.metrics" -}}
  {{- include "microservice.problems.metrics" . }}
{{- end -}}
