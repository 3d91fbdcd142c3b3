{{/*
microservice.problems.volumes: every volume says what it is under a name that
Kubernetes takes, no two are mounted at one place, and what the main container
takes as a device is one of them.
*/}}
{{- define "microservice.problems.volumes" -}}
{{- $problems := list -}}
{{- $places := dict -}}
{{- $volumes := include "microservice.volumeList" . | fromJson -}}
{{- range (.Values.containerSpec).volumeDevices -}}
{{- if not (hasKey $volumes .name) -}}
{{- $problems = append $problems (printf "containerSpec.volumeDevices: no volume %q is declared under volumes (%s)" .name (keys $volumes | sortAlpha | join ", " | default "none")) -}}
{{- end -}}
{{- end -}}
{{- range $name, $volume := $volumes -}}
{{- $sources := omit $volume.source "items" "defaultMode" "optional" -}}
{{- if or (ne (len $volume.source) 1) (not $sources) -}}
{{- $problems = append $problems (printf "volumes.%s has %s: write one, such as emptyDir: {}, configMap: {name: settings} or claim: {size: 1Gi}" $name (empty $sources | ternary "no source" (printf "several sources (%s)" (keys $volume.source | sortAlpha | join ", ")))) -}}
{{- end -}}
{{- if gt (len $name) 63 -}}
{{- $problems = append $problems (printf "volumes.%s: the name has %d characters, and a volume's may have 63; shorten it" $name (len $name)) -}}
{{- end -}}
{{- $entry := get ($.Values.volumes | default dict) $name | default dict -}}
{{- $key := or $entry.mountPath $entry.mounts | empty | ternary (printf "%s.mountPath" $name) (printf "volumes.%s" $name) -}}
{{- range $volume.mounts -}}
{{- $place := trimSuffix "/" .mountPath -}}
{{- with get $places $place -}}
{{- $problems = append $problems (printf "%s and %s are both mounted at %s: give each its own mountPath, or take one away, such as volumes.%s.enabled: false" .key $key $place .name) -}}
{{- end -}}
{{- $_ := set $places $place (dict "key" $key "name" $name) -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
