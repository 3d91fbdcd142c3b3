{{/*
microservice.risks.health: pods receive traffic when they are ready, are not
restarted before that, and have time to stop.
*/}}
{{- define "microservice.risks.health" -}}
  {{- $ready := include "microservice.probe" (dict "root" . "probe" .Values.readinessProbe) | fromJson }}
  {{- if and (not $ready) (ne (include "microservice.ports" .) "{}") }}
    readinessProbe: without one, pods receive traffic before they are ready; set readinessProbe.httpGet.path
  {{- end }}
  {{- if .Values.livenessProbe }}
    {{- $live := include "microservice.probe" (dict "root" . "probe" .Values.livenessProbe) | fromJson }}
    {{- $startup := include "microservice.probe" (dict "root" . "probe" .Values.startupProbe) | fromJson }}
    {{- $period := $live.periodSeconds | default 10 | int64 }}
    {{- $restart := add (int64 $live.initialDelaySeconds) (mul $period (sub ($live.failureThreshold | default 3 | int64) 1)) }}
    {{- $delay := int64 $ready.initialDelaySeconds }}
    {{- if and $live $ready (not $startup) (lt $restart $delay) }}
      livenessProbe can restart a container after {{ $restart }} s, before the first readinessProbe after {{ $delay }} s; set
      {{- printf " livenessProbe.initialDelaySeconds: %d or more, or a startupProbe" $delay }}
    {{- end }}
  {{- end }}
  {{- $sleep := (((.Values.lifecycle).preStop).sleep).seconds | int64 }}
  {{- $grace := include "microservice.graceSeconds" . | int64 }}
  {{- if and $sleep (eq $sleep $grace) }}
    lifecycle.preStop.sleep.seconds: {{ $sleep }} leaves the process no time to stop within
    {{- printf " terminationGracePeriodSeconds: %d; lower the first, or raise the second" $grace }}
  {{- end }}
{{- end -}}
