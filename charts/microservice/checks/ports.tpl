{{/*
microservice.problems.ports: mainPort names a declared port, one of TCP, or it is clear
without it which is meant. Port numbers are unique: containerPorts and hostPorts among the
containers that run at the same time, ports of the Service overall. So are names of ports in
the pod, and in the Service.
*/}}
{{- define "microservice.problems.ports" -}}
  {{- $ports := include "microservice.ports" . | fromJson }}
  {{- $service := .Values.service }}
  {{- if and .Values.mainPort (not (hasKey $ports .Values.mainPort)) }}
    mainPort: {{ .Values.mainPort }} is not declared under ports
    {{- printf " (%s)" (keys $ports | sortAlpha | join ", " | default "none") }}
    {{- range $service.extraPorts }}
      {{- if eq .name $.Values.mainPort }}; name a port of service.extraPorts where it is used, such as port of an Ingress path{{ end }}
    {{- end }}
  {{- end }}
  {{- $tcp := include "microservice.mainPorts" . | fromJsonArray }}
  {{- with .Values.mainPort }}
    {{- if and (hasKey $ports .) (not (has . $tcp)) }}
      mainPort: {{ . }} is a port of {{ (get $ports .).protocol }}; probes, Ingress and monitors need TCP: name another, or remove it
    {{- end }}
  {{- else }}
    {{- if and (gt (len $tcp) 1) (not (has "http" $tcp)) }}
      mainPort is missing: none of the ports {{ join ", " $tcp }} is called http; set mainPort to the one for probes and Ingress
    {{- end }}
  {{- end }}
  {{- range $name, $port := $ports }}
    {{- if not $port.containerPort }}
      ports.{{ $name }} has no containerPort: set the port that the process listens on
    {{- end }}
    {{- with $port.hostIP }}{{ include "microservice.problems.addresses" (dict (printf "ports.%s.hostIP" $name) .) }}{{ end }}
  {{- end }}
  {{- $hostNetwork := (.Values.podSpec).hostNetwork }}
  {{- $others := or $service.extraPorts .Values.extraServices .Values.initContainers .Values.extraContainers $hostNetwork }}
  {{- if or $others (gt (len $ports) 1) (regexMatch "\"(nodePort|hostIP|appProtocol)\"" (toJson $ports)) }}
    {{- $seen := dict }}
    {{- $targets := list }}
    {{- $services := dict }}
    {{- range include "microservice.services" . | fromJsonArray }}{{ $_ := set $services .key . }}{{ end }}
    {{- $all := include "microservice.allPorts" . | fromJsonArray }}
    {{- range $entry := $all }}
      {{- $port := $entry.port }}
      {{- $owner := get $services $entry.service | default dict }}
      {{- $protocol := $port.protocol | default "TCP" }}
      {{- range $field := list "containerPort" "hostPort" "servicePort" "nodePort" }}
        {{- with get $port $field }}
          {{- $slot := printf "%s %d/%s" $field (int64 .) $protocol }}
          {{- $scope := get (dict "hostPort" $port.hostIP "servicePort" $owner.key) $field }}
          {{- $place := list $slot $entry.container $scope | toJson }}
          {{- with get $seen $place }}
            {{ . }} and {{ $entry.key }} both have {{ $slot }}: give each its own, or remove one
          {{- end }}
          {{- $_ := set $seen $place $entry.key }}
        {{- end }}
      {{- end }}
      {{- range $field := list "containerPort" "servicePort" }}
        {{- if and (get $port $field) $port.name }}
          {{- $place := list $field $port.name (eq $field "servicePort" | ternary $owner.key "") | toJson }}
          {{- with get $seen $place }}
            {{ . }} and {{ $entry.key }} are both named {{ $port.name }}: give each its own name
          {{- end }}
          {{- $_ := set $seen $place $entry.key }}
        {{- end }}
      {{- end }}
      {{- if and $port.containerPort $port.name (not $entry.container) }}
        {{- $targets = printf "%s/%s" $port.name $protocol | append $targets }}
      {{- end }}
      {{- if and $port.servicePort (gt (len $owner.ports) 1) (not $port.name) }}
        {{ $entry.key }} has no name: a Service with several ports needs a name for each, such as name: metrics
      {{- end }}
      {{- if and $port.nodePort (not $port.servicePort) }}
        {{ $entry.key }}.nodePort: {{ int64 $port.nodePort }} has no effect without a servicePort; set that too
      {{- else if and $port.nodePort (has (toString ($owner.written).type) (list "ClusterIP" "<nil>")) }}
        {{ $entry.key }}.nodePort: {{ int64 $port.nodePort }} needs {{ $owner.key }}.type: NodePort or LoadBalancer
      {{- end }}
      {{- if and $service.enabled $port.appProtocol (not $port.servicePort) }}
        {{ $entry.key }}.appProtocol: {{ $port.appProtocol }} has no effect without a servicePort; set that too
      {{- end }}
      {{- if and $port.hostIP (not $port.hostPort) }}
        {{ $entry.key }}.hostIP: {{ $port.hostIP }} has no effect without a hostPort; set that too
      {{- end }}
      {{- if and $hostNetwork $port.hostPort (ne (int64 $port.hostPort) (int64 $port.containerPort)) }}
        {{ $entry.key }}.hostPort: {{ int64 $port.hostPort }} has to be containerPort: {{ int64 $port.containerPort }} with
        {{- " podSpec.hostNetwork: true; remove it" }}
      {{- end }}
    {{- end }}
    {{- range $all }}
      {{- $target := printf "%v/%s" .port.targetPort (.port.protocol | default "TCP") }}
      {{- if and (kindIs "string" .port.targetPort) (not (has $target $targets)) }}
        {{ .key }}.targetPort: no container has a port {{ $target }} (name and protocol); use one of
        {{- printf " %s, or a number" (sortAlpha $targets | join ", " | default "none") }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "microservice.checks.ports" -}}
  {{- include "microservice.problems.ports" . }}
{{- end -}}
