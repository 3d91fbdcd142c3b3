{{/*
microservice.resources: the main container's resources, as JSON. A request
above a default limit raises it; a limit from the user stays.
*/}}
{{- define "microservice.resources" -}}
  {{- $resources := .Values.resources }}
  {{- range $name, $default := include "microservice.defaultLimits" . | fromJson }}
    {{- $request := get ($resources.requests | default dict) $name }}
    {{- if and $request (eq (get ($resources.limits | default dict) $name | toString) $default) }}
      {{- if include "microservice.exceeds" (dict "quantity" $request "limit" $default) }}
        {{- $resources = deepCopy $resources }}
        {{- $_ := set $resources.limits $name $request }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- toJson $resources }}
{{- end -}}

{{/*
microservice.defaultLimits: resources.limits of values.yaml, as JSON: a template
can't see a default that the user's values replaced.
*/}}
{{- define "microservice.defaultLimits" -}}
  {"cpu":"500m","memory":"512Mi"}
{{- end -}}

{{/*
microservice.exceeds: (dict "quantity" QUANTITY "limit" QUANTITY) -> "true"
where the first is more.
*/}}
{{- define "microservice.exceeds" -}}
  {{- if gt (include "microservice.quantity" .quantity | float64) (include "microservice.quantity" .limit | float64) }}true{{ end }}
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
