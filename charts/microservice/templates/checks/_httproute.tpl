{{/*
microservice.problems.httproute: a route hangs on a Gateway, and leads to ports
that the Service has. One of another's is somebody else's to know.
*/}}
{{- define "microservice.problems.httproute" -}}
  {{- if .Values.httpRoute.enabled }}
    {{- if not .Values.httpRoute.parentRefs }}
      httpRoute.enabled: true without httpRoute.parentRefs: write the Gateway, such as httpRoute.parentRefs:
      {{- " [{name: gateway, namespace: gateways}]" }}
    {{- end }}
    {{- $names := list }}
    {{- $numbers := list }}
    {{- range include "microservice.servicePorts" . | fromJsonArray }}
      {{- $names = append $names (.name | default "") }}
      {{- $numbers = append $numbers (toString .port) }}
    {{- end }}
    {{- $fullname := include "microservice.fullname" . }}
    {{- range $index, $rule := .Values.httpRoute.rules | default (list dict) }}
      {{- range include "microservice.routeBackends" (dict "root" $ "rule" $rule) | fromJsonArray }}
        {{- $ours := and (eq .name $fullname) (not .namespace) (eq (.kind | default "Service") "Service") }}
        {{- if and $ours (not (has (toString .port) (concat $names $numbers))) }}
          httpRoute.rules[{{ $index }}]: the Service has no port {{ .port | default "" | toString | quote }}; its ports are those under
          {{- printf " ports with a servicePort (%s)" (join ", " $names | default "none") }}
        {{- else if and (not $ours) (kindIs "string" .port) }}
          httpRoute.rules[{{ $index }}]: port {{ .port }} of {{ .name }} has to be a number, for the chart doesn't know its names
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
