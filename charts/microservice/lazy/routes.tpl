{{/*
microservice.routeManifests: the routes, each after a line of ---.
*/}}
{{- define "microservice.routeManifests" -}}
{{- range include "microservice.routes" . | fromJsonArray }}
---
  {{- $kind := .written.kind | default "HTTPRoute" }}
apiVersion: gateway.networking.k8s.io/v1
kind: {{ $kind }}
metadata:
  {{- include "microservice.metadata" (dict
    "root" $
    "name" .name
    "labels" .written.labels
    "annotations" .written.annotations) | nindent 2 }}
spec:
  {{- include "microservice.customSpec" (dict "root" $ "kind" $kind "spec" (dict
    "parentRefs" .written.parentRefs
    "hostnames" .written.hostnames
    "rules" (include "microservice.routeRules" (dict "root" $ "route" .) | fromJsonArray))) | nindent 2 }}
{{- end -}}
{{- end -}}

{{/*
microservice.routeRules: (dict "root" . "route" ENTRY) -> the rules of a route, as a JSON
list: without any, one that takes everything. A route knows ports by number alone.
*/}}
{{- define "microservice.routeRules" -}}
  {{- $list := list -}}
  {{- range $rule := .route.written.rules | default (list dict) -}}
    {{- $refs := list -}}
    {{- range $ref := include "microservice.routeBackends" (dict "root" $.root "rule" $rule) | fromJsonArray -}}
      {{- if kindIs "string" .port -}}
        {{- range (include "microservice.serviceNamed" (dict "root" $.root "name" .name) | fromJson).ports -}}
          {{- if eq .name $ref.port }}{{ $ref = set (omit $ref "port") "port" .port }}{{ break }}{{ end -}}
        {{- end -}}
      {{- end -}}
      {{- $refs = append $refs $ref -}}
    {{- end -}}
    {{- $rule = omit $rule "backendRefs" -}}
    {{- if $refs }}{{ $_ := set $rule "backendRefs" $refs }}{{ end -}}
    {{- $list = append $list $rule -}}
  {{- end -}}
  {{- toJson $list -}}
{{- end -}}
