{{/*
microservice.envFrom: the ConfigMaps and Secrets whose keys all become
environment variables, as a JSON list. Of two with the same key the later one
counts: first our own (from a secrets manager last), then existing ones, then
envFrom as the user wrote it.
*/}}
{{- define "microservice.envFrom" -}}
  {{- $configMaps := .Values.config.existing | default list -}}
  {{- if ne (include "microservice.settings" (dict "root" . "part" "config")) "{}" -}}
    {{- $configMaps = prepend $configMaps (include "microservice.settingsName" (dict "root" . "part" "config")) -}}
  {{- end -}}
  {{- $secrets := .Values.secret.existing | default list -}}
  {{- if (.Values.secret.external).enabled -}}
    {{- $secrets = prepend $secrets (include "microservice.externalName" .) -}}
  {{- end -}}
  {{- if ne (include "microservice.settings" (dict "root" . "part" "secrets")) "{}" -}}
    {{- $secrets = prepend $secrets (include "microservice.settingsName" (dict "root" . "part" "secrets")) -}}
  {{- end -}}
  {{- $sources := list -}}
  {{- range $configMaps }}{{ $sources = append $sources (dict "configMapRef" (dict "name" .)) }}{{ end -}}
  {{- range $secrets }}{{ $sources = append $sources (dict "secretRef" (dict "name" .)) }}{{ end -}}
  {{- concat $sources (.Values.envFrom | default list) | toJson -}}
{{- end -}}

{{/*
microservice.checksums: annotations that change with the settings, so that new
settings roll the pods, as a JSON map. Hashes of the data alone: a new version of
the chart restarts nothing. Versioned settings need none: their names change.
*/}}
{{- define "microservice.checksums" -}}
  {{- $checksums := dict -}}
  {{- range $block, $parts := dict "config" (list "config" "files") "secret" (list "secrets" "secret-files") -}}
    {{- if not (index $.Values $block).versioned -}}
      {{- $data := list -}}
      {{- range $part := $parts -}}
        {{- $data = append $data (include "microservice.settings" (dict "root" $ "part" $part)) -}}
      {{- end -}}
      {{- $data = join "\n" $data -}}
      {{- if ne $data "{}\n{}" -}}
        {{- $_ := set $checksums (printf "checksum/%s" $block) (sha256sum $data) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $checksums -}}
{{- end -}}
