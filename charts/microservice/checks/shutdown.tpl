{{/*
microservice.problems.shutdown: a pod that still drains when its grace period ends is
killed while it serves requests. No hook sleeps longer than that (validateSleepAction
of Kubernetes).
*/}}
{{- define "microservice.problems.shutdown" -}}
  {{- $drain := include "microservice.drainSeconds" . | int64 }}
  {{- $grace := include "microservice.graceSeconds" . | int64 }}
  {{- $late := and (gt $drain 0) (ge $drain $grace) }}
  {{- if and $late (not ((.Values.lifecycle).preStop | default dict | include "microservice.withoutNulls" | fromJson)) }}
    shutdown.drainSeconds: {{ $drain }} leaves the process no time to stop within terminationGracePeriodSeconds: {{ $grace }};
    {{- " lower the first, or raise the second" }}
  {{- end }}
  {{- $lifecycles := dict "lifecycle" .Values.lifecycle }}
  {{- $_ := include "microservice.collectContainers" . }}
  {{- range .containers }}
    {{- $_ := set $lifecycles (printf "%s.lifecycle" .key) .container.lifecycle }}
  {{- end }}
  {{- range $key, $lifecycle := $lifecycles }}
    {{- range $hook := list "postStart" "preStop" }}
      {{- $sleep := ((index ($lifecycle | default dict) $hook).sleep).seconds | int64 }}
      {{- if gt $sleep $grace }}
        {{ $key }}.{{ $hook }}.sleep.seconds: {{ $sleep }} is above terminationGracePeriodSeconds: {{ $grace }}; lower the first, or
        {{- " raise the second" }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "microservice.checks.shutdown" -}}
  {{- include "microservice.problems.shutdown" . }}
{{- end -}}
