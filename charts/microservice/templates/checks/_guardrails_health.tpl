{{/*
microservice.risks.health: pods receive traffic only while they are ready, and are
not restarted before that, or where relief would do. Workers receive none.
*/}}
{{- define "microservice.risks.health" -}}
  {{- $ready := include "microservice.readinessProbe" . | fromJson }}
  {{- if and (not .component) (not $ready) (ne (include "microservice.ports" .) "{}") }}
    noReadinessProbe: readinessProbe: without one, pods receive traffic before they are ready; set readinessProbe.
    {{- include "microservice.mainPort" . | empty | ternary "exec.command" "httpGet.path" }}
  {{- end }}
  {{- if and .Values.service.publishNotReadyAddresses (ne (toString .Values.service.clusterIP) "None") }}
    noReadinessProbe: service.publishNotReadyAddresses: true sends traffic to pods that are not ready; remove it
  {{- end }}
  {{- if .Values.livenessProbe }}
    {{- $live := include "microservice.probe" (dict "root" . "probe" .Values.livenessProbe) | fromJson }}
    {{- $startup := include "microservice.probe" (dict "root" . "probe" .Values.startupProbe) | fromJson }}
    {{- $period := $live.periodSeconds | default 10 | int64 }}
    {{- $failures := $live.failureThreshold | default 3 | int64 }}
    {{- $restart := add (int64 $live.initialDelaySeconds) (mul $period (sub $failures 1)) }}
    {{- $delay := int64 $ready.initialDelaySeconds }}
    {{- if and $live $ready (not $startup) (lt $restart $delay) }}
      earlyRestart: livenessProbe can restart a container after {{ $restart }} s, before the first readinessProbe after {{ $delay }} s; set
      {{- printf " livenessProbe.initialDelaySeconds: %d or more, or a startupProbe" $delay }}
    {{- end }}
    {{- $relief := mul ($ready.periodSeconds | default 10 | int64) ($ready.failureThreshold | default 3 | int64) }}
    {{- $handler := pick $live "httpGet" "tcpSocket" "grpc" "exec" }}
    {{- if and $handler (eq (toJson $handler) (pick $ready "httpGet" "tcpSocket" "grpc" "exec" | toJson)) (le (mul $period $failures) $relief) }}
      sameProbes: livenessProbe is the readinessProbe, so a pod that is only overloaded is restarted; set another path, or a
      {{- " higher livenessProbe.failureThreshold" }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.risks.shutdown: pods finish their requests before they are stopped.
*/}}
{{- define "microservice.risks.shutdown" -}}
  {{- $preStop := (.Values.lifecycle).preStop }}
  {{- $sleep := (($preStop).sleep).seconds | int64 }}
  {{- $grace := include "microservice.graceSeconds" . | int64 }}
  {{- if lt $grace 2 }}
    noGrace: terminationGracePeriodSeconds: {{ $grace }} kills pods in the middle of their requests; set more, such as 30
  {{- else if and $sleep (eq $sleep $grace) }}
    noGrace: lifecycle.preStop.sleep.seconds: {{ $sleep }} leaves the process no time to stop within
    {{- printf " terminationGracePeriodSeconds: %d; lower the first, or raise the second" $grace }}
  {{- else if and (not $preStop) (eq (include "microservice.drainSeconds" .) "0") (include "microservice.servicePorts" . | fromJsonArray) }}
    noDrain: shutdown.drainSeconds: 0 stops pods that load balancers still send requests to; set 5, or a lifecycle.preStop
  {{- end }}
{{- end -}}
