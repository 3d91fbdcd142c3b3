{{/*
microservice.problems.containers: init and extra containers have names of their
own, and mount what is declared, each at a place of its own.
*/}}
{{- define "microservice.problems.containers" -}}
{{- $problems := list -}}
{{- if or .Values.initContainers .Values.extraContainers -}}
{{- $volumes := include "microservice.volumeList" . | fromJson -}}
{{- $names := dict ((.Values.containerSpec).name | default (include "microservice.name" .)) "the main container" -}}
{{- range $kind := list "initContainers" "extraContainers" -}}
{{- range $index, $container := index $.Values $kind -}}
{{- $key := printf "%s[%d]" $kind $index -}}
{{- with get $names $container.name -}}
{{- $problems = append $problems (printf "%s.name: %s is also the name of %s; give each container its own" $key $container.name .) -}}
{{- end -}}
{{- $_ := set $names $container.name $key -}}
{{- $places := list -}}
{{- range concat ($container.volumeMounts | default list) ($container.volumeDevices | default list) -}}
{{- if not (hasKey $volumes (.name | default "")) -}}
{{- $problems = append $problems (printf "%s.volumeMounts: no volume %q is declared under volumes (%s)" $key .name (keys $volumes | sortAlpha | join ", " | default "none")) -}}
{{- end -}}
{{- $place := .mountPath | default .devicePath | default "" | trimSuffix "/" -}}
{{- if has $place $places -}}
{{- $problems = append $problems (printf "%s.volumeMounts: two are mounted at %s; give each its own mountPath" $key $place) -}}
{{- end -}}
{{- $places = append $places $place -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
