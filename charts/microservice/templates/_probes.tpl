{{/*
microservice.probe: (list ROOT PROBE) -> a probe as Kubernetes takes it, as
JSON; {} where there is none: switched off, no handler, or a handler that
needs a port where no port is declared. The port defaults to the main port.
*/}}
{{- define "microservice.probe" -}}
  {{- $root := index . 0 -}}
  {{- $probe := index . 1 | default dict -}}
  {{- $result := dict -}}
  {{- $handler := include "microservice.probeHandler" $probe -}}
  {{- if and $handler (ne (toString $probe.enabled) "false") -}}
    {{- $action := deepCopy (get $probe $handler) -}}
    {{- if and (ne $handler "exec") (not $action.port) -}}
      {{- $port := include "microservice.mainPort" $root -}}
      {{- if eq $handler "grpc" -}}
        {{- $port = (get (include "microservice.ports" $root | fromJson) $port | default dict).containerPort -}}
      {{- end -}}
      {{- $_ := set $action "port" $port -}}
    {{- end -}}
    {{- if or (eq $handler "exec") $action.port -}}
      {{- $result = set (omit $probe "enabled" "httpGet" "tcpSocket" "grpc" "exec") $handler $action -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $result -}}
{{- end -}}

{{/*
microservice.probeHandler: which of httpGet, tcpSocket, grpc and exec a probe
uses. httpGet comes last: it is the readiness probe's default, and gives way to
the one that the user wrote beside it.
*/}}
{{- define "microservice.probeHandler" -}}
  {{- $probe := . -}}
  {{- range list "exec" "grpc" "tcpSocket" "httpGet" -}}
    {{- if kindIs "map" (get $probe .) -}}
      {{- . -}}
      {{- break -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
