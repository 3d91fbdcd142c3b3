{{/*
microservice.problems.objectLabels: no label of a single object is one of the chart's own,
which would replace it silently.
*/}}
{{- define "microservice.problems.objectLabels" -}}
  {{- $blocks := dict "secret.external.labels" .Values.secret.external "deploymentLabels" (dict "labels" .Values.deploymentLabels) }}
  {{- range $name := list "autoscaling" "config" "httpRoute" "ingress" "metrics" "migration" "networkPolicy" "podDisruptionBudget"
    "rbac" "secret" "service" "serviceAccount" }}
    {{- $_ := set $blocks (printf "%s.labels" $name) (index $.Values $name) }}
  {{- end }}
  {{- range $name := list "podMonitor" "serviceMonitor" }}
    {{- $_ := set $blocks (printf "metrics.%s.labels" $name) (index $.Values.metrics $name) }}
  {{- end }}
  {{- range $map := list "cronJobs" "extraIngresses" "extraRoutes" "extraServices" }}
    {{- range $name, $entry := index $.Values $map }}{{ $_ := set $blocks (printf "%s.%s.labels" $map $name) $entry }}{{ end }}
  {{- end }}
  {{- range $name, $volume := .Values.volumes }}
    {{- $_ := set $blocks (printf "volumes.%s.claim.labels" $name) ($volume).claim }}
  {{- end }}
  {{- $own := include "microservice.labelMap" . | fromJson }}
  {{- range $key, $block := $blocks }}
    {{- range $label, $written := ($block).labels }}
      {{- $value := get $own $label }}
      {{- if and $written $value (ne $written $value) }}
        {{ $key }}: {{ printf "{%s: %s}" $label $written }} would be lost, since the chart sets this label itself; use a label
        {{- printf " of your own, such as example.com/%s: %s" (base $label) $written }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "microservice.checks.labels" -}}
  {{- include "microservice.problems.objectLabels" . }}
{{- end -}}
