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
{{- if kindIs "map" (get $probe .) }}{{ . }}{{ break }}{{ end -}}
{{- end -}}
{{- end -}}

{{/*
microservice.drainSeconds: how long a pod goes on serving after it was told to
go, while the load balancers learn of it: min(5, half the grace period), and
nothing where no port is declared.
*/}}
{{- define "microservice.drainSeconds" -}}
{{- if not (kindIs "invalid" .Values.shutdown.drainSeconds) -}}
{{- int64 .Values.shutdown.drainSeconds -}}
{{- else if eq (include "microservice.ports" .) "{}" -}}
0
{{- else -}}
{{- $grace := kindIs "invalid" .Values.terminationGracePeriodSeconds | ternary 30 .Values.terminationGracePeriodSeconds -}}
{{- min 5 (div (int64 $grace) 2) -}}
{{- end -}}
{{- end -}}

{{/*
microservice.lifecycle: the main container's lifecycle, as JSON: the user's,
with a preStop that drains where the user wrote none. Kubernetes' own sleep
action needs no shell in the image (KEP-3960).
*/}}
{{- define "microservice.lifecycle" -}}
{{- $lifecycle := deepCopy (.Values.lifecycle | default dict) -}}
{{- $seconds := include "microservice.drainSeconds" . | int64 -}}
{{- if and (gt $seconds 0) (not $lifecycle.preStop) -}}
{{- $_ := set $lifecycle "preStop" (dict "sleep" (dict "seconds" $seconds)) -}}
{{- end -}}
{{- toJson $lifecycle -}}
{{- end -}}
