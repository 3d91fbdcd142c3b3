{{/*
microservice.problems.ports: mainPort names a declared port, and port numbers
are unique: containerPorts in a container, ports of the Service and of the node
overall. A port's name is unique in the pod, and in the Service.
*/}}
{{- define "microservice.problems.ports" -}}
  {{- $ports := include "microservice.ports" . | fromJson }}
  {{- if and .Values.mainPort (not (hasKey $ports .Values.mainPort)) }}
    mainPort: {{ .Values.mainPort }} is not declared under ports
    {{- printf " (%s)" (keys $ports | sortAlpha | join ", " | default "none") }}
  {{- end }}
  {{- range $name, $port := $ports }}
    {{- if not $port.containerPort }}
      ports.{{ $name }} has no containerPort: set the port that the process listens on
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
            {{ . }} and {{ $entry.key }} both have {{ $slot }}: give each its own, or remove one
          {{- end }}
          {{- $_ := set $seen $place $entry.key }}
        {{- end }}
      {{- end }}
      {{- range $field := list "containerPort" "servicePort" }}
        {{- if and (get $port $field) $port.name }}
          {{- $place := printf "%s of the name %s" $field $port.name }}
          {{- with get $seen $place }}
            {{ . }} and {{ $entry.key }} are both named {{ $port.name }}: give each its own name
          {{- end }}
          {{- $_ := set $seen $place $entry.key }}
        {{- end }}
      {{- end }}
      {{- if and $port.servicePort $several (not $port.name) }}
        {{ $entry.key }} has no name: a Service with several ports needs a name for each, such as name: metrics
      {{- end }}
      {{- if and $port.nodePort (not $port.servicePort) }}
        {{ $entry.key }}.nodePort: {{ int64 $port.nodePort }} has no effect without a servicePort; set that too
      {{- else if and $port.nodePort (has (toString $.Values.service.type) (list "ClusterIP" "<nil>")) }}
        {{ $entry.key }}.nodePort: {{ int64 $port.nodePort }} needs service.type: NodePort or LoadBalancer
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
