{{/*
namespace.prune: takes out of a map, and of those below it, what is null or
empty: that means that there is none.
*/}}
{{- define "namespace.prune" -}}
{{- range $key, $value := . -}}
{{- if or (kindIs "map" $value) (kindIs "slice" $value) }}{{ include "namespace.prune" $value }}{{ end -}}
{{- if and (kindIs "map" $) (has $value (list nil "" dict list)) -}}
{{- $_ := unset $ $key -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
namespace.texts: (list FIELD MAP) -> a field that holds texts by name, without
those that are null; nothing at all where there is none. With characters that
YAML refuses, or empty lines at the end, toYaml and Helm lose texts without a
word, so those are JSON in characters that YAML takes.
*/}}
{{- define "namespace.texts" -}}
{{- $texts := dict -}}
{{- range $name, $text := index . 1 -}}
{{- if not (kindIs "invalid" $text) }}{{ $_ := set $texts $name $text }}{{ end -}}
{{- end -}}
{{- $json := toJson $texts -}}
{{- if regexMatch "\\\\n(?: |\\\\t)*\\\\n\"|\"(?: |\\\\t)*\\\\n\"|\\\\u202[89]|[\\x7f-\\x9f\\x{feff}\\x{fffe}\\x{ffff}]" $json -}}
{{- range concat (untilStep 127 160 1) (list 65279 65534 65535) -}}
{{- $json = replace (printf "%c" .) (printf "\\u%04x" .) $json -}}
{{- end -}}
{{ index . 0 }}: {{ $json }}
{{- else if $texts -}}
{{ toYaml (dict (index . 0) $texts) }}
{{- end -}}
{{- end -}}

{{/*
namespace.amount: a quantity (100m, 1.5Gi, 2e3) as a number. The form:
Kubernetes API reference, Quantity.
*/}}
{{- define "namespace.amount" -}}
{{- $number := regexFind "^[0-9.]+([eE][+-]?[0-9]+)?" (toString .) -}}
{{- $factors := dict "f" 1e-15 "p" 1e-12 "n" 1e-9 "u" 1e-6 "m" 1e-3 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18
  "Ki" 0x1p10 "Mi" 0x1p20 "Gi" 0x1p30 "Ti" 0x1p40 "Pi" 0x1p50 "Ei" 0x1p60 -}}
{{- mulf $number (get $factors (trimPrefix $number (toString .)) | default 1) -}}
{{- end -}}

{{/*
namespace.exceeds: (list QUANTITY QUANTITY) -> "true" where the first is more.
*/}}
{{- define "namespace.exceeds" -}}
{{- if gt (include "namespace.amount" (index . 0) | float64) (include "namespace.amount" (index . 1) | float64) }}true{{ end -}}
{{- end -}}
