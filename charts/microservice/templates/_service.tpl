{{/*
microservice.servicePorts: the Service's ports, as a JSON list: those with a
servicePort, the main one first, then service.extraPorts. With an empty list there is
no Service.
*/}}
{{- define "microservice.servicePorts" -}}
  {{- if not .servicePorts -}}
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
      {{- with .Values.service.extraPorts }}{{ $list = concat $list . }}{{ end -}}
    {{- end -}}
    {{- $_ := set . "servicePorts" (toJson $list) -}}
  {{- end -}}
  {{- .servicePorts -}}
{{- end -}}

{{/*
microservice.servicePortNames: the end of a message about a port that the Service does not
have: where its ports are written, and their names.
*/}}
{{- define "microservice.servicePortNames" -}}
  {{- $names := list -}}
  {{- range include "microservice.servicePorts" . | fromJsonArray }}{{ with .name }}{{ $names = append $names . }}{{ end }}{{ end -}}
  {{- $none := .Values.service.enabled | empty | ternary "none with service.enabled: false" "none" -}}
  its ports are those under ports with a servicePort, and service.extraPorts ({{ join ", " $names | default $none }})
{{- end -}}
