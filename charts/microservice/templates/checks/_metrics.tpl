{{/*
microservice.problems.metrics: a monitor asks at a port that is there: the
Service's, or one that a container which goes on running has under that name.
*/}}
{{- define "microservice.problems.metrics" -}}
{{- $problems := list -}}
{{- if (.Values.metrics.serviceMonitor).enabled -}}
{{- $names := list -}}
{{- range include "microservice.servicePorts" . | fromJsonArray }}{{ with .name }}{{ $names = append $names . }}{{ end }}{{ end -}}
{{- $port := (include "microservice.endpoint" (dict "root" . "monitor" .Values.metrics.serviceMonitor) | fromJson).port -}}
{{- if not (has $port $names) -}}
{{- $problems = append $problems (printf "metrics.serviceMonitor.port: the Service has no port %q; its ports are those under ports with a servicePort (%s)" $port (join ", " $names | default "none")) -}}
{{- end -}}
{{- end -}}
{{- if (.Values.metrics.podMonitor).enabled -}}
{{- $names := keys (include "microservice.ports" . | fromJson) | sortAlpha -}}
{{- range $kind := list "initContainers" "extraContainers" -}}
{{- range get $.Values $kind -}}
{{- if or (eq $kind "extraContainers") (eq (toString .restartPolicy) "Always") -}}
{{- range .ports }}{{ with .name }}{{ $names = append $names . }}{{ end }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $port := (include "microservice.endpoint" (dict "root" . "monitor" .Values.metrics.podMonitor) | fromJson).port -}}
{{- if not (has $port $names) -}}
{{- $problems = append $problems (printf "metrics.podMonitor.port: no container has a port %q; those that there are have a name under ports, or in a container's own (%s)" $port (join ", " $names | default "none")) -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
