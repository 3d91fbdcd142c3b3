{{/*
microservice.volumeList: the pod's volumes, as a JSON map of name ->
{"source": a Kubernetes volume source, "mounts": where the main container
mounts it}. The volumes `config` and `secret` hold config.files and
secret.files; an entry of that name without a source merges over them, and is
nothing where there are no files. The emptyDir of `tmp`, which is the default,
gives way to any other source.
*/}}
{{- define "microservice.volumeList" -}}
  {{- if not (hasKey . "microservice.volumeList") -}}
    {{- $fullname := include "microservice.fullname" . -}}
    {{- $volumes := include "microservice.fileVolumes" . | fromJson -}}
    {{- range $name, $entry := .Values.volumes -}}
      {{- if kindIs "map" $entry -}}
        {{- if contains ":null" (toJson $entry) }}{{ include "microservice.prune" $entry }}{{ end -}}
        {{- $source := dict -}}
        {{- $mount := dict -}}
        {{- range $key, $value := $entry -}}
          {{- if has $key (list "mountPath" "subPath" "subPathExpr" "readOnly" "recursiveReadOnly" "mountPropagation" "bindMountOptions") -}}
            {{- $_ := set $mount $key $value -}}
          {{- else if not (has $key (list "enabled" "mounts" "claim")) -}}
            {{- $_ := set $source $key $value -}}
          {{- end -}}
        {{- end -}}
        {{- if and (eq $name "tmp") (or $entry.claim (gt (len $source) 1)) (empty $source.emptyDir) -}}
          {{- $_ := unset $source "emptyDir" -}}
        {{- end -}}
        {{- $bare := not (or $entry.claim (omit $source "items" "defaultMode" "optional")) -}}
        {{- $mounts := concat (empty $mount.mountPath | ternary list (list $mount)) ($entry.mounts | default list) -}}
        {{- $files := get $volumes $name -}}
        {{- if eq (toString $entry.enabled) "false" -}}
          {{- $_ := unset $volumes $name -}}
        {{- else if and $files $bare -}}
          {{- include "microservice.overlay" (list (get $files.source (keys $files.source | first)) $source) -}}
          {{- $_ := set $files "mounts" ($mounts | default $files.mounts) -}}
        {{- else if not (and $bare (has $name (list "config" "secret"))) -}}
          {{- if $entry.claim -}}
            {{- $claim := dict "claimName" (printf "%s-%s" $fullname $name) -}}
            {{- $_ := set $source (hasKey $source "persistentVolumeClaim" | ternary "claim" "persistentVolumeClaim") $claim -}}
          {{- end -}}
          {{- $_ := set $volumes $name (dict "source" $source "mounts" $mounts) -}}
        {{- end -}}
      {{- end -}}
    {{- end -}}
    {{- $_ := set . "microservice.volumeList" (toJson $volumes) -}}
  {{- end -}}
  {{- get . "microservice.volumeList" -}}
{{- end -}}

{{/*
microservice.fileVolumes: the volumes of config.files and secret.files, in the
form of microservice.volumeList.
*/}}
{{- define "microservice.fileVolumes" -}}
  {{- $volumes := dict -}}
  {{- range $name := list "config" "secret" -}}
    {{- $block := get $.Values $name -}}
    {{- $part := eq $name "secret" | ternary "secret-files" "files" -}}
    {{- if ne (include "microservice.settings" (list $ $part)) "{}" -}}
      {{- $source := dict "configMap" (dict "name" (include "microservice.settingsName" (list $ $part))) -}}
      {{- if eq $name "secret" -}}
        {{- $source = dict "secret" (dict "secretName" (include "microservice.settingsName" (list $ $part))) -}}
      {{- end -}}
      {{- $mounts := empty $block.mountPath | ternary list (list (dict "mountPath" $block.mountPath "readOnly" true)) -}}
      {{- $_ := set $volumes $name (dict "source" $source "mounts" $mounts) -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $volumes -}}
{{- end -}}

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
