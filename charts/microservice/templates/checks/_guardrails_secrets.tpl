{{/*
microservice.risks.secrets: no secret in the values, least of all where a Deployment or
ConfigMap shows it. Found by the name of a variable, by a form that only secrets have,
and in files and commands by both. One search through all of a kind: Helm compiles a
regular expression at each use.
*/}}
{{- define "microservice.risks.secrets" -}}
  {{- range $key := list "data" "files" "binaryFiles" }}
    {{- if ne (get $.Values.secret $key | default dict | include "microservice.withoutNulls") "{}" }}
      secretsInValues: secret.{{ $key }}: everyone who can read the values can read it; use secret.external, or an existing Secret in
      {{- " secret.existing, env or volumes" }}
    {{- end }}
  {{- end }}
  {{- $found := dict "variables" (dict "env" .Values.env "config.data" .Values.config.data) "texts" dict }}
  {{- range $name, $file := .Values.config.files }}{{ $_ := set $found.texts (printf "config.files.%s" $name) $file }}{{ end }}
  {{- $main := pick .Values "command" "args" "startupProbe" "livenessProbe" "readinessProbe" "lifecycle" }}
  {{- include "microservice.collectTexts" (dict "into" $found "key" "" "container" $main) }}
  {{- $_ := include "microservice.collectContainers" . }}
  {{- range .containers }}
    {{- include "microservice.collectTexts" (dict "into" $found "key" (printf "%s." .key) "container" .container) }}
  {{- end }}
  {{- range $key, $entry := .entries }}
    {{- $_ := set $found.variables (printf "%s.env" $key) .entry.env }}
    {{- $main := pick .entry "command" "args" "startupProbe" "livenessProbe" "readinessProbe" }}
    {{- include "microservice.collectTexts" (dict "into" $found "key" (printf "%s." $key) "container" $main) }}
    {{- $_ := include "microservice.collectContainers" .root }}
    {{- range .root.containers }}
      {{- include "microservice.collectTexts" (dict "into" $found "key" (printf "%s.%s." $key .key) "container" .container) }}
    {{- end }}
  {{- end }}
  {{- include "microservice.risks.plainText" $found }}
{{- end -}}

{{/*
microservice.risks.plainText: {"variables", "texts"} -> those of them that look like
secrets.
*/}}
{{- define "microservice.risks.plainText" -}}
  {{- $lines := list }}
  {{- range $place, $variables := .variables }}
    {{- range $name, $value := $variables }}
      {{- if and $value (not (kindIs "map" $value)) }}
        {{- $lines = append $lines (printf "%s.%s\t%s" $place $name (include "microservice.text" $value | replace "\n" " ")) }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- with $lines }}
    {{- range include "microservice.secretVariables" (join "\n" .) | fromJsonArray }}
      plainTextSecrets: {{ . }} looks like a secret, in plain text; put it into a Secret: secret.external, or secretKeyRef in env
    {{- end }}
  {{- end }}
  {{- range $place, $text := .texts }}
    {{- if and $text (include "microservice.holdsSecret" $text) }}
      plainTextSecrets: {{ $place }} holds what looks like a secret, in plain text; read it from a variable or file of a Secret
    {{- end }}
  {{- end }}
{{- end -}}
