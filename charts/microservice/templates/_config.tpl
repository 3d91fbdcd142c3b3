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
microservice.envFrom: the ConfigMaps and Secrets whose every key becomes a
variable, as a JSON list. Where two have the same key the later one counts:
ours, those made elsewhere, then envFrom as the user wrote it.
*/}}
{{- define "microservice.envFrom" -}}
{{- $fullname := include "microservice.fullname" . -}}
{{- $list := list -}}
{{- $configMaps := .Values.config.existing | default list -}}
{{- if include "microservice.toYaml" .Values.config.data -}}
{{- $configMaps = prepend $configMaps (printf "%s-config" $fullname) -}}
{{- end -}}
{{- $secrets := .Values.secret.existing | default list -}}
{{- if include "microservice.toYaml" .Values.secret.data -}}
{{- $secrets = prepend $secrets (printf "%s-secrets" $fullname) -}}
{{- end -}}
{{- range $configMaps }}{{ $list = append $list (dict "configMapRef" (dict "name" .)) }}{{ end -}}
{{- range $secrets }}{{ $list = append $list (dict "secretRef" (dict "name" .)) }}{{ end -}}
{{- concat $list (.Values.envFrom | default list) | toJson -}}
{{- end -}}

{{/*
microservice.checksums: annotations that change when the settings do, so that
new settings roll the pods, as a JSON map. Of the data alone: a new chart
restarts nothing.
*/}}
{{- define "microservice.checksums" -}}
{{- $checksums := dict -}}
{{- range $kind := list "config" "secret" -}}
{{- $block := get $.Values $kind -}}
{{- $settings := printf "%s\n%s" (include "microservice.textMap" $block.data) (include "microservice.textMap" $block.files) -}}
{{- if ne $settings "{}\n{}" -}}
{{- $_ := set $checksums (printf "checksum/%s" $kind) (sha256sum $settings) -}}
{{- end -}}
{{- end -}}
{{- toJson $checksums -}}
{{- end -}}
