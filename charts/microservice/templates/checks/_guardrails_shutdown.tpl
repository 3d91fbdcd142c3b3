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
