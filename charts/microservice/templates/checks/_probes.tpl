{{/*
microservice.problems.probes: a probe has a handler and a declared port. The
readiness probe is on by default, so without a port it is left out silently.
*/}}
{{- define "microservice.problems.probes" -}}
  {{- $ports := include "microservice.ports" . | fromJson }}
  {{- range $key := list "startupProbe" "livenessProbe" "readinessProbe" }}
    {{- with $probe := get $.Values $key }}
      {{- if contains ":null" (toJson $probe) }}
        {{- $probe = include "microservice.withoutNulls" $probe | fromJson }}
      {{- end }}
      {{- $handler := include "microservice.probeHandler" $probe }}
      {{- $port := (get $probe $handler | default dict).port }}
      {{- if and $probe (not $handler) (not (include "microservice.isDisabled" $probe)) }}
        {{ $key }} has no handler: set {{ $key }}.httpGet.path, or tcpSocket, grpc or exec
      {{- end }}
      {{- if and (kindIs "string" $port) $port (not (hasKey $ports $port)) }}
        {{ $key }}.{{ $handler }}.port: {{ $port }} is not declared under ports
        {{- printf " (%s)" (keys $ports | sortAlpha | join ", " | default "none") }}
      {{- end }}
      {{- if and $handler (ne $handler "exec") (not $port) (not $ports) (ne $key "readinessProbe") }}
        {{ $key }}.{{ $handler }} has no port: set {{ $key }}.{{ $handler }}.port, since none is declared under ports
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.handlers: a port that a hook, or a probe of another
container, refers to by name is a port of its container. The main container's
probes are checked above.
*/}}
{{- define "microservice.problems.handlers" -}}
  {{- if or .Values.lifecycle .Values.initContainers .Values.extraContainers }}
    {{- $ports := list }}
    {{- range keys (include "microservice.ports" . | fromJson) }}
      {{- $ports = append $ports (dict "name" .) }}
    {{- end }}
    {{- $all := dict "" (dict "lifecycle" .Values.lifecycle "ports" $ports) }}
    {{- $_ := include "microservice.collectContainers" . }}
    {{- range .containers }}
      {{- $_ := set $all (printf "%s." .key) .container }}
    {{- end }}
    {{- range $key, $container := $all }}
      {{- $names := list }}
      {{- range $container.ports }}
        {{- with .name }}
          {{- $names = append $names . }}
        {{- end }}
      {{- end }}
      {{- $handlers := pick $container "startupProbe" "livenessProbe" "readinessProbe" }}
      {{- range $hook, $handler := $container.lifecycle }}
        {{- $_ := set $handlers (printf "lifecycle.%s" $hook) $handler }}
      {{- end }}
      {{- range $name, $handler := $handlers }}
        {{- range $action := list "httpGet" "tcpSocket" }}
          {{- $port := (get (kindIs "map" $handler | ternary $handler dict) $action | default dict).port }}
          {{- if and (kindIs "string" $port) (not (has $port $names)) }}
            {{ $key }}{{ $name }}.{{ $action }}.port: {{ $port }} is not a port of its container
            {{- printf " (%s)" (sortAlpha $names | join ", " | default "none") }}
          {{- end }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
