{{/*
microservice.drainSeconds: how long a pod goes on serving after it was told to
go, while the load balancers learn of it: min(5, half the grace period), and
nothing where no port is declared.
*/}}
{{- define "microservice.drainSeconds" -}}
  {{- if not (kindIs "invalid" .Values.shutdown.drainSeconds) -}}
    {{- int64 .Values.shutdown.drainSeconds -}}
  {{- else if eq (include "microservice.ports" .) "{}" -}}
0
  {{- else -}}
    {{- min 5 (div (include "microservice.graceSeconds" . | int64) 2) -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.graceSeconds: how long a pod has to end; Kubernetes' own default
where nothing is said.
*/}}
{{- define "microservice.graceSeconds" -}}
  {{- kindIs "invalid" .Values.terminationGracePeriodSeconds | ternary 30 .Values.terminationGracePeriodSeconds | int64 -}}
{{- end -}}

{{/*
microservice.lifecycle: the main container's lifecycle, as JSON: the user's,
with a preStop that drains where the user wrote none. Kubernetes' own sleep
action needs no shell in the image (KEP-3960).
*/}}
{{- define "microservice.lifecycle" -}}
  {{- $lifecycle := deepCopy (.Values.lifecycle | default dict) -}}
  {{- $seconds := include "microservice.drainSeconds" . | int64 -}}
  {{- if and (gt $seconds 0) (not $lifecycle.preStop) -}}
    {{- $_ := set $lifecycle "preStop" (dict "sleep" (dict "seconds" $seconds)) -}}
  {{- end -}}
  {{- toJson $lifecycle -}}
{{- end -}}
