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
  {{- range concat (untilStep 127 160 1) (list 65534 65535) -}}
    {{- $json = replace (printf "%c" .) (printf "\\u%04x" .) $json -}}
  {{- end -}}
  {{- $json -}}
{{- end -}}
