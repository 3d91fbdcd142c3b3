{{/*
microservice.envFrom: the ConfigMaps and Secrets whose keys all become
environment variables, as a JSON list. Of two with the same key the later one
counts: first our own (from a secrets manager last), then existing ones, then
envFrom as the user wrote it.
*/}}
{{- define "microservice.envFrom" -}}
  {{- $_ := include "microservice.collectSettings" . -}}
  {{- $configMaps := .Values.config.existing | default list -}}
  {{- with .settings.config }}{{ $configMaps = prepend $configMaps .name }}{{ end -}}
  {{- $secrets := .Values.secret.existing | default list -}}
  {{- if (.Values.secret.external).enabled -}}
    {{- $secrets = prepend $secrets (include "microservice.externalSecretName" .) -}}
  {{- end -}}
  {{- with .settings.secrets }}{{ $secrets = prepend $secrets .name }}{{ end -}}
  {{- $sources := list -}}
  {{- range $configMaps }}{{ $sources = append $sources (dict "configMapRef" (dict "name" .)) }}{{ end -}}
  {{- range $secrets }}{{ $sources = append $sources (dict "secretRef" (dict "name" .)) }}{{ end -}}
  {{- concat $sources (.Values.envFrom | default list) | toJson -}}
{{- end -}}

{{/*
microservice.checksums: annotations that change with the settings, so that new
settings roll the pods, as a JSON map. Hashes of the data: a new version of the chart
restarts nothing. Versioned settings need none: their names change.
*/}}
{{- define "microservice.checksums" -}}
  {{- if not .checksums -}}
    {{- $_ := include "microservice.collectSettings" . -}}
    {{- $checksums := dict -}}
    {{- range $block, $parts := dict "config" (list "config" "files") "secret" (list "secrets" "secret-files") -}}
      {{- if not (index $.Values $block).versioned -}}
        {{- $data := list -}}
        {{- range $part := $parts -}}
          {{- $data = get $.settings $part | default dict | include "microservice.settingsJson" | append $data -}}
        {{- end -}}
        {{- $data = join "\n" $data -}}
        {{- if ne $data "{}\n{}" -}}
          {{- $hash := include "microservice.settingsHash" (dict "root" $ "secret" (eq $block "secret") "json" $data) -}}
          {{- $_ := set $checksums (printf "checksum/%s" $block) $hash -}}
        {{- end -}}
      {{- end -}}
    {{- end -}}
    {{- $_ := toJson $checksums | set . "checksums" -}}
  {{- end -}}
  {{- .checksums -}}
{{- end -}}
