{{/*
microservice.withoutNulls: a map or list -> a copy without its nulls, at any
depth, as JSON. Whether Helm keeps the null that a user wrote depends on its
version; to templates null and a missing key are the same, so a template needs
this only where it counts keys.
*/}}
{{- define "microservice.withoutNulls" -}}
  {{- $copy := deepCopy . -}}
  {{- include "microservice.prune" $copy -}}
  {{- toJson $copy -}}
{{- end -}}

{{/*
microservice.prune: takes the nulls out of a map or list, at any depth, in place.
Only for copies: nothing changes .Values.
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
microservice.merged: (list MAP MAP ...) -> one map with the entries of all, as
JSON; where two have the same key the later one counts, even if it is empty.
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

{{/*
microservice.overlay: (dict "base" MAP "over" MAP "nulls" BOOL) -> nothing; lays the
second map over the first, in place: maps are merged, everything else is replaced, and
null removes, or with "nulls" stays, to remove from what the result is laid over.
*/}}
{{- define "microservice.overlay" -}}
  {{- $base := .base -}}
  {{- range $key, $value := .over -}}
    {{- if kindIs "invalid" $value -}}
      {{- if $.nulls }}{{ $_ := set $base $key $value }}{{ else }}{{ $_ := unset $base $key }}{{ end -}}
    {{- else if and (kindIs "map" $value) (kindIs "map" (get $base $key)) -}}
      {{- include "microservice.overlay" (dict "base" (get $base $key) "over" $value "nulls" $.nulls) -}}
    {{- else -}}
      {{- $_ := set $base $key (deepCopy $value) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.text: a string, or a whole number as its digits: numbers from a
file are floats, and would print as 1e+06.
*/}}
{{- define "microservice.text" -}}
  {{- if kindIs "string" . }}{{ . }}{{ else }}{{ int64 . }}{{ end -}}
{{- end -}}
