{{/*
microservice.risks.health: pods get requests when they are ready, are not
restarted before they can be, and have time to end.
*/}}
{{- define "microservice.risks.health" -}}
{{- $risks := list -}}
{{- $ready := include "microservice.probe" (dict "root" . "probe" .Values.readinessProbe) | fromJson -}}
{{- if and (not $ready) (ne (include "microservice.ports" .) "{}") -}}
{{- $risks = append $risks "readinessProbe: without one pods get requests before they can answer; write readinessProbe.httpGet.path" -}}
{{- end -}}
{{- if .Values.livenessProbe -}}
{{- $live := include "microservice.probe" (dict "root" . "probe" .Values.livenessProbe) | fromJson -}}
{{- $startup := include "microservice.probe" (dict "root" . "probe" .Values.startupProbe) | fromJson -}}
{{- $period := $live.periodSeconds | default 10 | int64 -}}
{{- $fires := add (int64 $live.initialDelaySeconds) (mul $period (sub ($live.failureThreshold | default 3 | int64) 1)) -}}
{{- if and $live $ready (not $startup) (lt $fires (int64 $ready.initialDelaySeconds)) -}}
{{- $risks = append $risks (printf "livenessProbe can restart a container after %d s, before readinessProbe first looks after %d s; write livenessProbe.initialDelaySeconds: %d or more, or a startupProbe" $fires (int64 $ready.initialDelaySeconds) (int64 $ready.initialDelaySeconds)) -}}
{{- end -}}
{{- end -}}
{{- $sleep := (((.Values.lifecycle).preStop).sleep).seconds | int64 -}}
{{- $grace := include "microservice.graceSeconds" . | int64 -}}
{{- if and $sleep (ge $sleep $grace) -}}
{{- $risks = append $risks (printf "lifecycle.preStop.sleep.seconds: %d leaves nothing of terminationGracePeriodSeconds: %d for the process to end; make the first smaller, or the second larger" $sleep $grace) -}}
{{- end -}}
{{- toJson $risks -}}
{{- end -}}
