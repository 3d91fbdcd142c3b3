{{/*
microservice.problems.ports: mainPort names a port that is declared, and a
port has a number that it shares with none of its kind. A container's ports are
apart from another container's; those of the node and the Service are not. A
name is one port's of all containers, and one of the Service.
*/}}
{{- define "microservice.problems.ports" -}}
  {{- $ports := include "microservice.ports" . | fromJson }}
  {{- if and .Values.mainPort (not (hasKey $ports .Values.mainPort)) }}
    mainPort: {{ .Values.mainPort }} is none of the ports declared under ports
    {{- printf " (%s)" (keys $ports | sortAlpha | join ", " | default "none") }}
  {{- end }}
  {{- range $name, $port := $ports }}
    {{- if not $port.containerPort }}
      ports.{{ $name }} has no containerPort: write the port that the process listens on
    {{- end }}
  {{- end }}
  {{- $others := or .Values.service.extraPorts .Values.initContainers .Values.extraContainers }}
  {{- if or $others (gt (len $ports) 1) (contains "nodePort" (toJson $ports)) }}
    {{- $seen := dict }}
    {{- $several := gt (len (include "microservice.servicePorts" . | fromJsonArray)) 1 }}
    {{- range $entry := include "microservice.allPorts" . | fromJsonArray }}
      {{- $port := $entry.port }}
      {{- range $field := list "containerPort" "hostPort" "servicePort" "nodePort" }}
        {{- with get $port $field }}
          {{- $slot := printf "%s %d/%s" $field (int64 .) ($port.protocol | default "TCP") }}
          {{- $place := printf "%s %s" $slot (eq $field "containerPort" | ternary $entry.container "") }}
          {{- with get $seen $place }}
            {{ . }} and {{ $entry.key }} both have {{ $slot }}: give each its own, or take one away
          {{- end }}
          {{- $_ := set $seen $place $entry.key }}
        {{- end }}
      {{- end }}
      {{- range $field := list "containerPort" "servicePort" }}
        {{- if and (get $port $field) $port.name }}
          {{- $place := printf "%s of the name %s" $field $port.name }}
          {{- with get $seen $place }}
            {{ . }} and {{ $entry.key }} are both named {{ $port.name }}: give each a name of its own
          {{- end }}
          {{- $_ := set $seen $place $entry.key }}
        {{- end }}
      {{- end }}
      {{- if and $port.servicePort $several (not $port.name) }}
        {{ $entry.key }} has no name: a Service with several ports needs one for each, such as name: metrics
      {{- end }}
      {{- if and $port.nodePort (not $port.servicePort) }}
        {{ $entry.key }}.nodePort: {{ int64 $port.nodePort }} needs a servicePort beside it, or the port is not on the Service
      {{- else if and $port.nodePort (has (toString $.Values.service.type) (list "ClusterIP" "<nil>")) }}
        {{ $entry.key }}.nodePort: {{ int64 $port.nodePort }} needs service.type: NodePort or LoadBalancer
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
