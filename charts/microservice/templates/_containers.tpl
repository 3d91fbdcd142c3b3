{{/*
microservice.collectContainers: a root -> nothing; keeps in it, as "containers",
the init and extra containers as a list of {"key": where it is written, such as
initContainers[0], "container": what is written there, "longRunning": whether it
runs beside the main one}. Kept in the root because a template can only return
text.
*/}}
{{- define "microservice.collectContainers" -}}
  {{- if not (hasKey . "containers") }}
    {{- $containers := list }}
    {{- range $kind := list "initContainers" "extraContainers" }}
      {{- range $index, $container := index $.Values $kind }}
        {{- $longRunning := or (eq $kind "extraContainers") (eq (toString $container.restartPolicy) "Always") }}
        {{- $key := printf "%s[%d]" $kind $index }}
        {{- $containers = append $containers (dict "key" $key "container" $container "longRunning" $longRunning) }}
      {{- end }}
    {{- end }}
    {{- $_ := set . "containers" $containers }}
  {{- end }}
{{- end -}}

{{/*
microservice.sideContainer: (dict "root" . "container" MAP) -> what the chart changes in an
init or extra container besides its securityContext, as JSON: its image where there is a
mirror, and with inheritEnv its variables, which come over the main container's.
*/}}
{{- define "microservice.sideContainer" -}}
  {{- $over := dict -}}
  {{- with (.root.Values.global).imageRegistry -}}
    {{- $_ := include "microservice.withoutRegistry" $.container.image | printf "%s/%s" . | set $over "image" -}}
  {{- end -}}
  {{- if .container.inheritEnv -}}
    {{- $env := omit (.root.Values.env | default dict) "" -}}
    {{- range .container.env }}{{ $_ := .valueFrom | default .value | default "" | set $env .name }}{{ end -}}
    {{- with include "microservice.env" $env | fromJsonArray }}{{ $_ := set $over "env" . }}{{ end -}}
    {{- with concat (include "microservice.envFrom" .root | fromJsonArray) (.container.envFrom | default list) -}}
      {{- $_ := set $over "envFrom" . -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $over -}}
{{- end -}}
