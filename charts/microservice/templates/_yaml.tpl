{{/*
microservice.toYaml: a map or list as YAML, without nulls; nothing where it is
empty.
*/}}
{{- define "microservice.toYaml" -}}
  {{- $value := . -}}
  {{- $json := toJson . -}}
  {{- if contains ":null" $json -}}
    {{- $value = deepCopy . -}}
    {{- include "microservice.prune" $value -}}
    {{- $json = toJson $value -}}
  {{- end -}}
  {{- if not $value -}}
  {{- else if include "microservice.isFragile" $json -}}
    {{- $lines := list -}}
    {{- range $key, $item := $value -}}
      {{- $json := toJson $item -}}
      {{- if kindIs "slice" $value -}}
        {{- $lines = append $lines (printf "- %s" (include "microservice.escaped" $json)) -}}
      {{- else if include "microservice.isFragile" $json -}}
        {{- $lines = append $lines (printf "%s: %s" (toYaml $key) (include "microservice.escaped" $json)) -}}
      {{- else -}}
        {{- $lines = append $lines (toYaml (dict $key $item)) -}}
      {{- end -}}
    {{- end -}}
    {{- join "\n" $lines -}}
  {{- else -}}
    {{- toYaml $value -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.fields: (list KEY VALUE KEY VALUE ...) -> those fields as YAML, in
this order, without the ones that have no value: null, "", [] and {}. 0 and
false are values.

toYaml sorts the keys of a map, so the fields are printed as a list and its
dashes taken away. One toYaml for all costs half as much as one for each field.
*/}}
{{- define "microservice.fields" -}}
  {{- $fields := list -}}
  {{- $key := "" -}}
  {{- range . -}}
    {{- if not $key -}}
      {{- $key = . -}}
    {{- else -}}
      {{- if or . (eq (toString .) "false" "0") }}{{ $fields = append $fields (dict $key .) }}{{ end -}}
      {{- $key = "" -}}
    {{- end -}}
  {{- end -}}
  {{- $json := toJson $fields -}}
  {{- if or (contains ":null" $json) (include "microservice.isFragile" $json) -}}
    {{- $lines := list -}}
    {{- $fields = deepCopy $fields -}}
    {{- include "microservice.prune" $fields -}}
    {{- range $field := $fields -}}
      {{- range $value := $field -}}
        {{- if or $value (not (or (kindIs "map" $value) (kindIs "slice" $value))) -}}
          {{- $lines = append $lines (include "microservice.toYaml" $field) -}}
        {{- end -}}
      {{- end -}}
    {{- end -}}
    {{- join "\n" $lines -}}
  {{- else if $fields -}}
    {{- toYaml $fields | replace "\n- " "\n" | replace "\n  " "\n" | trimPrefix "- " -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.once: (dict "root" . "run" TEMPLATE "of" VALUE) -> what a template prints for a
value. The root and those derived from it keep it: nothing costs Helm more than YAML.
*/}}
{{- define "microservice.once" -}}
  {{- if not (hasKey .root "printed") }}{{ $_ := set .root "printed" dict }}{{ end -}}
  {{- $key := toJson .of | print .run -}}
  {{- if not (hasKey .root.printed $key) }}{{ $_ := include .run .of | set .root.printed $key }}{{ end -}}
  {{- get .root.printed $key -}}
{{- end -}}
