{{/*
microservice.collectSettings: a root -> nothing; keeps in it, as "settings", the
ConfigMaps and Secrets of ours that have data: a map of PART -> {"name": the
object's, "data": a map of strings, "binary": a map of base64}. PART:
  config        config.data, in the ConfigMap <fullname>-config
  files         config.files and binaryFiles, in the ConfigMap <fullname>-files
  secrets       secret.data, in the Secret <fullname>-secrets
  secret-files  secret.files and binaryFiles, in the Secret <fullname>-secret-files
The name of a versioned one ends in a hash of what can't change in it, its data and a
Secret's type: other data make another object, another version of the chart does not.
*/}}
{{- define "microservice.collectSettings" -}}
  {{- if not (hasKey . "settings") }}
    {{- $settings := dict }}
    {{- range $part, $written := dict
      "config" (list .Values.config.data)
      "files" (list .Values.config.files .Values.config.binaryFiles)
      "secrets" (list .Values.secret.data)
      "secret-files" (list .Values.secret.files .Values.secret.binaryFiles) }}
      {{- $data := dict }}
      {{- range $name, $value := first $written }}
        {{- if not (kindIs "invalid" $value) }}
          {{- $_ := set $data $name (include "microservice.text" $value) }}
        {{- end }}
      {{- end }}
      {{- $binary := dict }}
      {{- range $entries := rest $written }}
        {{- range $name, $value := $entries }}
          {{- if not (kindIs "invalid" $value) }}
            {{- $_ := regexReplaceAll "\\s" $value "" | set $binary $name }}
          {{- end }}
        {{- end }}
      {{- end }}
      {{- if or $data $binary }}
        {{- $name := printf "%s-%s" (include "microservice.fullname" $) $part }}
        {{- $settings = set $settings $part (dict "name" $name "data" $data "binary" $binary) }}
        {{- if (hasPrefix "secret" $part | ternary $.Values.secret $.Values.config).versioned }}
          {{- $type := hasPrefix "secret" $part | ternary $.Values.secret.type "" | default "" | replace "Opaque" "" }}
          {{- $json := get $settings $part | include "microservice.settingsJson" | printf "%s%s" $type }}
          {{- $hash := include "microservice.settingsHash" (dict "root" $ "secret" (hasPrefix "secret" $part) "json" $json) | trunc 10 }}
          {{- $_ := set (get $settings $part) "name" (printf "%s-%s" $name $hash) }}
        {{- end }}
      {{- end }}
    {{- end }}
    {{- $_ := set . "settings" $settings }}
  {{- end }}
{{- end -}}

{{/*
microservice.settingsJson: an entry of microservice.collectSettings, or nothing -> its
data as text, to be hashed.
*/}}
{{- define "microservice.settingsJson" -}}
  {{- (.).data | default dict | toJson }}{{ with (.).binary }}{{ toJson . }}{{ end }}
{{- end -}}

{{/*
microservice.settingsHash: (dict "root" . "secret" BOOL "json" TEXT) -> the hash of settings,
which everybody sees who can read a pod. That of secrets is salted with the release: two of
the same secrets have different ones, and no table of hashes helps. There is no key for it
that only the release's owner knows, and the data as their own key would add nothing.
*/}}
{{- define "microservice.settingsHash" -}}
  {{- $salt := printf "%s/%s\n" .root.Release.Namespace (include "microservice.fullname" .root) }}
  {{- print (ternary $salt "" .secret) .json | sha256sum }}
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
    {{- $block := ternary $.root.Values.secret $.root.Values.config $secret }}
    {{- $versioned := $block.versioned }}
    {{- $metadata := dict "root" $.root "name" .name "labels" $block.labels "annotations" $block.annotations }}
    {{- if $versioned }}
      {{- $_ := merge (dict "microservice/versioned" "true") ($block.labels | default dict) | set $metadata "labels" }}
      {{- $_ := include "microservice.keptAnnotations" $metadata | fromJson | set $metadata "annotations" }}
    {{- end }}
apiVersion: v1
kind: {{ ternary "Secret" "ConfigMap" $secret }}
metadata:
  {{- include "microservice.metadata" $metadata | nindent 2 }}
    {{- $data := .data }}
    {{- $binary := .binary }}
    {{- if $secret }}
      {{- $data = omit $binary "" }}
      {{- $binary = dict }}
      {{- range $name, $value := .data }}
        {{- $_ := set $data $name (b64enc $value) }}
      {{- end }}
type: {{ toYaml ($block.type | default "Opaque") }}
    {{- end }}
    {{- if $versioned }}
immutable: true
    {{- end }}
    {{- with $data }}
data:
  {{- include "microservice.toYaml" . | nindent 2 }}
    {{- end }}
    {{- with $binary }}
binaryData:
  {{- include "microservice.toYaml" . | nindent 2 }}
    {{- end }}
  {{- end }}
{{- end -}}
