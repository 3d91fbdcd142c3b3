{{/*
microservice.problems.probe: (dict "key" KEY "probe" PROBE): what validateLivenessProbe,
validateReadinessProbe and validateStartupProbe of Kubernetes refuse in any container.
*/}}
{{- define "microservice.problems.probe" -}}
  {{- include "microservice.problems.handler" (dict
    "key" .key
    "handler" .probe
    "actions" (list "httpGet" "tcpSocket" "grpc" "exec")) }}
  {{- if hasSuffix "readinessProbe" .key }}
    {{- with .probe.terminationGracePeriodSeconds }}
      {{ $.key }}.terminationGracePeriodSeconds: {{ int64 . }} belongs to livenessProbe and startupProbe, which stop containers;
      {{- " remove it" }}
    {{- end }}
  {{- else if gt (int64 .probe.successThreshold) 1 }}
    {{ .key }}.successThreshold: {{ int64 .probe.successThreshold }} must be 1; only a readinessProbe can have more
  {{- end }}
{{- end -}}

{{/*
microservice.problems.handler: (dict "key" KEY "handler" HANDLER "actions" LIST): exactly
one of the actions is set.
*/}}
{{- define "microservice.problems.handler" -}}
  {{- $written := list }}
  {{- range .actions }}
    {{- if kindIs "map" (get $.handler .) }}{{ $written = append $written . }}{{ end }}
  {{- end }}
  {{- if not $written }}
    {{ .key }} has no handler: set one of {{ join ", " .actions }}
  {{- else if gt (len $written) 1 }}
    {{ .key }} has several handlers ({{ join ", " $written }}): keep one, and set the rest to null:
    {{- printf " %s: null" (join ": null or " $written) }}
  {{- end }}
{{- end -}}
