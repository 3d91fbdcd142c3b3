{{/*
microservice.volumeList: the pod's volumes, as a JSON map of name -> {"source": a
volume source as in Kubernetes, "mounts": where the main container mounts it}.

The volumes `config` and `secret` hold config.files and secret.files. An entry of
that name without a source is merged over them, and ignored where there are no
files. An entry `tmp` with another source replaces the default emptyDir.
*/}}
{{- define "microservice.volumeList" -}}
  {{- if not .volumeList -}}
    {{- $fullname := include "microservice.fullname" . -}}
    {{- $volumes := include "microservice.fileVolumes" . | fromJson -}}
    {{- range $name, $entry := .Values.volumes -}}
      {{- if include "microservice.isDisabled" $entry -}}
        {{- $_ := unset $volumes $name -}}
      {{- else if kindIs "map" $entry -}}
        {{- $volume := include "microservice.volume" (dict "name" $name "entry" $entry "fullname" $fullname) | fromJson -}}
        {{- $files := get $volumes $name -}}
        {{- if and $files (not $volume.hasSource) -}}
          {{- range $files.source -}}
            {{- include "microservice.overlay" (dict "base" . "over" $volume.source) -}}
          {{- end -}}
          {{- $_ := set $files "mounts" ($volume.mounts | default $files.mounts) -}}
        {{- else if or $volume.hasSource (not (has $name (list "config" "secret"))) -}}
          {{- $_ := set $volumes $name (omit $volume "hasSource") -}}
        {{- end -}}
      {{- end -}}
    {{- end -}}
    {{- $_ := set . "volumeList" (toJson $volumes) -}}
  {{- end -}}
  {{- .volumeList -}}
{{- end -}}

{{/*
microservice.volume: (dict "name" NAME "entry" MAP "fullname" NAME) -> an entry of
`volumes` in the form of microservice.volumeList, and in "hasSource" whether it
says more than how the files of a ConfigMap or Secret appear.
*/}}
{{- define "microservice.volume" -}}
  {{- $entry := .entry -}}
  {{- if contains ":null" (toJson $entry) }}{{ $entry = include "microservice.withoutNulls" $entry | fromJson }}{{ end -}}
  {{- $mount := pick $entry "mountPath" "subPath" "subPathExpr" "readOnly" "recursiveReadOnly" "mountPropagation" "bindMountOptions" -}}
  {{- $source := omit $entry "enabled" "mounts" "claim" -}}
  {{- range $key, $value := $mount }}{{ $_ := unset $source $key }}{{ end -}}
  {{- if and (eq .name "tmp") (or $entry.claim (gt (len $source) 1)) (has (toJson $source.emptyDir) (list "{}" (include "microservice.tmpDefault" .))) -}}
    {{- $_ := unset $source "emptyDir" -}}
  {{- end -}}
  {{- $hasSource := or $entry.claim (omit $source "items" "defaultMode" "optional") | empty | not -}}
  {{- if $entry.claim -}}
    {{- /* Beside a claim that is referred to, this is one source too many, which a check reports. */ -}}
    {{- $field := hasKey $source "persistentVolumeClaim" | ternary "claim" "persistentVolumeClaim" -}}
    {{- $_ := set $source $field (dict "claimName" (printf "%s-%s" .fullname .name)) -}}
  {{- end -}}
  {{- $mounts := concat (empty $mount.mountPath | ternary list (list $mount)) ($entry.mounts | default list) -}}
  {{- dict "source" $source "mounts" $mounts "hasSource" $hasSource | toJson -}}
{{- end -}}

{{/*
microservice.tmpDefault: the emptyDir of /tmp in values.yaml, as JSON.
*/}}
{{- define "microservice.tmpDefault" -}}
  {"sizeLimit":"1Gi"}
{{- end -}}

{{/*
microservice.fileVolumes: the volumes of config.files and secret.files, in the
form of microservice.volumeList.
*/}}
{{- define "microservice.fileVolumes" -}}
  {{- $volumes := dict -}}
  {{- $_ := include "microservice.collectSettings" . -}}
  {{- range $name, $object := dict "config" .settings.files "secret" (index .settings "secret-files") -}}
    {{- if $object -}}
      {{- $source := eq $name "config" | ternary (dict "configMap" (dict "name" $object.name)) (dict "secret" (dict "secretName" $object.name)) -}}
      {{- $path := (index $.Values $name).mountPath -}}
      {{- $mounts := empty $path | ternary list (list (dict "mountPath" $path "readOnly" true)) -}}
      {{- $_ := set $volumes $name (dict "source" $source "mounts" $mounts) -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $volumes -}}
{{- end -}}
