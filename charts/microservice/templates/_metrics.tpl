{{/*
microservice.monitor: (dict "root" . "monitor" MAP "field" "endpoints") -> the spec of a
monitor but its selector, as JSON: in the field, where and how Prometheus scrapes: what the
monitor says, then its further endpoints, each at the main port unless it names another.
*/}}
{{- define "microservice.monitor" -}}
  {{- $spec := dict -}}
  {{- $first := omit .monitor "enabled" "annotations" "labels" "endpoints" -}}
  {{- range $field := list "attachMetadata" "bodySizeLimit" "convertClassicHistogramsToNHCB" "fallbackScrapeProtocol" "jobLabel"
    "keepDroppedTargets" "labelLimit" "labelNameLengthLimit" "labelValueLengthLimit" "nativeHistogramBucketLimit"
    "nativeHistogramMinBucketFactor" "podTargetLabels" "sampleLimit" "scrapeClass" "scrapeClassicHistograms" "scrapeNativeHistograms"
    "scrapeProtocols" "selectorMechanism" "serviceDiscoveryRole" "targetLabels" "targetLimit" -}}
    {{- $_ := get $first $field | set $spec $field -}}
    {{- $_ := unset $first $field -}}
  {{- end -}}
  {{- $endpoints := list -}}
  {{- range prepend (.monitor.endpoints | default list) $first -}}
    {{- $port := .port | default (include "microservice.mainPort" $.root) -}}
    {{- $endpoints = set (omit . "port") "port" $port | append $endpoints -}}
  {{- end -}}
  {{- set $spec .field $endpoints | toJson -}}
{{- end -}}

{{/*
microservice.prometheusLabels: the labels of rules, as JSON: also those of both monitors, by
which a Prometheus finds what it should read, whether a monitor is on or off.
*/}}
{{- define "microservice.prometheusLabels" -}}
  {{- include "microservice.merged" (list .Values.metrics.labels (.Values.metrics.podMonitor).labels (.Values.metrics.serviceMonitor).labels) -}}
{{- end -}}
