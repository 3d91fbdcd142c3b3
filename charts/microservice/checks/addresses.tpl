{{/*
microservice.addressPattern: a list of what follows an IPv4 and an IPv6 address -> a pattern.
*/}}
{{- define "microservice.addressPattern" -}}
  {{- $number := "(25[0-5]|(2[0-4]|1[0-9]|[1-9]?)[0-9])" -}}
  {{- $groups := "([0-9a-fA-F]+(:[0-9a-fA-F]+)*)?" -}}
  {{- printf "^((%s\\.){3}%s%s|(%s::%s|([0-9a-fA-F]+:){7}[0-9a-fA-F]+)%s)$" $number $number (first .) $groups $groups (last .) -}}
{{- end -}}

{{/*
microservice.problems.addresses: a map of KEY -> IP address or null.
*/}}
{{- define "microservice.problems.addresses" -}}
  {{- $pattern := include "microservice.addressPattern" (list "" "") }}
  {{- range $key, $address := . }}
    {{- if and $address (not (and (regexMatch $pattern $address) (has (include "microservice.addressBits" $address | len) (list 32 128)))) }}
      {{ $key }}: {{ quote $address }} is not an IP address, such as 10.0.0.1 or fd00::1
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.addressBits: an IP address -> its bits as 0 and 1, 32 or 128 of them; another
number where a group of it has too many digits, or where it has too many groups.
*/}}
{{- define "microservice.addressBits" -}}
  {{- if contains ":" . -}}
    {{- $missing := splitList ":" . | compact | len | sub 8 | max 1 | int -}}
    {{- range replace "::" (repeat $missing "0:" | printf ":%s") . | splitList ":" | compact -}}
      {{- printf "0x%s" . | int64 | printf "%016b" -}}
    {{- end -}}
  {{- else -}}
    {{- range splitList "." . }}{{ int64 . | printf "%08b" }}{{ end -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.problems.cidr: (dict "key" KEY "cidr" CIDR): its address is the first of the
range. The API server would only warn, and a network plugin may take it for one address.
*/}}
{{- define "microservice.problems.cidr" -}}
  {{- $bits := splitList "/" .cidr | first | include "microservice.addressBits" }}
  {{- $pattern := include "microservice.addressPattern" (list "/(3[0-2]|[12]?[0-9])" "/(12[0-8]|1[01][0-9]|[1-9]?[0-9])") }}
  {{- if not (and (regexMatch $pattern .cidr) (has (len $bits) (list 32 128))) }}
    {{ .key }}: {{ quote .cidr }} is not a CIDR, such as 10.0.0.0/8 or fd00::/8
  {{- else if contains "1" (substr (splitList "/" .cidr | last | int) (len $bits) $bits) }}
    {{ .key }}: {{ .cidr }} is not the first address of its range: write that, such as 10.0.0.0/8, or /{{ len $bits }} for one address
  {{- end }}
{{- end -}}
