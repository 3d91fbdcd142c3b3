{{/*
microservice.problems.volumes: every volume says what it is under a name that
Kubernetes takes, and no two are mounted at one place.
*/}}
{{- define "microservice.problems.volumes" -}}
{{- $problems := list -}}
{{- $places := dict -}}
{{- range $name, $volume := include "microservice.volumeList" . | fromJson -}}
{{- if ne (len $volume.source) 1 -}}
{{- $problems = append $problems (printf "volumes.%s has %s: write one, such as emptyDir: {}, configMap: {name: settings} or claim: {size: 1Gi}" $name (empty $volume.source | ternary "no source" (printf "several sources (%s)" (keys $volume.source | sortAlpha | join ", ")))) -}}
{{- end -}}
{{- if gt (len $name) 63 -}}
{{- $problems = append $problems (printf "volumes.%s: the name has %d characters, and a volume's may have 63; shorten it" $name (len $name)) -}}
{{- end -}}
{{- range $volume.mounts -}}
{{- $place := trimSuffix "/" .mountPath -}}
{{- with get $places $place -}}
{{- $problems = append $problems (printf "volumes.%s and volumes.%s are both mounted at %s: give each its own mountPath, or take one away, such as volumes.%s.enabled: false" . $name $place .) -}}
{{- end -}}
{{- $_ := set $places $place $name -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
