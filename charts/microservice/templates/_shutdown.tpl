{{/*
microservice.drainSeconds: for how many seconds a pod goes on serving after its
deletion, while load balancers learn of that: by default min(5, half the grace
period), and 0 where no port is declared.
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
microservice.graceSeconds: how many seconds a pod has to end: without a value, the
30 of Kubernetes.
*/}}
{{- define "microservice.graceSeconds" -}}
  {{- kindIs "invalid" .Values.terminationGracePeriodSeconds | ternary 30 .Values.terminationGracePeriodSeconds | int64 -}}
{{- end -}}

{{/*
microservice.sleepSeconds: for how many seconds the main container sleeps before it stops;
with a preStop that does something else, drainSeconds.
*/}}
{{- define "microservice.sleepSeconds" -}}
  {{- (((include "microservice.lifecycle" . | fromJson).preStop).sleep).seconds | default (include "microservice.drainSeconds" .) | int64 -}}
{{- end -}}

{{/*
microservice.lifecycle: the main container's lifecycle, as JSON: the user's hooks that
have a handler, with a preStop that drains if the user wrote none. The sleep action of
Kubernetes needs no shell in the image (KEP-3960).
*/}}
{{- define "microservice.lifecycle" -}}
  {{- $lifecycle := dict -}}
  {{- with .Values.lifecycle -}}
    {{- range $hook, $handler := include "microservice.withoutNulls" . | fromJson -}}
      {{- if $handler }}{{ $_ := set $lifecycle $hook $handler }}{{ end -}}
    {{- end -}}
  {{- end -}}
  {{- $seconds := include "microservice.drainSeconds" . | int64 -}}
  {{- if and (gt $seconds 0) (not $lifecycle.preStop) -}}
    {{- $_ := set $lifecycle "preStop" (dict "sleep" (dict "seconds" $seconds)) -}}
  {{- end -}}
  {{- toJson $lifecycle -}}
{{- end -}}
