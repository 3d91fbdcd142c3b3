{{/*
microservice.problems.metrics: the endpoints of a ServiceMonitor name ports of the Service,
those of a PodMonitor ports of long-running containers. A PodMonitor has no fields for
Services.
*/}}
{{- define "microservice.problems.metrics" -}}
  {{- with .Values.metrics.serviceMonitor }}
    {{- if .enabled }}
      {{- $names := list }}
      {{- range (include "microservice.serviceNamed" (dict "root" $ "name" (include "microservice.fullname" $)) | fromJson).ports }}
        {{- with .name }}{{ $names = append $names . }}{{ end }}
      {{- end }}
      {{- range $index, $endpoint := prepend (.endpoints | default list) . }}
        {{- $port := .port | default (include "microservice.mainPort" $) }}
        {{- if not (has $port $names) }}
          metrics.serviceMonitor.{{ include "microservice.endpointKey" $index }}: the Service has no port {{ quote $port }};
          {{- include "microservice.servicePortNames" (dict "root" $ "name" (include "microservice.fullname" $)) | printf " %s" }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- with .Values.metrics.podMonitor }}
    {{- if .enabled }}
      {{- $names := include "microservice.mainPorts" $ | fromJsonArray }}
      {{- $_ := include "microservice.collectContainers" $ }}
      {{- range $.containers }}
        {{- range .longRunning | ternary .container.ports list }}
          {{- if and .name (include "microservice.isTCP" .) }}{{ $names = append $names .name }}{{ end }}
        {{- end }}
      {{- end }}
      {{- range $index, $endpoint := prepend (.endpoints | default list) . }}
        {{- $port := .port | default (include "microservice.mainPort" $) }}
        {{- if not (has $port $names) }}
          metrics.podMonitor.{{ include "microservice.endpointKey" $index }}: no container has a TCP port {{ quote $port }}; they are those under
          {{- printf " ports, and named ports of other containers (%s)" (join ", " $names | default "none") }}
        {{- end }}
      {{- end }}
      {{- range $field := list "serviceDiscoveryRole" "targetLabels" }}
        {{- if index $.Values.metrics.podMonitor $field }}
          metrics.podMonitor.{{ $field }} is for Services, which a PodMonitor does not ask; remove it, or write it in serviceMonitor
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.endpointKey: the number of an endpoint -> where its port is written.
*/}}
{{- define "microservice.endpointKey" -}}
  {{- if eq . 0 }}port{{ else }}{{ printf "endpoints[%d].port" (sub . 1) }}{{ end -}}
{{- end -}}

{{- define "microservice.checks.metrics" -}}
  {{- include "microservice.problems.metrics" . }}
{{- end -}}
