{{/*
microservice.textMap: a map of text and whole numbers, as JSON with text alone.
*/}}
{{- define "microservice.textMap" -}}
  {{- $texts := dict -}}
  {{- range $key, $value := . -}}
    {{- if not (kindIs "invalid" $value) -}}
      {{- $_ := set $texts $key (include "microservice.text" $value) -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $texts -}}
{{- end -}}

{{/*
microservice.secretData: a map of text, as JSON with each value in base64, as
the API keeps a Secret.
*/}}
{{- define "microservice.secretData" -}}
  {{- $data := dict -}}
  {{- range $key, $value := include "microservice.textMap" . | fromJson -}}
    {{- $_ := set $data $key (b64enc $value) -}}
  {{- end -}}
  {{- toJson $data -}}
{{- end -}}

{{/*
microservice.settings: (list ROOT PART) -> a part of the settings (config,
files, secrets or secret-files) as JSON with text alone.
*/}}
{{- define "microservice.settings" -}}
  {{- $root := index . 0 -}}
  {{- $key := printf "microservice.settings %s" (index . 1) -}}
  {{- if not (hasKey $root $key) -}}
    {{- $block := hasPrefix "secret" (index . 1) | ternary $root.Values.secret $root.Values.config -}}
    {{- $_ := set $root $key (include "microservice.textMap" (hasSuffix "files" (index . 1) | ternary $block.files $block.data)) -}}
  {{- end -}}
  {{- get $root $key -}}
{{- end -}}

{{/*
microservice.settingsName: (list ROOT PART) -> what the ConfigMap or Secret is
called that holds it. A versioned one has a hash of its data, and of nothing
else, behind its name: other data make another object, another chart does not.
*/}}
{{- define "microservice.settingsName" -}}
  {{- $root := index . 0 -}}
  {{- $key := printf "microservice.settingsName %s" (index . 1) -}}
  {{- if not (hasKey $root $key) -}}
    {{- $name := printf "%s-%s" (include "microservice.fullname" $root) (index . 1) -}}
    {{- if (hasPrefix "secret" (index . 1) | ternary $root.Values.secret $root.Values.config).versioned -}}
      {{- $name = include "microservice.settings" . | sha256sum | trunc 10 | printf "%s-%s" $name -}}
    {{- end -}}
    {{- $_ := set $root $key $name -}}
  {{- end -}}
  {{- get $root $key -}}
{{- end -}}

{{/*
microservice.settingsMetadata: (list ROOT PART) -> its metadata. Helm keeps a
versioned one when the next comes; the label is there to find what was kept.
*/}}
{{- define "microservice.settingsMetadata" -}}
  {{- $values := (index . 0).Values -}}
  {{- $metadata := dict "root" (index . 0) "name" (include "microservice.settingsName" .) -}}
  {{- if (hasPrefix "secret" (index . 1) | ternary $values.secret $values.config).versioned -}}
    {{- $_ := set $metadata "labels" (dict "microservice/versioned" "true") -}}
    {{- $_ := set $metadata "annotations" (dict "helm.sh/resource-policy" "keep") -}}
  {{- end -}}
  {{- include "microservice.metadata" $metadata -}}
{{- end -}}

{{/*
microservice.envFrom: the ConfigMaps and Secrets whose every key becomes a
variable, as a JSON list. Where two have the same key the later one counts:
ours (from a secrets manager last), those made elsewhere, then envFrom as the
user wrote it.
*/}}
{{- define "microservice.envFrom" -}}
  {{- $list := list -}}
  {{- $configMaps := .Values.config.existing | default list -}}
  {{- if ne (include "microservice.settings" (list . "config")) "{}" -}}
    {{- $configMaps = prepend $configMaps (include "microservice.settingsName" (list . "config")) -}}
  {{- end -}}
  {{- $secrets := .Values.secret.existing | default list -}}
  {{- if (.Values.secret.external).enabled -}}
    {{- $secrets = prepend $secrets (printf "%s-external" (include "microservice.fullname" .)) -}}
  {{- end -}}
  {{- if ne (include "microservice.settings" (list . "secrets")) "{}" -}}
    {{- $secrets = prepend $secrets (include "microservice.settingsName" (list . "secrets")) -}}
  {{- end -}}
  {{- range $configMaps -}}
    {{- $list = append $list (dict "configMapRef" (dict "name" .)) -}}
  {{- end -}}
  {{- range $secrets }}{{ $list = append $list (dict "secretRef" (dict "name" .)) }}{{ end -}}
  {{- concat $list (.Values.envFrom | default list) | toJson -}}
{{- end -}}

{{/*
microservice.checksums: annotations that change when the settings do, so that
new settings roll the pods, as a JSON map. Of the data alone: a new chart
restarts nothing. Versioned settings need none: their names change.
*/}}
{{- define "microservice.checksums" -}}
  {{- $checksums := dict -}}
  {{- range $kind := list "config" "secret" -}}
    {{- $parts := eq $kind "secret" | ternary (list "secrets" "secret-files") (list "config" "files") -}}
    {{- if not (index $.Values $kind).versioned -}}
      {{- $settings := printf "%s\n%s" (include "microservice.settings" (list $ (first $parts))) (include "microservice.settings" (list $ (last $parts))) -}}
      {{- if ne $settings "{}\n{}" -}}
        {{- $_ := set $checksums (printf "checksum/%s" $kind) (sha256sum $settings) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $checksums -}}
{{- end -}}
