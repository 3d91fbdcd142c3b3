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
microservice.risks.shutdown: pods finish their requests before they are stopped. Load
balancers of a cloud go on sending to a pod that stops until their health check has failed,
or it is deregistered; an Ingress controller in the cluster notices at once.
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
  {{- else if or (not $preStop) $sleep }}
    {{- $drain := $sleep | default (include "microservice.drainSeconds" . | int64) }}
    {{- if and $drain (lt $drain 15) (include "microservice.isBehindCloud" .) }}
      shortDrain: {{ empty $sleep | ternary "shutdown.drainSeconds" "lifecycle.preStop.sleep.seconds" }}: {{ $drain }} is less than the 15 to 30 s
      {{- " for which a cloud's load balancer may still send requests to a pod that stops; set 20, and terminationGracePeriodSeconds: 50" }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.isBehindCloud: "true" where a load balancer of the cloud sends to the pods: by the
Service's type, or by the class and annotations of the Ingress (AWS, Google, Azure).
*/}}
{{- define "microservice.isBehindCloud" -}}
  {{- if eq (toString .Values.service.type) "LoadBalancer" }}true
  {{- else if .Values.ingress.enabled }}
    {{- $annotations := .Values.ingress.annotations }}
    {{- $class := .Values.ingress.className | default (get $annotations "kubernetes.io/ingress.class") | toString }}
    {{- $names := keys $annotations | join " " }}
    {{- if or (has $class (list "alb" "gce" "gce-internal" "azure/application-gateway")) (hasPrefix "azure-" $class)
      (contains "alb.ingress.kubernetes.io/" $names) (contains "networking.gke.io/" $names) }}true{{ end }}
  {{- end }}
{{- end -}}
