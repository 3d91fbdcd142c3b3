{{/*
microservice.ports: the ports that are switched on, as a JSON map of name -> port.
*/}}
{{- define "microservice.ports" -}}
  {{- if not .ports -}}
    {{- $ports := dict -}}
    {{- range $name, $port := .Values.ports -}}
      {{- if and $port (not (include "microservice.isDisabled" $port)) -}}
        {{- $_ := set $ports $name (omit $port "enabled") -}}
      {{- end -}}
    {{- end -}}
    {{- $_ := set . "ports" (toJson $ports) -}}
  {{- end -}}
  {{- .ports -}}
{{- end -}}

{{/*
microservice.mainPort: the name of the port that probes, Ingress and the like use
if they name none: mainPort, else http, else the only one of TCP (of several the first, for
the checks to go on, which ask for mainPort). Empty where there is none.
*/}}
{{- define "microservice.mainPort" -}}
  {{- if not .mainPort -}}
    {{- $names := include "microservice.mainPorts" . | fromJsonArray -}}
    {{- $default := has "http" $names | ternary "http" (first $names | default "") -}}
    {{- $_ := .Values.mainPort | default $default | set . "mainPort" -}}
  {{- end -}}
  {{- .mainPort -}}
{{- end -}}

{{/*
microservice.mainPorts: the names of the ports that may be the main one, as a sorted JSON
list: those of TCP, which can be probed, routed to and forwarded.
*/}}
{{- define "microservice.mainPorts" -}}
  {{- $names := list -}}
  {{- range $name, $port := include "microservice.ports" . | fromJson -}}
    {{- if include "microservice.isTCP" $port }}{{ $names = append $names $name }}{{ end -}}
  {{- end -}}
  {{- toJson $names -}}
{{- end -}}

{{/*
microservice.isTCP: a port, of a container or of the Service -> "true" unless it is one of
UDP or SCTP.
*/}}
{{- define "microservice.isTCP" -}}
  {{- if eq (.protocol | default "TCP") "TCP" }}true{{ end -}}
{{- end -}}

{{/*
microservice.containerPorts: the main container's ports, as a JSON list.
*/}}
{{- define "microservice.containerPorts" -}}
  {{- $list := list -}}
  {{- range $name, $port := include "microservice.ports" . | fromJson -}}
    {{- $port = pick $port "containerPort" "hostIP" "hostPort" "protocol" -}}
    {{- $list = append $list (merge $port (dict "name" $name "protocol" "TCP")) -}}
  {{- end -}}
  {{- toJson $list -}}
{{- end -}}

{{/*
microservice.allPorts: every port that is written anywhere, as a JSON list of {"key":
where, "container": the key of an init container that ends before the others start, else
empty, "service": the key of the Service that has it, or empty, "port": in the form of `ports`, with
its name}. Without a Service its numbers are left out.
*/}}
{{- define "microservice.allPorts" -}}
  {{- $list := list -}}
  {{- range $name, $port := include "microservice.ports" . | fromJson -}}
    {{- if not $.Values.service.enabled }}{{ $port = omit $port "servicePort" "nodePort" }}{{ end -}}
    {{- $list = append $list (dict "key" (printf "ports.%s" $name) "container" "" "service" "service" "port" (set $port "name" $name)) -}}
  {{- end -}}
  {{- range $service := include "microservice.services" . | fromJsonArray -}}
    {{- range $index, $port := $service.ownPorts -}}
      {{- $port = dict "name" .name "servicePort" .port "nodePort" .nodePort "protocol" .protocol "targetPort" .targetPort -}}
      {{- $key := printf "%s.%s[%d]" $service.key (eq $service.key "service" | ternary "extraPorts" "ports") $index -}}
      {{- $list = append $list (dict "key" $key "container" "" "service" $service.key "port" $port) -}}
    {{- end -}}
  {{- end -}}
  {{- $_ := include "microservice.collectContainers" . -}}
  {{- range .containers -}}
    {{- $container := . -}}
    {{- range $index, $port := .container.ports -}}
      {{- $key := printf "%s.ports[%d]" $container.key $index -}}
      {{- $owner := $container.longRunning | ternary "" $container.key -}}
      {{- $list = append $list (dict "key" $key "container" $owner "service" "" "port" $port) -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $list -}}
{{- end -}}
