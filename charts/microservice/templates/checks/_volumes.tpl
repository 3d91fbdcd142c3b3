{{/*
microservice.problems.volumes: every volume has one source and a valid name, no
two are mounted at the same path, and the main container's devices are declared.
*/}}
{{- define "microservice.problems.volumes" -}}
  {{- $volumes := include "microservice.volumeList" . | fromJson }}
  {{- range (.Values.containerSpec).volumeDevices }}
    {{- if not (hasKey $volumes .name) }}
      containerSpec.volumeDevices: no volume {{ quote .name }} is declared under volumes
      {{- printf " (%s)" (keys $volumes | sortAlpha | join ", " | default "none") }}
    {{- end }}
  {{- end }}
  {{- $places := dict }}
  {{- range $name, $volume := $volumes }}
    {{- $sources := omit $volume.source "items" "defaultMode" "optional" }}
    {{- if or (ne (len $volume.source) 1) (not $sources) }}
      {{- $several := printf "several sources (%s)" (keys $volume.source | sortAlpha | join ", ") }}
      volumes.{{ $name }} has {{ empty $sources | ternary "no source" $several }}: set one, such as emptyDir: {}, configMap:
      {{- " {name: settings} or claim: {size: 1Gi}" }}
    {{- end }}
    {{- if gt (len $name) 63 }}
      volumes.{{ $name }}: the name has {{ len $name }} characters; a volume's may have 63: shorten it
    {{- end }}
    {{- $entry := get ($.Values.volumes | default dict) $name | default dict }}
    {{- $key := or $entry.mountPath $entry.mounts | empty | ternary (printf "%s.mountPath" $name) (printf "volumes.%s" $name) }}
    {{- range $volume.mounts }}
      {{- $place := trimSuffix "/" .mountPath }}
      {{- with get $places $place }}
        {{ .key }} and {{ $key }} are both mounted at {{ quote $place }}: give each its own mountPath, or disable one:
        {{- printf " volumes.%s.enabled: false" .name }}
      {{- end }}
      {{- $_ := set $places $place (dict "key" $key "name" $name) }}
    {{- end }}
  {{- end }}
{{- end -}}
