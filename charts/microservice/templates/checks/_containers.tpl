{{/*
microservice.problems.containers: init and extra containers have names of their
own, and mount what is declared, each at a place of its own.
*/}}
{{- define "microservice.problems.containers" -}}
  {{- if or .Values.initContainers .Values.extraContainers }}
    {{- $volumes := include "microservice.volumeList" . | fromJson }}
    {{- $names := dict ((.Values.containerSpec).name | default (include "microservice.name" .)) "the main container" }}
    {{- $_ := include "microservice.collectContainers" . }}
    {{- range .containers }}
      {{- $key := .key }}
      {{- $container := .container }}
      {{- with get $names $container.name }}
        {{ $key }}.name: {{ $container.name }} is also the name of {{ . }}; give each container its own
      {{- end }}
      {{- $_ := set $names $container.name $key }}
      {{- $places := list }}
      {{- range concat ($container.volumeMounts | default list) ($container.volumeDevices | default list) }}
        {{- if not (hasKey $volumes (.name | default "")) }}
          {{ $key }}.volumeMounts: no volume {{ quote .name }} is declared under volumes
          {{- printf " (%s)" (keys $volumes | sortAlpha | join ", " | default "none") }}
        {{- end }}
        {{- $place := .mountPath | default .devicePath | default "" | trimSuffix "/" }}
        {{- if has $place $places }}
          {{ $key }}.volumeMounts: two are mounted at {{ $place | replace "\n" "\\n" }}; give each its own mountPath
        {{- end }}
        {{- $places = append $places $place }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
