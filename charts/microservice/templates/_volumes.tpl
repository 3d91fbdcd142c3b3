{{/*
microservice.volumes: the pod's volumes, as a JSON list.
*/}}
{{- define "microservice.volumes" -}}
  {{- $list := list -}}
  {{- range $name, $volume := include "microservice.volumeList" . | fromJson -}}
    {{- $list = append $list (set $volume.source "name" $name) -}}
  {{- end -}}
  {{- toJson $list -}}
{{- end -}}

{{/*
microservice.volumeMounts: where the main container mounts them, as a JSON list.
*/}}
{{- define "microservice.volumeMounts" -}}
  {{- $list := list -}}
  {{- range $name, $volume := include "microservice.volumeList" . | fromJson -}}
    {{- range $volume.mounts }}{{ $list = append $list (set . "name" $name) }}{{ end -}}
  {{- end -}}
  {{- toJson $list -}}
{{- end -}}
