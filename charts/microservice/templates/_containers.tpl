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
