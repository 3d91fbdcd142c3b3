{{/*
microservice.problems.volumes: every volume says what it is.
*/}}
{{- define "microservice.problems.volumes" -}}
{{- $problems := list -}}
{{- range $name, $volume := include "microservice.volumeList" . | fromJson -}}
{{- if ne (len $volume.source) 1 -}}
{{- $problems = append $problems (printf "volumes.%s has %s: write one, such as emptyDir: {}, configMap: {name: settings} or claim: {size: 1Gi}" $name (empty $volume.source | ternary "no source" (printf "several sources (%s)" (keys $volume.source | sortAlpha | join ", ")))) -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
