{{/*
microservice.addressBits: an IP address -> its bits as 0 and 1, 32 or 128 of them; another
number where a group of it has too many digits, or where it has too many groups.
*/}}
{{- define "microservice.addressBits" -}}
  {{- if contains ":" . -}}
    {{- $missing := splitList ":" . | compact | len | sub 8 | max 0 | int -}}
    {{- range replace "::" (repeat $missing "0:" | printf ":%s") . | splitList ":" | compact -}}
      {{- printf "0x%s" . | int64 | printf "%016b" -}}
    {{- end -}}
  {{- else -}}
    {{- range splitList "." . }}{{ int64 . | printf "%08b" }}{{ end -}}
  {{- end -}}
{{- end -}}
