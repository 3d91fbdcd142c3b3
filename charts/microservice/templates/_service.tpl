{{/*
microservice.declaredServicePorts: the ports with a servicePort as a Service has them, as
a JSON list, the main one first.
*/}}
{{- define "microservice.declaredServicePorts" -}}
  {{- $list := list -}}
  {{- $ports := include "microservice.ports" . | fromJson -}}
  {{- $main := include "microservice.mainPort" . -}}
  {{- range $name := prepend (without (keys $ports | sortAlpha) $main) $main -}}
    {{- $port := get $ports $name | default dict -}}
    {{- if $port.servicePort -}}
      {{- $entry := dict "name" $name "port" $port.servicePort "targetPort" $name "protocol" "TCP" -}}
      {{- $list = append $list (merge (pick $port "protocol" "appProtocol" "nodePort") $entry) -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $list -}}
{{- end -}}

{{/*
microservice.servicePorts: the Service's ports, as a JSON list: those with a
servicePort, the main one first, then service.extraPorts. With an empty list there is
no Service.
*/}}
{{- define "microservice.servicePorts" -}}
  {{- if not .servicePorts -}}
    {{- $list := list -}}
    {{- if .Values.service.enabled -}}
      {{- $list = include "microservice.declaredServicePorts" . | fromJsonArray -}}
      {{- with .Values.service.extraPorts }}{{ $list = concat $list . }}{{ end -}}
    {{- end -}}
    {{- $_ := set . "servicePorts" (toJson $list) -}}
  {{- end -}}
  {{- .servicePorts -}}
{{- end -}}

{{/*
microservice.services: the Service and the further ones, as a JSON list of {"key": where
it is written, "name": its name, "ports": its ports, "ownPorts": those that are written
there, "written": the rest of what is written there}.
*/}}
{{- define "microservice.services" -}}
  {{- if not .services -}}
    {{- $fullname := include "microservice.fullname" . -}}
    {{- $list := list -}}
    {{- with include "microservice.servicePorts" . | fromJsonArray -}}
      {{- $list = append $list (dict
        "key" "service"
        "name" $fullname
        "ports" .
        "ownPorts" $.Values.service.extraPorts
        "written" (omit $.Values.service "enabled" "extraPorts")) -}}
    {{- end -}}
    {{- range $name, $service := .Values.extraServices -}}
      {{- if and (kindIs "map" $service) (not (include "microservice.isDisabled" $service)) -}}
        {{- $ports := $service.ports | default list -}}
        {{- if not $ports -}}
          {{- range include "microservice.declaredServicePorts" $ | fromJsonArray -}}
            {{- /* A port of the nodes belongs to one Service. */ -}}
            {{- $ports = append $ports (omit . "nodePort") -}}
          {{- end -}}
        {{- end -}}
        {{- $list = append $list (dict
          "key" (printf "extraServices.%s" $name)
          "name" (printf "%s-%s" $fullname $name | include "microservice.shortened")
          "ports" $ports
          "ownPorts" $service.ports
          "written" (omit $service "enabled" "ports")) -}}
      {{- end -}}
    {{- end -}}
    {{- $_ := set . "services" (toJson $list) -}}
  {{- end -}}
  {{- .services -}}
{{- end -}}

{{/*
microservice.serviceNamed: (dict "root" . "name" NAME) -> that entry of microservice.services
with only those of its ports that HTTP can go to, as JSON; {} where the Service is not ours.
The Service has an entry also without a port.
*/}}
{{- define "microservice.serviceNamed" -}}
  {{- $found := dict -}}
  {{- if eq .name (include "microservice.fullname" .root) }}{{ $found = dict "key" "service" }}{{ end -}}
  {{- range include "microservice.services" .root | fromJsonArray }}{{ if eq .name $.name }}{{ $found = . }}{{ end }}{{ end -}}
  {{- $tcp := list -}}
  {{- range $found.ports }}{{ if include "microservice.isTCP" . }}{{ $tcp = append $tcp . }}{{ end }}{{ end -}}
  {{- if $found }}{{ $_ := set $found "ports" $tcp }}{{ end -}}
  {{- toJson $found -}}
{{- end -}}
