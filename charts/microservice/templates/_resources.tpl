{{/*
microservice.resources: the main container's resources, as JSON. A limit that is ""
is not the user's: it is the default one, or the request where that is more.
*/}}
{{- define "microservice.resources" -}}
  {{- $resources := .Values.resources }}
  {{- $requests := $resources.requests }}
  {{- $limits := dict }}
  {{- range $name, $limit := $resources.limits }}
    {{- if eq (toString $limit) "" }}
      {{- $limit = get (dict "cpu" "500m" "memory" "512Mi") $name }}
      {{- with get $requests $name }}
        {{- if include "microservice.exceeds" (dict "quantity" . "limit" $limit) }}{{ $limit = . }}{{ end }}
      {{- end }}
    {{- end }}
    {{- $_ := set $limits $name $limit }}
  {{- end }}
  {{- if $limits }}{{ $resources = set (omit $resources "") "limits" $limits }}{{ end }}
  {{- toJson $resources }}
{{- end -}}

{{/*
microservice.exceeds: (dict "quantity" QUANTITY "limit" QUANTITY) -> "true"
where the first is more.
*/}}
{{- define "microservice.exceeds" -}}
  {{- $quantity := toString .quantity }}
  {{- $limit := toString .limit }}
  {{- $number := trimAll "numkKMGTPEi" $quantity }}
  {{- /* Most have the same unit, which then needs no look at. */}}
  {{- if ne (trimPrefix $number $quantity) (trimPrefix (trimAll "numkKMGTPEi" $limit) $limit) }}
    {{- $number = include "microservice.quantity" $quantity }}
    {{- $limit = include "microservice.quantity" $limit }}
  {{- end }}
  {{- if gt (float64 (trimAll "numkKMGTPEi" $number)) (float64 (trimAll "numkKMGTPEi" $limit)) }}true{{ end }}
{{- end -}}

{{/*
microservice.quantity: a quantity as Kubernetes writes it (100m, 1.5Gi, 2e3), as
a number. As a float: differences beyond the 15th digit, such as one byte in
8Pi, are lost. The form: Kubernetes API reference, Quantity.
*/}}
{{- define "microservice.quantity" -}}
  {{- $text := toString . | trimPrefix "+" }}
  {{- $number := trimAll "numkKMGTPEi" $text }}
  {{- $factors := dict "n" 1e-9 "u" 1e-6 "m" 1e-3 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18
    "Ki" 0x1p10 "Mi" 0x1p20 "Gi" 0x1p30 "Ti" 0x1p40 "Pi" 0x1p50 "Ei" 0x1p60 }}
  {{- mulf $number (get $factors (trimPrefix $number $text) | default 1) }}
{{- end -}}
