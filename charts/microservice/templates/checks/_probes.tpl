{{/*
microservice.problems.probes: a probe that was asked for can be made: it has a
handler, and a port that is declared. The readiness probe is asked for by
default, so it goes without a word where no port is.
*/}}
{{- define "microservice.problems.probes" -}}
{{- $problems := list -}}
{{- $ports := include "microservice.ports" . | fromJson -}}
{{- range $key := list "startupProbe" "livenessProbe" "readinessProbe" -}}
{{- $probe := deepCopy (get $.Values $key | default dict) -}}
{{- include "microservice.prune" $probe -}}
{{- $handler := include "microservice.probeHandler" $probe -}}
{{- $port := (get $probe $handler | default dict).port -}}
{{- if not (or $handler (eq (toString $probe.enabled) "false") (not $probe)) -}}
{{- $problems = append $problems (printf "%s has nothing to ask: write %s.httpGet.path, or tcpSocket, grpc or exec" $key $key) -}}
{{- end -}}
{{- if and (kindIs "string" $port) $port (not (hasKey $ports $port)) -}}
{{- $problems = append $problems (printf "%s.%s.port: %s is none of the ports declared under ports (%s)" $key $handler $port (keys $ports | sortAlpha | join ", " | default "none")) -}}
{{- end -}}
{{- if and $handler (ne $handler "exec") (not $port) (not $ports) (ne $key "readinessProbe") -}}
{{- $problems = append $problems (printf "%s.%s has no port: write %s.%s.port, since none is declared under ports" $key $handler $key $handler) -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
