{{/*
microservice.env: a map of NAME -> string, number or source, as the JSON list
that a container takes. $(OTHER) in a string sees only variables before it, so a
variable comes after those it refers to; otherwise they are sorted by name.
*/}}
{{- define "microservice.env" -}}
  {{- $env := . -}}
  {{- $list := list -}}
  {{- $sorted := include "microservice.envOrder" $env | fromJson -}}
  {{- range $name := concat $sorted.order $sorted.cycle -}}
    {{- $value := get $env $name -}}
    {{- if kindIs "map" $value -}}
      {{- $list = append $list (dict "name" $name "valueFrom" $value) -}}
    {{- else -}}
      {{- $list = append $list (dict "name" $name "value" (include "microservice.text" $value)) -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $list -}}
{{- end -}}

{{/*
microservice.envOrder: a map as in microservice.env -> {"order": its names, each
after those it refers to, "cycle": the names that refer to each other in a
circle}, as JSON.
*/}}
{{- define "microservice.envOrder" -}}
  {{- $needs := include "microservice.envReferences" . | fromJson -}}
  {{- $order := list -}}
  {{- range $pass := until (len $needs) -}}
    {{- $left := keys $needs | sortAlpha -}}
    {{- range $name := $left -}}
      {{- $waits := false -}}
      {{- range get $needs $name -}}
        {{- if hasKey $needs . }}{{ $waits = true }}{{ end -}}
      {{- end -}}
      {{- if not $waits -}}
        {{- $order = append $order $name -}}
        {{- $_ := unset $needs $name -}}
      {{- end -}}
    {{- end -}}
    {{- if or (not $needs) (eq (len $left) (len $needs)) }}{{ break }}{{ end -}}
  {{- end -}}
  {{- /* What is left waits for a circle, or is in one: which is to say that others refer to it. */ -}}
  {{- range until (len $needs) -}}
    {{- $needed := list -}}
    {{- range $needs }}{{ $needed = concat $needed . }}{{ end -}}
    {{- range $name := keys $needs -}}
      {{- if not (has $name $needed) }}{{ $_ := unset $needs $name }}{{ end -}}
    {{- end -}}
  {{- end -}}
  {{- dict "order" $order "cycle" (keys $needs | sortAlpha) | toJson -}}
{{- end -}}

{{/*
microservice.envReferences: a map as in microservice.env -> its names, each with
a list of the others that its value refers to, as JSON.
*/}}
{{- define "microservice.envReferences" -}}
  {{- $references := dict -}}
  {{- range $name, $value := . -}}
    {{- if not (kindIs "invalid" $value) -}}
      {{- $names := list -}}
      {{- if kindIs "string" $value -}}
        {{- range regexFindAll "\\$\\$|\\$\\([^)]+\\)" $value -1 -}}
          {{- $names = append $names (trimPrefix "$(" . | trimSuffix ")") -}}
        {{- end -}}
      {{- end -}}
      {{- $_ := set $references $name (without $names $name) -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $references -}}
{{- end -}}
