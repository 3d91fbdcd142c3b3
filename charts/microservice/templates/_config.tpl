{{/*
microservice.settings: (dict "root" . "part" PART) -> the data of a ConfigMap or
Secret of ours, as a JSON map of strings; {} where there is none. PART:
  config        config.data, in the ConfigMap <fullname>-config
  files         config.files, in the ConfigMap <fullname>-files
  secrets       secret.data, in the Secret <fullname>-secrets
  secret-files  secret.files, in the Secret <fullname>-secret-files
*/}}
{{- define "microservice.settings" -}}
  {{- $key := printf "microservice.settings %s" .part -}}
  {{- if not (hasKey .root $key) -}}
    {{- $block := hasPrefix "secret" .part | ternary .root.Values.secret .root.Values.config -}}
    {{- $data := dict -}}
    {{- range $name, $value := hasSuffix "files" .part | ternary $block.files $block.data -}}
      {{- if not (kindIs "invalid" $value) -}}
        {{- $_ := set $data $name (include "microservice.text" $value) -}}
      {{- end -}}
    {{- end -}}
    {{- $_ := set .root $key (toJson $data) -}}
  {{- end -}}
  {{- get .root $key -}}
{{- end -}}

{{/*
microservice.settingsName: (dict "root" . "part" PART) -> the name of that
ConfigMap or Secret. A versioned one ends in a hash of its data alone: other data
make another object, another version of the chart does not.
*/}}
{{- define "microservice.settingsName" -}}
  {{- $key := printf "microservice.settingsName %s" .part -}}
  {{- if not (hasKey .root $key) -}}
    {{- $name := printf "%s-%s" (include "microservice.fullname" .root) .part -}}
    {{- if (hasPrefix "secret" .part | ternary .root.Values.secret .root.Values.config).versioned -}}
      {{- $name = include "microservice.settings" . | sha256sum | trunc 10 | printf "%s-%s" $name -}}
    {{- end -}}
    {{- $_ := set .root $key $name -}}
  {{- end -}}
  {{- get .root $key -}}
{{- end -}}

{{/*
microservice.settingsObject: (dict "root" . "part" PART) -> that ConfigMap or
Secret, or nothing where there are no data. Helm keeps a versioned one when the
next comes; its label is there to find those that were kept.
*/}}
{{- define "microservice.settingsObject" -}}
  {{- with include "microservice.settings" . | fromJson }}
    {{- $data := . }}
    {{- $secret := hasPrefix "secret" $.part }}
    {{- $versioned := (ternary $.root.Values.secret $.root.Values.config $secret).versioned }}
    {{- $metadata := dict "root" $.root "name" (include "microservice.settingsName" $) }}
    {{- if $versioned }}
      {{- $_ := set $metadata "labels" (dict "microservice/versioned" "true") }}
      {{- $_ := set $metadata "annotations" (dict "helm.sh/resource-policy" "keep") }}
    {{- end }}
apiVersion: v1
kind: {{ ternary "Secret" "ConfigMap" $secret }}
metadata:
  {{- include "microservice.metadata" $metadata | nindent 2 }}
    {{- if $secret }}
      {{- range $name, $value := $data }}
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
