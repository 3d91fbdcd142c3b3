{{/*
microservice.prune: takes every null out of a map or list, at any depth, in
place. Helm keeps or drops the null that a user wrote depending on its version;
templates treat both as "there is none". Most values have none, and a look for
":null" in their JSON costs less than the walk, so callers look first.
*/}}
{{- define "microservice.prune" -}}
  {{- range $key, $value := . -}}
    {{- if and (kindIs "invalid" $value) (kindIs "map" $) -}}
      {{- $_ := unset $ $key -}}
    {{- else if or (kindIs "map" $value) (kindIs "slice" $value) -}}
      {{- include "microservice.prune" $value -}}
    {{- end -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.toYaml: a map or list as YAML, without nulls; nothing at all where
it is empty.
*/}}
{{- define "microservice.toYaml" -}}
  {{- $json := toJson . -}}
  {{- if contains ":null" $json -}}
    {{- include "microservice.prune" . -}}
    {{- $json = toJson . -}}
  {{- end -}}
  {{- if not . -}}
  {{- else if include "microservice.isFragile" $json -}}
    {{- $lines := list -}}
    {{- range $key, $value := . -}}
      {{- $item := toJson $value -}}
      {{- if kindIs "slice" $ -}}
        {{- $lines = append $lines (printf "- %s" (include "microservice.escaped" $item)) -}}
      {{- else if include "microservice.isFragile" $item -}}
        {{- $lines = append $lines (printf "%s: %s" (toYaml $key) (include "microservice.escaped" $item)) -}}
      {{- else -}}
        {{- $lines = append $lines (toYaml (dict $key $value)) -}}
      {{- end -}}
    {{- end -}}
    {{- join "\n" $lines -}}
  {{- else -}}
    {{- toYaml . -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.isFragile: whether a JSON text holds what would not survive as
YAML: empty lines at the end of a text, which Helm cuts off where a document
ends with them, and characters that YAML takes for line breaks or refuses, at
which toYaml gives nothing at all. For most texts a look at their bytes decides,
at a fraction of what the pattern costs.
*/}}
{{- define "microservice.isFragile" -}}
  {{- if or (contains "\\n\"" .) (contains "\\u202" .) (contains "\x7f" .) (contains "\xc2" .) (contains "\xef\xbf" .) -}}
    {{- if regexMatch "(?:\"|\\\\n)(?: |\\\\t)*\\\\n\"|\\\\u202[89]|[\\x7f-\\x9f\\x{fffe}\\x{ffff}]" . }}true{{ end -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.escaped: a JSON text in characters that YAML takes as they are.
*/}}
{{- define "microservice.escaped" -}}
  {{- $json := . -}}
  {{- range concat (untilStep 127 160 1) (list 65279 65534 65535) -}}
    {{- $json = replace (printf "%c" .) (printf "\\u%04x" .) $json -}}
  {{- end -}}
  {{- $json -}}
{{- end -}}

{{/*
microservice.fields: (list KEY VALUE KEY VALUE ...) -> those fields in this
order, without the ones that have no value. 0 and false are values; null, "",
[] and {} are none. A map's keys are sorted, so each field is a list's item, and
the dashes go: one toYaml for all costs half as much as one for each.
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
    {{- range $field := $fields -}}
      {{- include "microservice.prune" $field -}}
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
microservice.overlay: (list BASE OVER) lays OVER on BASE, in place: maps merge,
everything else replaces, null removes.
*/}}
{{- define "microservice.overlay" -}}
  {{- $base := index . 0 -}}
  {{- range $key, $value := index . 1 -}}
    {{- if kindIs "invalid" $value -}}
      {{- $_ := unset $base $key -}}
    {{- else if and (kindIs "map" $value) (kindIs "map" (get $base $key)) -}}
      {{- include "microservice.overlay" (list (get $base $key) $value) -}}
    {{- else -}}
      {{- $_ := set $base $key (deepCopy $value) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.text: what a user wrote as text, as text. A whole number is taken
as its digits: numbers from a file are floats, and would print as 1e+06.
*/}}
{{- define "microservice.text" -}}
  {{- if kindIs "string" . -}}
    {{- . -}}
  {{- else -}}
    {{- int64 . -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.merged: (list MAP MAP ...) -> one map with the entries of all, as
JSON; where two have the same key the later one counts, even where it is empty.
*/}}
{{- define "microservice.merged" -}}
  {{- $merged := dict -}}
  {{- range $map := . -}}
    {{- range $key, $value := $map -}}
      {{- $_ := set $merged $key $value -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $merged -}}
{{- end -}}
