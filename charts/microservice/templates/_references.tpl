{{/*
microservice.podValues: the values that a pod is made of, as JSON: those that
were written, where every reference to settings of the chart's own (api-config,
api-secrets, ...) leads to what they are called under `versioned`, or for a root
of another name than the values know.
*/}}
{{- define "microservice.podValues" -}}
{{- $fullname := .writtenName | default (include "microservice.fullname" .) -}}
{{- $names := dict "configMap" dict "secret" dict -}}
{{- range $part := list "config" "files" "secrets" "secret-files" -}}
{{- if ne (include "microservice.settings" (list $ $part)) "{}" -}}
{{- $kind := hasPrefix "secret" $part | ternary "secret" "configMap" -}}
{{- $_ := set (get $names $kind) (printf "%s-%s" $fullname $part) (include "microservice.settingsName" (list $ $part)) -}}
{{- end -}}
{{- end -}}
{{- if (.Values.secret.external).enabled -}}
{{- $_ := set $names.secret (printf "%s-external" $fullname) (printf "%s-external" (include "microservice.fullname" .)) -}}
{{- end -}}
{{- include "microservice.renamed" (list .Values $names) -}}
{{- end -}}

{{/*
microservice.renamed: (list VALUES NAMES) -> the values as JSON, with each
reference to a ConfigMap or Secret among NAMES led to its new name. NAMES:
{"configMap": {OLD: NEW}, "secret": {OLD: NEW}}.
*/}}
{{- define "microservice.renamed" -}}
{{- $values := index . 0 -}}
{{- $written := pick $values "env" "envFrom" "volumes" "initContainers" "extraContainers" | deepCopy -}}
{{- include "microservice.rename" (list $written (index . 1)) -}}
{{- include "microservice.merged" (list $values $written) -}}
{{- end -}}

{{/*
microservice.rename: (list NODE NAMES) -> nothing; the same in place, at any
depth of a map or list.
*/}}
{{- define "microservice.rename" -}}
{{- $names := index . 1 -}}
{{- range $key, $value := index . 0 -}}
{{- $kind := toString $key | trimSuffix "Ref" | trimSuffix "Key" -}}
{{- if and (kindIs "map" $value) (hasKey $names $kind) -}}
{{- range $field := list "name" "secretName" -}}
{{- with get (get $names $kind) (get $value $field | toString) }}{{ $_ := set $value $field . }}{{ end -}}
{{- end -}}
{{- end -}}
{{- if or (kindIs "map" $value) (kindIs "slice" $value) -}}
{{- include "microservice.rename" (list $value $names) -}}
{{- end -}}
{{- end -}}
{{- end -}}
