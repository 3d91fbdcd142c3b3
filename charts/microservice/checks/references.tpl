{{/*
microservice.problems.references: what refers to a ConfigMap or Secret of ours finds
it, and the key in it. Where others make an object of such a name, it is in
config.existing or secret.existing, or in extraObjects, or it is optional.
*/}}
{{- define "microservice.problems.references" -}}
  {{- $fullname := include "microservice.fullname" . }}
  {{- $written := pick .Values "env" "envFrom" "volumes" "initContainers" "extraContainers" | toJson }}
  {{- if or (contains (printf "\"%s-" $fullname) $written) (contains `"items"` $written) }}
    {{- $own := include "microservice.ownSettings" . | fromJson }}
    {{- range $name, $volume := include "microservice.volumeList" . | fromJson }}
      {{- $entry := get $.Values.volumes $name | default dict }}
      {{- $key := printf "volumes.%s" $name }}
      {{- if or $entry.configMap $entry.secret $entry.projected }}
        {{- include "microservice.problems.referencesWithin" (dict "key" $key "node" $volume.source "own" $own) }}
      {{- else }}
        {{- range $kind, $reference := $volume.source }}
          {{- if kindIs "map" $reference }}
            {{- include "microservice.problems.reference" (dict "key" $key "kind" $kind "reference" $reference "own" $own) }}
          {{- end }}
        {{- end }}
      {{- end }}
    {{- end }}
    {{- range $key, $node := pick .Values "env" "envFrom" "initContainers" "extraContainers" }}
      {{- include "microservice.problems.referencesWithin" (dict "key" $key "node" $node "own" $own) }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.referencesWithin: (dict "key" KEY "node" NODE "own" OWN): the
same for the references at any depth of a map or list. OWN is
microservice.ownSettings.
*/}}
{{- define "microservice.problems.referencesWithin" -}}
  {{- $key := .key }}
  {{- $own := .own }}
  {{- range $field, $node := .node }}
    {{- $place := kindIs "string" $field | ternary (printf "%s.%v" $key $field) (printf "%s[%v]" $key $field) }}
    {{- if kindIs "map" $node }}
      {{- $kind := toString $field | trimSuffix "Ref" | trimSuffix "Key" }}
      {{- include "microservice.problems.reference" (dict "key" $place "kind" $kind "reference" $node "own" $own) }}
    {{- end }}
    {{- if or (kindIs "map" $node) (kindIs "slice" $node) }}
      {{- include "microservice.problems.referencesWithin" (dict "key" $place "node" $node "own" $own) }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.reference: (dict "key" KEY "kind" "configMap" or "secret"
"reference" MAP "own" OWN): the same for one reference, to a key, to items or to all.
*/}}
{{- define "microservice.problems.reference" -}}
  {{- $key := .key }}
  {{- $name := or .reference.name .reference.secretName | toString }}
  {{- with get (get .own .kind | default dict) $name }}
    {{- $held := . }}
    {{- $object := printf "the %s %s" (eq $.kind "secret" | ternary "Secret" "ConfigMap") .name }}
    {{- if $.reference.optional }}
    {{- else if not .keys }}
      {{ $key }}: {{ $object }} is not made: set {{ .written }}, or where others make it optional: true
    {{- else }}
      {{- $wanted := dict }}
      {{- with $.reference.key }}{{ $_ := set $wanted "key" . }}{{ end }}
      {{- range $index, $item := $.reference.items }}{{ $_ := set $wanted (printf "items[%d].key" $index) $item.key }}{{ end }}
      {{- range $place, $wanted := $wanted }}
        {{- if not (has $wanted $held.keys) }}
          {{ $key }}.{{ $place }}: {{ $object }} has no key {{ quote $wanted }}; add it to {{ $held.written }}, or set optional: true
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.ownSettings: the names that ConfigMaps and Secrets of ours have or would
have, as JSON: {"configMap" or "secret": {NAME: {"name": its name without the
hash, "keys": the keys in it, none where it is not made, "written": where they are written}}}.
Left out are those whose keys are not known, and those that others make.
*/}}
{{- define "microservice.ownSettings" -}}
  {{- $_ := include "microservice.collectSettings" . }}
  {{- $fullname := include "microservice.fullname" . }}
  {{- $own := dict "configMap" dict "secret" dict }}
  {{- $others := .Values.extraObjects | toJson }}
  {{- range $part, $written := dict
    "config" "config.data"
    "files" "config.files"
    "secrets" "secret.data"
    "secret-files" "secret.files"
    "external" "secret.external.data" }}
    {{- $secret := has $part (list "secrets" "secret-files" "external") }}
    {{- $name := printf "%s-%s" $fullname $part }}
    {{- $made := get $.settings $part | default dict }}
    {{- $actual := $made.name | default $name }}
    {{- $keys := concat (keys ($made.data)) (keys ($made.binary)) }}
    {{- $unknown := contains (printf "-%s" $part) $others }}
    {{- $unknown = or $unknown (has $name (ternary $.Values.secret $.Values.config $secret).existing) }}
    {{- if and (eq $part "external") (not ($.Values.secret.external).enabled) }}
      {{- $written = "secret.external" }}
    {{- else if eq $part "external" }}
      {{- $keys = keys ($.Values.secret.external.data) }}
      {{- $actual = include "microservice.externalSecretName" $ }}
      {{- $unknown = or $unknown $.Values.secret.external.dataFrom $.Values.secret.external.template }}
    {{- end }}
    {{- if not $unknown }}
      {{- range list $name $actual }}
        {{- $_ := set (get $own (ternary "secret" "configMap" $secret)) . (dict "name" $name "keys" $keys "written" $written) }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- toJson $own }}
{{- end -}}

{{- define "microservice.checks.references" -}}
  {{- include "microservice.problems.references" . }}
{{- end -}}
