{{/*
microservice.problems.labels: no label of the selector, and with commonLabels none of the
chart's own but the version, has another value in the values, which would be ignored
silently. Of pods no label is set that controllers of Kubernetes set themselves: a Job with
another value is refused, and a Deployment or StatefulSet replaces it.
*/}}
{{- define "microservice.problems.labels" -}}
  {{- $own := dict
    "commonLabels" (omit (include "microservice.labelMap" . | fromJson) "app.kubernetes.io/version")
    "podLabels" (include "microservice.selectorMap" . | fromJson) }}
  {{- range $key, $labels := $own }}
    {{- range $label, $written := index $.Values $key }}
      {{- $value := get $labels $label }}
      {{- $differs := and $written $value (ne $written $value) }}
      {{- if and $differs (eq $label "app.kubernetes.io/name") }}
        {{ $key }}: {{ printf "{%s: %s}" $label $written }} conflicts with the chart's own value, {{ quote $value }}; set
        {{- printf " nameOverride: %s instead" $written }}
      {{- else if $differs }}
        {{ $key }}: {{ printf "{%s: %s}" $label $written }} conflicts with the chart's own value, {{ quote $value }}; use a label
        {{- printf " of your own, such as example.com/%s: %s" (base $label) $written }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- $reserved := list "pod-template-hash" }}
  {{- if or .Values.cronJobs .Values.migration.enabled }}
    {{- $reserved = concat $reserved (list "batch.kubernetes.io/controller-uid" "batch.kubernetes.io/job-name" "controller-uid" "job-name") }}
  {{- end }}
  {{- range $key := list "commonLabels" "podLabels" }}
    {{- range $label, $value := index $.Values $key }}
      {{- if and $value (has $label $reserved) }}
        {{ $key }}: {{ $label }} is a label that Kubernetes sets on pods itself; remove it
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "microservice.checks.pod_labels" -}}
  {{- include "microservice.problems.labels" . }}
{{- end -}}
