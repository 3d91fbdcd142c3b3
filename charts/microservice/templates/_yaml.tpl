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
  {{- range $pair := chunk 2 . -}}
    {{- $value := last $pair -}}
    {{- if or $value (has (kindOf $value) (list "bool" "int" "int64" "float64")) -}}
      {{- $fields = append $fields (dict (first $pair) $value) -}}
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
microservice.isFragile: JSON -> "true" if it holds a string that YAML would not
bring back: one that ends in empty lines, which Helm cuts off at the end of a
document, or one with characters that YAML reads as line breaks or refuses, where
toYaml gives nothing at all. For most values a look at their bytes decides, which
costs a fraction of the regular expression.
*/}}
{{- define "microservice.isFragile" -}}
  {{- if or (contains "\\n\"" .) (contains "\\u202" .) (contains "\x7f" .) (contains "\xc2" .) (contains "\xef\xbf" .) -}}
    {{- if regexMatch "(?:\"|\\\\n)(?: |\\\\t)*\\\\n\"|\\\\u202[89]|[\\x7f-\\x9f\\x{fffe}\\x{ffff}]" . }}true{{ end -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.escaped: JSON -> the same with those characters written as \uXXXX.
*/}}
{{- define "microservice.escaped" -}}
  {{- $json := . -}}
  {{- range concat (untilStep 127 160 1) (list 65279 65534 65535) -}}
    {{- $json = replace (printf "%c" .) (printf "\\u%04x" .) $json -}}
  {{- end -}}
  {{- $json -}}
{{- end -}}
