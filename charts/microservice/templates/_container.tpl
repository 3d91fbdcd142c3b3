{{/*
microservice.container: the main container.
*/}}
{{- define "microservice.container" -}}
  {{- include "microservice.fields" (list
    "name" ((.Values.containerSpec).name | default (include "microservice.name" .))
    "image" (include "microservice.image" .)
    "imagePullPolicy" .Values.image.pullPolicy
    "command" .Values.command
    "args" .Values.args
    "ports" (include "microservice.containerPorts" . | fromJsonArray)
    "envFrom" (include "microservice.envFrom" . | fromJsonArray)
    "env" (include "microservice.env" .Values.env | fromJsonArray)) }}
  {{- with include "microservice.once" (dict "root" . "run" "microservice.fields" "of" (list
    "resources" (include "microservice.resources" . | fromJson)
    "startupProbe" (include "microservice.probe" (dict "root" . "probe" .Values.startupProbe) | fromJson)
    "livenessProbe" (include "microservice.probe" (dict "root" . "probe" .Values.livenessProbe) | fromJson)
    "readinessProbe" (include "microservice.readinessProbe" . | fromJson)
    "lifecycle" (include "microservice.lifecycle" . | fromJson)
    "securityContext" (include "microservice.securityContext" (dict "root" . "own" .Values.containerSecurityContext) | fromJson)
    "volumeMounts" (include "microservice.volumeMounts" . | fromJsonArray))) }}
{{ . }}
  {{- end }}
  {{- with include "microservice.toYaml" (omit (.Values.containerSpec | default dict) "name") }}
{{ . }}
  {{- end }}
{{- end -}}

{{/*
microservice.sideContainers: (dict "root" . "containers" LIST "drain" SECONDS) -> init or
extra containers as the user wrote them, each with the securityContext that it gets, as a
JSON list. Those that run beside the main container receive SIGTERM together with it, so they
sleep as long as it does, unless they have a preStop of their own.
*/}}
{{- define "microservice.sideContainers" -}}
  {{- $list := list -}}
  {{- range $container := .containers -}}
    {{- $context := include "microservice.securityContext" (dict "root" $.root "own" $container.securityContext) | fromJson -}}
    {{- $over := include "microservice.sideContainer" (dict "root" $.root "container" $container) | fromJson -}}
    {{- $container = merge (dict "securityContext" $context) $over (omit $container "securityContext" "inheritEnv") -}}
    {{- if and $.drain (not ($container.lifecycle).preStop) -}}
      {{- $preStop := dict "sleep" (dict "seconds" $.drain) -}}
      {{- $_ := merge (dict "preStop" $preStop) ($container.lifecycle | default dict) | set $container "lifecycle" -}}
    {{- end -}}
    {{- $list = append $list $container -}}
  {{- end -}}
  {{- toJson $list -}}
{{- end -}}
