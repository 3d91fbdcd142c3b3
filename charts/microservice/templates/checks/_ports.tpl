{{/*
microservice.problems.ports: mainPort names a port that is declared, and a
port has a number.
*/}}
{{- define "microservice.problems.ports" -}}
{{- $problems := list -}}
{{- $ports := include "microservice.ports" . | fromJson -}}
{{- if and .Values.mainPort (not (hasKey $ports .Values.mainPort)) -}}
{{- $problems = append $problems (printf "mainPort: %s is none of the ports declared under ports (%s)" .Values.mainPort (keys $ports | sortAlpha | join ", " | default "none")) -}}
{{- end -}}
{{- range $name, $port := $ports -}}
{{- if not $port.containerPort -}}
{{- $problems = append $problems (printf "ports.%s has no containerPort: write the port that the process listens on" $name) -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
