{{/*
microservice.endpoint: (list ROOT MONITOR) -> where and how Prometheus asks, as
JSON: what the monitor says, at the main port unless it names another.
*/}}
{{- define "microservice.endpoint" -}}
  {{- $monitor := index . 1 -}}
  {{- $port := $monitor.port | default (include "microservice.mainPort" (index . 0)) -}}
  {{- set (omit $monitor "enabled" "labels") "port" $port | toJson -}}
{{- end -}}

{{/*
microservice.prometheusLabels: the labels by which a Prometheus finds what is
for it, as JSON: rules bear those of both monitors, on or off.
*/}}
{{- define "microservice.prometheusLabels" -}}
  {{- with .Values.metrics -}}
    {{- include "microservice.merged" (list (.podMonitor).labels (.serviceMonitor).labels) -}}
  {{- end -}}
{{- end -}}
