{{/*
microservice.volumes: the pod's volumes, as a JSON list. A StatefulSet adds those of its
claims itself.
*/}}
{{- define "microservice.volumes" -}}
  {{- $claims := include "microservice.templateClaims" . | fromJson -}}
  {{- $list := list -}}
  {{- range $name, $volume := include "microservice.volumeList" . | fromJson -}}
    {{- if not (hasKey $claims $name) }}{{ $list = append $list (set $volume.source "name" $name) }}{{ end -}}
  {{- end -}}
  {{- toJson $list -}}
{{- end -}}

{{/*
microservice.claimSpec: a claim as it is written -> the spec of a PersistentVolumeClaim, as
JSON.
*/}}
{{- define "microservice.claimSpec" -}}
  {{- $spec := omit . "size" "accessModes" "retain" "labels" "annotations" -}}
  {{- $_ := set $spec "accessModes" (.accessModes | default (list "ReadWriteOnce")) -}}
  {{- set $spec "resources" (dict "requests" (dict "storage" .size)) | toJson -}}
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
