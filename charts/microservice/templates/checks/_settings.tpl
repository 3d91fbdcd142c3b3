{{/*
microservice.problems.settings: a ConfigMap or Secret of ours is no larger, and no
key of it longer, than Kubernetes accepts (ValidateConfigMap and ValidateSecret,
pkg/apis/core/validation), a file is written once, and text is text: what was not
UTF-8 has been replaced by U+FFFD, or will be, by the time it is stored.
*/}}
{{- define "microservice.problems.settings" -}}
  {{- $_ := include "microservice.collectSettings" . }}
  {{- range $part, $settings := .settings }}
    {{- $key := get (dict "config" "config.data" "files" "config.files" "secrets" "secret.data") $part | default "secret.files" }}
    {{- $block := splitList "." $key | first }}
    {{- $bytes := 0 }}
    {{- $json := toJson $settings.data }}
    {{- $replaced := or (contains "\\ufffd" $json) (contains "\ufffd" $json) }}
    {{- range $name, $text := $settings.data }}
      {{- $bytes = len $text | add $bytes }}
      {{- if gt (len $name) 253 }}
        {{ $key }}[{{ quote $name }}]: the name has {{ len $name }} characters; a key may have 253: shorten it
      {{- end }}
      {{- if and $replaced (regexMatch "\\x{FFFD}" $text) }}
        {{ $key }}[{{ quote $name }}] is not UTF-8, and would arrive changed: write it into {{ $block }}.binaryFiles, as base64 (with
        {{- " --set-file: the output of base64 FILE)" }}
      {{- end }}
    {{- end }}
    {{- range $name, $text := $settings.binary }}
      {{- $bytes = b64dec $text | len | add $bytes }}
      {{- if gt (len $name) 253 }}
        {{ $block }}.binaryFiles[{{ quote $name }}]: the name has {{ len $name }} characters; a key may have 253: shorten it
      {{- end }}
      {{- if hasKey $settings.data $name }}
        {{ $key }}[{{ quote $name }}] is in {{ $block }}.binaryFiles too: remove one of them
      {{- end }}
    {{- end }}
    {{- if gt $bytes 1048576 }}
      {{ $key }} has {{ $bytes }} bytes; a {{ hasPrefix "secret" $part | ternary "Secret" "ConfigMap" }} may have 1048576 (1 MiB): put large
      {{- " files into the image, or into a volume" }}
    {{- end }}
  {{- end }}
  {{- range $name, $remote := (.Values.secret.external).data }}
    {{- if gt (len $name) 253 }}
      secret.external.data[{{ quote $name }}]: the name has {{ len $name }} characters; a key may have 253: shorten it
    {{- end }}
  {{- end }}
{{- end -}}
