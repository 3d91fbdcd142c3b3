{{/*
microservice.problems.names: the prefix of all names is a DNS label that starts
with a letter, as a Service's name must (RFC 1035).
*/}}
{{- define "microservice.problems.names" -}}
  {{- $fullname := include "microservice.fullname" . }}
  {{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $fullname) }}
    the name {{ quote $fullname }} is not a valid Service name (lowercase letters, digits and '-', starting with a letter): set
    {{- include "microservice.dnsLabel" $fullname | trunc 59 | trimSuffix "-" | printf " fullnameOverride, such as fullnameOverride: app-%s" }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.labels: no label of the selector, and with commonLabels none of the
chart's own but the version, has another value in the values, which would be ignored
silently. Of pods no label is set that controllers of Kubernetes set themselves: a Job with
another value is refused, and a Deployment or StatefulSet replaces it.
*/}}
{{- define "microservice.problems.labels" -}}
  {{- $written := pick .Values "commonLabels" "podLabels" | toJson }}
  {{- if or (contains "app.kubernetes.io/" $written) (contains "helm.sh/chart" $written) }}
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
  {{- end }}
  {{- if or (contains "pod-template-hash" $written) (contains "job-name" $written) (contains "controller-uid" $written) }}
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
  {{- end }}
{{- end -}}
