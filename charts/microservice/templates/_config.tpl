{{/*
microservice.collectSettings: a root -> nothing; keeps in it, as "settings", the
ConfigMaps and Secrets of ours that have data: a map of PART -> {"name": the
object's, "data": a map of strings}. PART:
  config        config.data, in the ConfigMap <fullname>-config
  files         config.files, in the ConfigMap <fullname>-files
  secrets       secret.data, in the Secret <fullname>-secrets
  secret-files  secret.files, in the Secret <fullname>-secret-files
The name of a versioned one ends in a hash of its data alone: other data make
another object, another version of the chart does not.
*/}}
{{- define "microservice.collectSettings" -}}
  {{- if not (hasKey . "settings") }}
    {{- $settings := dict }}
    {{- range $part, $written := dict
      "config" .Values.config.data
      "files" .Values.config.files
      "secrets" .Values.secret.data
      "secret-files" .Values.secret.files }}
      {{- $data := dict }}
      {{- range $name, $value := $written }}
        {{- if not (kindIs "invalid" $value) }}
          {{- $_ := set $data $name (include "microservice.text" $value) }}
        {{- end }}
      {{- end }}
      {{- if $data }}
        {{- $name := printf "%s-%s" (include "microservice.fullname" $) $part }}
        {{- if (hasPrefix "secret" $part | ternary $.Values.secret $.Values.config).versioned }}
          {{- $name = toJson $data | sha256sum | trunc 10 | printf "%s-%s" $name }}
        {{- end }}
        {{- $_ := set $settings $part (dict "name" $name "data" $data) }}
      {{- end }}
    {{- end }}
    {{- $_ := set . "settings" $settings }}
  {{- end }}
{{- end -}}

{{/*
microservice.settingsObject: (dict "root" . "part" PART) -> that ConfigMap or
Secret, or nothing where there are no data. Helm keeps a versioned one when the
next comes; its label is there to find those that were kept.
*/}}
{{- define "microservice.settingsObject" -}}
  {{- $_ := include "microservice.collectSettings" .root }}
  {{- with index .root.settings .part }}
    {{- $secret := hasPrefix "secret" $.part }}
    {{- $versioned := (ternary $.root.Values.secret $.root.Values.config $secret).versioned }}
    {{- $metadata := dict "root" $.root "name" .name }}
    {{- if $versioned }}
      {{- $_ := set $metadata "labels" (dict "microservice/versioned" "true") }}
      {{- $_ := set $metadata "annotations" (dict "helm.sh/resource-policy" "keep") }}
    {{- end }}
apiVersion: v1
kind: {{ ternary "Secret" "ConfigMap" $secret }}
metadata:
  {{- include "microservice.metadata" $metadata | nindent 2 }}
    {{- $data := .data }}
    {{- if $secret }}
      {{- $data = dict }}
      {{- range $name, $value := .data }}
        {{- $_ := set $data $name (b64enc $value) }}
      {{- end }}
type: Opaque
    {{- end }}
    {{- if $versioned }}
immutable: true
    {{- end }}
data:
  {{- include "microservice.toYaml" $data | nindent 2 }}
  {{- end }}
{{- end -}}
