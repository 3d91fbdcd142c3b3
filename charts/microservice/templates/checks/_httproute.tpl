{{/*
microservice.problems.httproute: a route has a Gateway, and its backends are ports
of the Service. Other Services are not known here.
*/}}
{{- define "microservice.problems.httproute" -}}
  {{- if .Values.httpRoute.enabled }}
    {{- if not .Values.httpRoute.parentRefs }}
      httpRoute.enabled: true without httpRoute.parentRefs: set the Gateway, such as httpRoute.parentRefs:
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
          httpRoute.rules[{{ $index }}]: port {{ .port }} of {{ .name }} must be a number: the chart doesn't know the port names of other
          {{- " Services" }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
