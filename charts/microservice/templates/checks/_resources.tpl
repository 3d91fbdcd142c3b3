{{/*
microservice.problems.resources: no request exceeds its limit. The main
container's default limits are raised where needed.
*/}}
{{- define "microservice.problems.resources" -}}
  {{- $all := dict }}
  {{- if ne (toJson .Values.resources.limits) (include "microservice.defaultLimits" .) }}
    {{- $_ := set $all "resources" (include "microservice.resources" . | fromJson) }}
  {{- end }}
  {{- $_ := include "microservice.collectContainers" . }}
  {{- range .containers }}
    {{- $_ := set $all (printf "%s.resources" .key) (.container.resources | default dict) }}
  {{- end }}
  {{- range $key, $job := include "microservice.jobs" . | fromJson }}
    {{- if $job.resources }}
      {{- $values := dict "resources" (include "microservice.jobResources" (dict "root" $ "job" $job) | fromJson) }}
      {{- $_ := set $all (printf "%s.resources" $key) (include "microservice.resources" (dict "Values" $values) | fromJson) }}
    {{- end }}
  {{- end }}
  {{- range $key, $resources := $all }}
    {{- range $name, $request := $resources.requests }}
      {{- $limit := get ($resources.limits | default dict) $name | toString }}
      {{- if and (not (kindIs "invalid" $request)) (not (has $limit (list "" "<nil>" (toString $request)))) }}
        {{- if include "microservice.exceeds" (dict "quantity" $request "limit" $limit) }}
          {{ $key }}.requests.{{ $name }}: {{ $request }} is above {{ $key }}.limits.{{ $name }}: {{ $limit }}; lower the first, or raise
          {{- " the second" }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
