{{/*
microservice.problems.probes: a probe has one handler and a declared port. The
service's readiness probe is on by default, so without a port it is left out silently, and
its httpGet counts as a handler only where it differs from that of values.yaml.
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
      {{- if and $probe (not (include "microservice.isDisabled" $probe)) }}
        {{- $default := and (eq $key "readinessProbe") (not $.component) (eq (include "microservice.hasDefaultGet" $probe) "true") }}
        {{- $written := and $default (ne $handler "httpGet") | ternary (omit $probe "httpGet") $probe }}
        {{- include "microservice.problems.probe" (dict "key" $key "probe" $written) }}
      {{- end }}
      {{- if and (kindIs "string" $port) $port (not (hasKey $ports $port)) }}
        {{ $key }}.{{ $handler }}.port: {{ $port }} is not declared under ports
        {{- printf " (%s)" (keys $ports | sortAlpha | join ", " | default "none") }}
      {{- else if and (kindIs "string" $port) $port (not (include "microservice.isTCP" (get $ports $port))) }}
        {{ $key }}.{{ $handler }}.port: {{ $port }} is a port of {{ (get $ports $port).protocol }}, which can't be probed; name one of TCP, or set exec
      {{- end }}
      {{- if and $handler (ne $handler "exec") (not $port) (or $.component (ne $key "readinessProbe")) (not (include "microservice.mainPort" $)) }}
        {{ $key }}.{{ $handler }} has no port: set {{ $key }}.{{ $handler }}.port, since no TCP port is declared under ports
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "microservice.checks.probes" -}}
  {{- include "microservice.problems.probes" . }}
{{- end -}}
