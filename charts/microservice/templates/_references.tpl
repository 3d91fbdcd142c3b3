{{/*
microservice.derive: (dict "into" DICT "root" . "over" MAP) -> nothing; makes a
root of an empty dict: like the given root, with the blocks of "over" in place of
its values. What templates keep in a root is not taken over: it is derived from
the values.
*/}}
{{- define "microservice.derive" -}}
  {{- $_ := set .into "Values" (omit .root.Values "") -}}
  {{- if not (hasKey .root "printed") }}{{ $_ := set .root "printed" dict }}{{ end -}}
  {{- range $key, $value := .over -}}
    {{- $_ := set $.into.Values $key $value -}}
  {{- end -}}
  {{- range $key, $value := pick .root "Chart" "Files" "Release" "Template" "component" "hook" "printed" "writtenName" -}}
    {{- $_ := set $.into $key $value -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.resolve: a derived root -> nothing; in its values, renames references
to the chart's own ConfigMaps and Secrets (api-config, api-secrets, ...) to what
these are really called: versioned ones, the one from a secrets manager, and those of
a root with a writtenName, which is the fullname that the user's values know.
*/}}
{{- define "microservice.resolve" -}}
  {{- $fullname := include "microservice.fullname" . -}}
  {{- $written := .writtenName | default $fullname -}}
  {{- $names := dict "configMap" dict "secret" dict -}}
  {{- $_ := include "microservice.collectSettings" . -}}
  {{- range $part, $settings := .settings -}}
    {{- $renamed := hasPrefix "secret" $part | ternary $names.secret $names.configMap -}}
    {{- $_ := set $renamed (printf "%s-%s" $written $part) $settings.name -}}
  {{- end -}}
  {{- if (.Values.secret.external).enabled -}}
    {{- $_ := set $names.secret (printf "%s-external" $written) (include "microservice.externalSecretName" .) -}}
  {{- end -}}
  {{- range $key, $value := pick .Values "env" "envFrom" "volumes" "initContainers" "extraContainers" -}}
    {{- if contains $written (toJson $value) -}}
      {{- $copy := deepCopy $value -}}
      {{- include "microservice.rename" (dict "node" $copy "names" $names) -}}
      {{- $_ := set $.Values $key $copy -}}
    {{- end -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.rename: (dict "node" NODE "names" NAMES) -> nothing; renames
references to ConfigMaps and Secrets in place, at any depth of a map or list.
NAMES: {"configMap": {OLD: NEW}, "secret": {OLD: NEW}}.
*/}}
{{- define "microservice.rename" -}}
  {{- $names := .names -}}
  {{- range $key, $value := .node -}}
    {{- $kind := toString $key | trimSuffix "Ref" | trimSuffix "Key" -}}
    {{- if and (kindIs "map" $value) (hasKey $names $kind) -}}
      {{- range $field := list "name" "secretName" -}}
        {{- with get (get $names $kind) (get $value $field | toString) -}}
          {{- $_ := set $value $field . -}}
        {{- end -}}
      {{- end -}}
    {{- end -}}
    {{- if or (kindIs "map" $value) (kindIs "slice" $value) -}}
      {{- include "microservice.rename" (dict "node" $value "names" $names) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
