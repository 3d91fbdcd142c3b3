{{/*
microservice.monitor: (dict "root" . "kind" KIND "monitor" MAP "field" "endpoints") -> a
monitor. Its field says where and how Prometheus scrapes: what is written in the monitor,
then its further endpoints, each at the main port unless it names another.
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
  {{- $_ := set $spec .field $endpoints -}}
  {{- $_ := include "microservice.selectorMap" .root | fromJson | dict "matchLabels" | set $spec "selector" -}}
  {{- $metrics := .root.Values.metrics -}}
apiVersion: monitoring.coreos.com/v1
kind: {{ .kind }}
metadata:
  {{- include "microservice.metadata" (dict
    "root" .root
    "name" (include "microservice.fullname" .root)
    "labels" (include "microservice.merged" (list $metrics.labels .monitor.labels) | fromJson)
    "annotations" (include "microservice.merged" (list $metrics.annotations .monitor.annotations) | fromJson)) | nindent 2 }}
spec:
  {{- include "microservice.customSpec" (dict "root" .root "kind" .kind "spec" $spec) | nindent 2 }}
{{- end -}}
