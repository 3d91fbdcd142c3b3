{{/*
microservice.risks.health: pods get requests when they are ready, are not
restarted before they can be, and have time to end.
*/}}
{{- define "microservice.risks.health" -}}
  {{- $ready := include "microservice.probe" (dict "root" . "probe" .Values.readinessProbe) | fromJson }}
  {{- if and (not $ready) (ne (include "microservice.ports" .) "{}") }}
    readinessProbe: without one pods get requests before they can answer; write readinessProbe.httpGet.path
  {{- end }}
  {{- if .Values.livenessProbe }}
    {{- $live := include "microservice.probe" (dict "root" . "probe" .Values.livenessProbe) | fromJson }}
    {{- $startup := include "microservice.probe" (dict "root" . "probe" .Values.startupProbe) | fromJson }}
    {{- $period := $live.periodSeconds | default 10 | int64 }}
    {{- $fires := add (int64 $live.initialDelaySeconds) (mul $period (sub ($live.failureThreshold | default 3 | int64) 1)) }}
    {{- $looks := int64 $ready.initialDelaySeconds }}
    {{- if and $live $ready (not $startup) (lt $fires $looks) }}
      livenessProbe can restart a container after {{ $fires }} s, before readinessProbe first looks after {{ $looks }} s; write
      {{- printf " livenessProbe.initialDelaySeconds: %d or more, or a startupProbe" $looks }}
    {{- end }}
  {{- end }}
  {{- $sleep := (((.Values.lifecycle).preStop).sleep).seconds | int64 }}
  {{- $grace := include "microservice.graceSeconds" . | int64 }}
  {{- if and $sleep (ge $sleep $grace) }}
    lifecycle.preStop.sleep.seconds: {{ $sleep }} leaves nothing of terminationGracePeriodSeconds: {{ $grace }} for the process to end;
    {{- " make the first smaller, or the second larger" }}
  {{- end }}
{{- end -}}
