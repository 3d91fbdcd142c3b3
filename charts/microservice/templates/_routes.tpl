{{/*
microservice.routes: the HTTPRoute and the further routes, as microservice.withFurther.
*/}}
{{- define "microservice.routes" -}}
  {{- include "microservice.withFurther" (dict "root" . "block" "httpRoute" "further" "extraRoutes") -}}
{{- end -}}

{{/*
microservice.routeBackends: (dict "root" . "rule" RULE) -> where a rule leads, as a JSON
list of backendRefs. A backend without a name is our Service, its port the main one unless it
gives a number or a name. A rule without backends leads there too, except a redirect,
which leads nowhere.
*/}}
{{- define "microservice.routeBackends" -}}
  {{- $root := .root -}}
  {{- $backends := .rule.backendRefs -}}
  {{- if kindIs "invalid" $backends -}}
    {{- $backends = list dict -}}
    {{- range .rule.filters }}{{ if eq .type "RequestRedirect" }}{{ $backends = list }}{{ end }}{{ end -}}
  {{- end -}}
  {{- $fullname := include "microservice.fullname" $root -}}
  {{- $list := list -}}
  {{- range $backends -}}
    {{- $ref := set (omit . "port") "name" (.name | default $fullname) -}}
    {{- $ours := and (eq $ref.name $fullname) (not .group) (not .namespace) (eq (.kind | default "Service") "Service") -}}
    {{- with .port | default ($ours | ternary (include "microservice.mainPort" $root) "") -}}
      {{- $_ := set $ref "port" . -}}
    {{- end -}}
    {{- $list = append $list $ref -}}
  {{- end -}}
  {{- toJson $list -}}
{{- end -}}
