{{/*
microservice.derive: (list NEW ROOT OVER) -> nothing; makes of NEW, a dict, a
root like another one, in which the blocks of OVER stand in place of its own.
What its templates keep in that other root, of its own blocks, stays behind.
*/}}
{{- define "microservice.derive" -}}
  {{- $new := index . 0 -}}
  {{- $root := index . 1 -}}
  {{- $values := omit $root.Values "" -}}
  {{- range $key, $value := index . 2 }}{{ $_ := set $values $key $value }}{{ end -}}
  {{- $_ := set $new "Values" $values -}}
  {{- range $key, $value := pick $root "Chart" "Release" "Template" "component" "hook" "writtenName" -}}
    {{- $_ := set $new $key $value -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.resolve: takes a root of microservice.derive -> nothing; leads each
reference to settings of the chart's own (api-config, api-secrets, ...) to what
they are called: under `versioned`, and for a root with a writtenName, which is
the name that the values know.
*/}}
{{- define "microservice.resolve" -}}
  {{- $fullname := include "microservice.fullname" . -}}
  {{- $written := .writtenName | default $fullname -}}
  {{- $names := dict "configMap" dict "secret" dict -}}
  {{- range $part := list "config" "files" "secrets" "secret-files" -}}
    {{- if ne (include "microservice.settings" (list $ $part)) "{}" -}}
      {{- $kind := hasPrefix "secret" $part | ternary "secret" "configMap" -}}
      {{- $_ := set (get $names $kind) (printf "%s-%s" $written $part) (include "microservice.settingsName" (list $ $part)) -}}
    {{- end -}}
  {{- end -}}
  {{- if (.Values.secret.external).enabled -}}
    {{- $_ := set $names.secret (printf "%s-external" $written) (printf "%s-external" $fullname) -}}
  {{- end -}}
  {{- range $key, $value := pick .Values "env" "envFrom" "volumes" "initContainers" "extraContainers" -}}
    {{- if contains $written (toJson $value) -}}
      {{- $copy := deepCopy $value -}}
      {{- include "microservice.rename" (list $copy $names) -}}
      {{- $_ := set $.Values $key $copy -}}
    {{- end -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.rename: (list NODE NAMES) -> nothing; leads each reference to a
ConfigMap or Secret among NAMES to its new name, in place, at any depth of a map
or list. NAMES: {"configMap": {OLD: NEW}, "secret": {OLD: NEW}}.
*/}}
{{- define "microservice.rename" -}}
  {{- $names := index . 1 -}}
  {{- range $key, $value := index . 0 -}}
    {{- $kind := toString $key | trimSuffix "Ref" | trimSuffix "Key" -}}
    {{- if and (kindIs "map" $value) (hasKey $names $kind) -}}
      {{- range $field := list "name" "secretName" -}}
        {{- with get (get $names $kind) (get $value $field | toString) -}}
          {{- $_ := set $value $field . -}}
        {{- end -}}
      {{- end -}}
    {{- end -}}
    {{- if or (kindIs "map" $value) (kindIs "slice" $value) -}}
      {{- include "microservice.rename" (list $value $names) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
