{{/*
microservice.env: a map of NAME -> text, number or source, as the JSON list
that a container takes. $(OTHER) in a text sees only variables that stand
before it, so a variable comes after those it refers to, and by name otherwise.
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
microservice.envOrder: a map of variables -> {"order": names in an order in
which each stands behind those it refers to, "cycle": the names that wait for
each other}, as JSON.
*/}}
{{- define "microservice.envOrder" -}}
  {{- $needs := dict -}}
  {{- range $name, $value := . -}}
    {{- if not (kindIs "invalid" $value) -}}
      {{- $names := list -}}
      {{- if kindIs "string" $value -}}
        {{- range regexFindAll "\\$\\$|\\$\\([^)]+\\)" $value -1 -}}
          {{- $names = append $names (trimPrefix "$(" . | trimSuffix ")") -}}
        {{- end -}}
      {{- end -}}
      {{- $_ := set $needs $name (without $names $name) -}}
    {{- end -}}
  {{- end -}}
  {{- $order := list -}}
  {{- range $pass := until (len $needs) -}}
    {{- $left := keys $needs | sortAlpha -}}
    {{- range $name := $left -}}
      {{- $waits := false -}}
      {{- range get $needs $name -}}
        {{- if hasKey $needs . -}}
          {{- $waits = true -}}
        {{- end -}}
      {{- end -}}
      {{- if not $waits -}}
        {{- $order = append $order $name -}}
        {{- $_ := unset $needs $name -}}
      {{- end -}}
    {{- end -}}
    {{- if or (not $needs) (eq (len $left) (len $needs)) }}{{ break }}{{ end -}}
  {{- end -}}
  {{- range until (len $needs) -}}
    {{- $needed := list -}}
    {{- range $needs }}{{ $needed = concat $needed . }}{{ end -}}
    {{- range $name := keys $needs -}}
      {{- if not (has $name $needed) -}}
        {{- $_ := unset $needs $name -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
  {{- dict "order" $order "cycle" (keys $needs | sortAlpha) | toJson -}}
{{- end -}}
