{{/*
microservice.problems.handlers: what a hook, or a probe of another container,
asks by name is a port of its own container. The main container's probes have
more that can be wrong with them, and are looked at by themselves.
*/}}
{{- define "microservice.problems.handlers" -}}
{{- $problems := list -}}
{{- if or .Values.lifecycle .Values.initContainers .Values.extraContainers -}}
{{- $ports := list -}}
{{- range keys (include "microservice.ports" . | fromJson) }}{{ $ports = append $ports (dict "name" .) }}{{ end -}}
{{- $all := dict "" (dict "lifecycle" .Values.lifecycle "ports" $ports) -}}
{{- range $kind := list "initContainers" "extraContainers" -}}
{{- range $index, $container := index $.Values $kind -}}
{{- $_ := set $all (printf "%s[%d]." $kind $index) $container -}}
{{- end -}}
{{- end -}}
{{- range $key, $container := $all -}}
{{- $names := list -}}
{{- range $container.ports }}{{ with .name }}{{ $names = append $names . }}{{ end }}{{ end -}}
{{- $handlers := pick $container "startupProbe" "livenessProbe" "readinessProbe" -}}
{{- range $hook, $handler := $container.lifecycle }}{{ $_ := set $handlers (printf "lifecycle.%s" $hook) $handler }}{{ end -}}
{{- range $name, $handler := $handlers -}}
{{- range $action := list "httpGet" "tcpSocket" -}}
{{- $port := (get (kindIs "map" $handler | ternary $handler dict) $action | default dict).port -}}
{{- if and (kindIs "string" $port) (not (has $port $names)) -}}
{{- $problems = append $problems (printf "%s%s.%s.port: %s is none of its container's ports (%s)" $key $name $action $port (sortAlpha $names | join ", " | default "none")) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
