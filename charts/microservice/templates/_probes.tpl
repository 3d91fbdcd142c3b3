{{/*
microservice.probe: (dict "root" . "probe" PROBE) -> a probe as Kubernetes has it, as
JSON; {} if it is switched off, has no handler, or one that needs a port where none is
declared. The port defaults to the main port.
*/}}
{{- define "microservice.probe" -}}
  {{- $probe := .probe -}}
  {{- $result := dict -}}
  {{- $handler := and $probe (include "microservice.probeHandler" $probe) -}}
  {{- if and $handler (not (include "microservice.isDisabled" $probe)) -}}
    {{- $action := deepCopy (get $probe $handler) -}}
    {{- if and (ne $handler "exec") (not $action.port) -}}
      {{- $port := include "microservice.mainPort" .root -}}
      {{- if eq $handler "grpc" -}}
        {{- $port = (get (include "microservice.ports" .root | fromJson) $port | default dict).containerPort -}}
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
microservice.readinessProbe: the main container's, as JSON. A server of gRPC alone does not
answer the default GET /health: there the main port's appProtocol makes it a gRPC probe.
*/}}
{{- define "microservice.readinessProbe" -}}
  {{- if not .readinessProbe -}}
    {{- $probe := .Values.readinessProbe -}}
    {{- if and (include "microservice.hasDefaultGet" $probe) (eq (include "microservice.probeHandler" $probe) "httpGet") -}}
      {{- $main := get (include "microservice.ports" . | fromJson) (include "microservice.mainPort" .) | default dict -}}
      {{- if has $main.appProtocol (list "grpc" "kubernetes.io/h2c") }}{{ $probe = set (omit $probe "httpGet") "grpc" dict }}{{ end -}}
    {{- end -}}
    {{- $_ := include "microservice.probe" (dict "root" . "probe" $probe) | set . "readinessProbe" -}}
  {{- end -}}
  {{- .readinessProbe -}}
{{- end -}}

{{/*
microservice.hasDefaultGet: a probe -> "true" where its httpGet is that of values.yaml.
*/}}
{{- define "microservice.hasDefaultGet" -}}
  {{- if kindIs "map" (.).httpGet }}{{ if eq (include "microservice.withoutNulls" .httpGet) `{"path":"/health"}` }}true{{ end }}{{ end -}}
{{- end -}}

{{/*
microservice.probeHandler: a probe -> which of httpGet, tcpSocket, grpc and exec it
uses. httpGet comes last: it is the default of the readiness probe, which one that the
user wrote beside it replaces.
*/}}
{{- define "microservice.probeHandler" -}}
  {{- if kindIs "map" .exec }}exec
  {{- else if kindIs "map" .grpc }}grpc
  {{- else if kindIs "map" .tcpSocket }}tcpSocket
  {{- else if kindIs "map" .httpGet }}httpGet
  {{- end -}}
{{- end -}}
