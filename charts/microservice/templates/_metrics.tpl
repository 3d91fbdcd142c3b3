{{/*
microservice.endpoint: (dict "root" . "monitor" MAP) -> where and how Prometheus scrapes, as JSON:
what the monitor says, at the main port unless it names another.
*/}}
{{- define "microservice.endpoint" -}}
  {{- $port := .monitor.port | default (include "microservice.mainPort" .root) -}}
  {{- set (omit .monitor "enabled" "labels") "port" $port | toJson -}}
{{- end -}}

{{/*
microservice.prometheusLabels: the labels of rules, as JSON: those of both monitors, by
which a Prometheus finds what it should read, whether a monitor is on or off.
*/}}
{{- define "microservice.prometheusLabels" -}}
  {{- include "microservice.merged" (list (.Values.metrics.podMonitor).labels (.Values.metrics.serviceMonitor).labels) -}}
{{- end -}}
