{{/*
microservice.customSpec: (dict "root" . "kind" KIND "spec" MAP) -> the spec of an object of a
custom kind as YAML, without the fields that have no value, and with the defaults that its
definition sets: what is stored is then what was rendered. Tools that compare the two would
find a difference, above all in lists.
*/}}
{{- define "microservice.customSpec" -}}
  {{- if not .root.customDefaults }}
    {{- $_ := .root.Files.Get "defaults.json" | fromJson | set .root "customDefaults" }}
  {{- end }}
  {{- $spec := dict }}
  {{- range $key, $value := include "microservice.withoutNulls" .spec | fromJson }}
    {{- if $value }}{{ $_ := set $spec $key $value }}{{ end }}
  {{- end }}
  {{- include "microservice.fillIn" (dict "node" $spec "schema" (index .root.customDefaults .kind)) }}
  {{- include "microservice.toYaml" $spec }}
{{- end -}}

{{/*
microservice.fillIn: (dict "node" NODE "schema" SCHEMA) -> nothing; sets the defaults of a
schema in a map or list, in place, as the API server does (Kubernetes, Defaulting of custom
resources): of a field that is missing, and then within it.
*/}}
{{- define "microservice.fillIn" -}}
  {{- $node := .node }}
  {{- $schema := .schema }}
  {{- if kindIs "slice" $node }}
    {{- with $schema.items }}
      {{- range $item := $node }}{{ include "microservice.fillIn" (dict "node" $item "schema" $schema.items) }}{{ end }}
    {{- end }}
  {{- else }}
    {{- range $name, $field := $schema.properties }}
      {{- if and (not (hasKey $node $name)) (hasKey $field "default") }}{{ $_ := set $node $name $field.default }}{{ end }}
      {{- if hasKey $node $name }}{{ include "microservice.fillIn" (dict "node" (get $node $name) "schema" $field) }}{{ end }}
    {{- end }}
    {{- with $schema.additionalProperties }}
      {{- range $value := $node }}{{ include "microservice.fillIn" (dict "node" $value "schema" $schema.additionalProperties) }}{{ end }}
    {{- end }}
  {{- end }}
{{- end -}}
