{{/*
microservice.ports: the ports that are there, as a JSON map of name -> port.
*/}}
{{- define "microservice.ports" -}}
  {{- if not (hasKey . "microservice.ports") -}}
    {{- $ports := dict -}}
    {{- range $name, $port := .Values.ports -}}
      {{- if and $port (ne (toString $port.enabled) "false") -}}
        {{- $_ := set $ports $name (omit $port "enabled") -}}
      {{- end -}}
    {{- end -}}
    {{- $_ := set . "microservice.ports" (toJson $ports) -}}
  {{- end -}}
  {{- get . "microservice.ports" -}}
{{- end -}}

{{/*
microservice.mainPort: the name of the port that probes, Ingress and the like
mean when they name none: mainPort, else http, else the only or the first one
by name. Empty where there is no port.
*/}}
{{- define "microservice.mainPort" -}}
  {{- if not (hasKey . "microservice.mainPort") -}}
    {{- $ports := include "microservice.ports" . | fromJson -}}
    {{- $first := hasKey $ports "http" | ternary "http" (keys $ports | sortAlpha | first | default "") -}}
    {{- $_ := .Values.mainPort | default $first | set . "microservice.mainPort" -}}
  {{- end -}}
  {{- get . "microservice.mainPort" -}}
{{- end -}}

{{/*
microservice.containerPorts: the main container's ports, as a JSON list.
*/}}
{{- define "microservice.containerPorts" -}}
  {{- $list := list -}}
  {{- range $name, $port := include "microservice.ports" . | fromJson -}}
    {{- $list = append $list (merge (pick $port "containerPort" "hostIP" "hostPort" "protocol") (dict "name" $name "protocol" "TCP")) -}}
  {{- end -}}
  {{- toJson $list -}}
{{- end -}}

{{/*
microservice.servicePorts: the Service's ports as a JSON list: every port with
a servicePort, the main one first, then service.extraPorts. Empty list: there
is no Service.
*/}}
{{- define "microservice.servicePorts" -}}
  {{- if not (hasKey . "microservice.servicePorts") -}}
    {{- $list := list -}}
    {{- if .Values.service.enabled -}}
      {{- $ports := include "microservice.ports" . | fromJson -}}
      {{- $main := include "microservice.mainPort" . -}}
      {{- range $name := prepend (without (keys $ports | sortAlpha) $main) $main -}}
        {{- $port := get $ports $name | default dict -}}
        {{- if $port.servicePort -}}
          {{- $entry := dict "name" $name "port" $port.servicePort "targetPort" $name "protocol" "TCP" -}}
          {{- $list = append $list (merge (pick $port "protocol" "appProtocol" "nodePort") $entry) -}}
        {{- end -}}
      {{- end -}}
      {{- $list = concat $list (.Values.service.extraPorts | default list) -}}
    {{- end -}}
    {{- $_ := set . "microservice.servicePorts" (toJson $list) -}}
  {{- end -}}
  {{- get . "microservice.servicePorts" -}}
{{- end -}}

{{/*
microservice.allPorts: every port that is written anywhere, as a JSON list of
{"key": where, "container": which container's, "port": in the form of `ports`,
with its name}.
What only a Service has is left out where there is none.
*/}}
{{- define "microservice.allPorts" -}}
  {{- $list := list -}}
  {{- $unused := empty .Values.service.enabled | ternary (list "servicePort" "nodePort") list -}}
  {{- range $name, $port := include "microservice.ports" . | fromJson -}}
    {{- range $unused }}{{ $port = omit $port . }}{{ end -}}
    {{- $list = append $list (dict "key" (printf "ports.%s" $name) "container" "" "port" (set $port "name" $name)) -}}
  {{- end -}}
  {{- if .Values.service.enabled -}}
    {{- range $index, $port := .Values.service.extraPorts -}}
      {{- $port = dict "name" $port.name "servicePort" $port.port "nodePort" $port.nodePort "protocol" $port.protocol -}}
      {{- $list = append $list (dict "key" (printf "service.extraPorts[%d]" $index) "container" "" "port" $port) -}}
    {{- end -}}
  {{- end -}}
  {{- range $kind := list "initContainers" "extraContainers" -}}
    {{- range $at, $container := index $.Values $kind -}}
      {{- range $index, $port := $container.ports -}}
        {{- $owner := printf "%s[%d]" $kind $at -}}
        {{- $list = append $list (dict "key" (printf "%s.ports[%d]" $owner $index) "container" $owner "port" $port) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $list -}}
{{- end -}}
