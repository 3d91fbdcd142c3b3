{{/*
microservice.resources: the main container's resources, as JSON. A request
above the limit that the chart brings (500m, 512Mi) lifts it; a limit of the
user's own stays. The defaults as they are need no second look.
*/}}
{{- define "microservice.resources" -}}
{{- if eq (toJson .Values.resources) `{"limits":{"cpu":"500m","memory":"512Mi"},"requests":{"cpu":"100m","memory":"128Mi"}}` -}}
{{- toJson .Values.resources -}}
{{- else -}}
{{- $resources := deepCopy .Values.resources -}}
{{- range $name, $default := dict "cpu" "500m" "memory" "512Mi" -}}
{{- $request := get ($resources.requests | default dict) $name -}}
{{- if and $request (eq (get ($resources.limits | default dict) $name | toString) $default) -}}
{{- if include "microservice.exceeds" (list $request $default) -}}
{{- $_ := set $resources.limits $name $request -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $resources -}}
{{- end -}}
{{- end -}}

{{/*
microservice.exceeds: (list QUANTITY QUANTITY) -> "true" where the first is more.
*/}}
{{- define "microservice.exceeds" -}}
{{- if gt (include "microservice.quantity" (index . 0)) (include "microservice.quantity" (index . 1)) }}true{{ end -}}
{{- end -}}

{{/*
microservice.quantity: a quantity as Kubernetes writes it (100m, 1.5Gi, 2e3), as
36 digits before the point and 18 behind it, so that two texts compare as the
quantities do. No float could tell 9007199254740993 from its neighbour. The
form: Kubernetes API reference, Quantity.
*/}}
{{- define "microservice.quantity" -}}
{{- $text := toString . | trimPrefix "+" -}}
{{- $number := regexFind "^[0-9.]+" $text -}}
{{- $suffix := trimPrefix $number $text -}}
{{- $exponent := get (dict "n" -9 "u" -6 "m" -3 "k" 3 "M" 6 "G" 9 "T" 12 "P" 15 "E" 18) $suffix | default 0 -}}
{{- if regexMatch "^[eE].*[0-9]$" $suffix }}{{ $exponent = substr 1 -1 $suffix | atoi }}{{ end -}}
{{- $whole := splitList "." $number | first -}}
{{- $point := max -24 (min 36 (add (len $whole) $exponent)) -}}
{{- $zeros := repeat 60 "0" -}}
{{- $digits := printf "%s%s%s" $zeros (replace "." "" $number) $zeros | substr (add 24 $point | int) (add 78 $point | int) -}}
{{- $binary := dict "Ki" (list 1024) "Mi" (list 1048576) "Gi" (list 1073741824) "Ti" (list 1048576 1048576) "Pi" (list 1073741824 1048576) "Ei" (list 1073741824 1073741824) -}}
{{- range $factor := get $binary $suffix | default list -}}
{{- $product := "" -}}
{{- $carry := 0 -}}
{{- range $from := list 45 36 27 18 9 0 -}}
{{- $carry = substr $from (add 9 $from | int) $digits | atoi | mul $factor | add $carry -}}
{{- $product = printf "%09d%s" (mod $carry 1000000000) $product -}}
{{- $carry = div $carry 1000000000 -}}
{{- end -}}
{{- $digits = $product -}}
{{- end -}}
{{- $digits -}}
{{- end -}}
