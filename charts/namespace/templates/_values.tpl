{{/*
namespace.prune: removes null and empty values from a map and the maps below
it, in place.
*/}}
{{- define "namespace.prune" -}}
  {{- range $key, $value := . }}
    {{- if or (kindIs "map" $value) (kindIs "slice" $value) }}
      {{- include "namespace.prune" $value }}
    {{- end }}
    {{- if and (kindIs "map" $) (has $value (list nil "" dict list)) }}
      {{- $_ := unset $ $key }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
namespace.texts: (dict "field" NAME "texts" MAP) -> a field with a map of
strings, without nulls; nothing if the map is empty. Strings with characters
that YAML rejects, or with empty lines at the end, would be lost silently by
toYaml and Helm, so they are written as escaped JSON.
*/}}
{{- define "namespace.texts" -}}
  {{- $texts := dict }}
  {{- range $name, $text := .texts }}
    {{- if not (kindIs "invalid" $text) }}
      {{- $_ := set $texts $name $text }}
    {{- end }}
  {{- end }}
  {{- $lost := "\\\\n(?: |\\\\t)*\\\\n\"|\"(?: |\\\\t)*\\\\n\"|\\\\u202[89]|[\\x7f-\\x9f\\x{feff}\\x{fffe}\\x{ffff}]" }}
  {{- $json := toJson $texts }}
  {{- if regexMatch $lost $json }}
    {{- range concat (untilStep 127 160 1) (list 65534 65535) }}
      {{- $json = replace (printf "%c" .) (printf "\\u%04x" .) $json }}
    {{- end }}
    {{- printf "%s: %s" .field $json }}
  {{- else if $texts }}
    {{- toYaml (dict .field $texts) }}
  {{- end }}
{{- end -}}

{{/*
namespace.quantity: a quantity as Kubernetes writes it (100m, 1.5Gi, 2e3), as
a number. As a float: differences beyond the 15th digit, such as one byte in
8Pi, are lost. The form: Kubernetes API reference, Quantity.
*/}}
{{- define "namespace.quantity" -}}
  {{- $text := toString . | trimPrefix "+" }}
  {{- $number := regexFind "^[0-9.]+([eE][-+]?[0-9]+)?" $text }}
  {{- $factors := dict "n" 1e-9 "u" 1e-6 "m" 1e-3 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18
    "Ki" 0x1p10 "Mi" 0x1p20 "Gi" 0x1p30 "Ti" 0x1p40 "Pi" 0x1p50 "Ei" 0x1p60 }}
  {{- mulf $number (get $factors (trimPrefix $number $text) | default 1) }}
{{- end -}}

{{/*
namespace.exceeds: (dict "quantity" QUANTITY "limit" QUANTITY "times" NUMBER) -> "true"
where the first is more than the second, or than so many times the second.
*/}}
{{- define "namespace.exceeds" -}}
  {{- $limit := include "namespace.quantity" .limit | float64 }}
  {{- if hasKey . "times" }}{{ $limit = mulf $limit .times 1.000000001 }}{{ end }}
  {{- if gt (include "namespace.quantity" .quantity | float64) $limit }}true{{ end }}
{{- end -}}

{{/*
namespace.containerDefaults: what a container gets that sets nothing, as a JSON map of
resource -> {"request": {"key": where, "amount": QUANTITY}, "limit": the same}. A max is a
default limit, a default limit is a default request, and so is a min (Kubernetes,
SetDefaults_LimitRangeItem).
*/}}
{{- define "namespace.containerDefaults" -}}
  {{- $container := (.Values.limitRange.limits).Container | default dict }}
  {{- $defaults := dict }}
  {{- range $bound := list "min" "max" "default" "defaultRequest" }}
    {{- range $resource, $amount := index $container $bound }}
      {{- if not (kindIs "invalid" $amount) }}
        {{- $key := printf "limitRange.limits.Container.%s.%s" $bound $resource }}
        {{- $written := dict "key" $key "amount" (toJson $amount | trimAll "\"") }}
        {{- $entry := get $defaults $resource | default dict }}
        {{- $_ := set $entry "request" $written }}
        {{- if has $bound (list "max" "default") }}{{ $_ = set $entry "limit" $written }}{{ end }}
        {{- $_ = set $defaults $resource $entry }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- toJson $defaults }}
{{- end -}}
