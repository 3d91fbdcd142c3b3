{{/*
microservice.routes: the HTTPRoute and the further routes, as microservice.withFurther.
*/}}
{{- define "microservice.routes" -}}
  {{- include "microservice.withFurther" (dict "root" . "block" "httpRoute" "further" "extraRoutes") -}}
{{- end -}}

{{/*
microservice.routeRules: (dict "root" . "route" ENTRY) -> the rules of a route, as a JSON
list: without any, one that takes everything. A route knows ports by number alone.
*/}}
{{- define "microservice.routeRules" -}}
  {{- $list := list -}}
  {{- range $rule := .route.written.rules | default (list dict) -}}
    {{- $refs := list -}}
    {{- range $ref := include "microservice.routeBackends" (dict "root" $.root "rule" $rule) | fromJsonArray -}}
      {{- if kindIs "string" .port -}}
        {{- range (include "microservice.serviceNamed" (dict "root" $.root "name" .name) | fromJson).ports -}}
          {{- if eq (.name | default "") $ref.port }}{{ $ref = set (omit $ref "port") "port" .port }}{{ break }}{{ end -}}
        {{- end -}}
      {{- end -}}
      {{- $refs = append $refs $ref -}}
    {{- end -}}
    {{- $rule = omit $rule "backendRefs" -}}
    {{- if $refs }}{{ $_ := set $rule "backendRefs" $refs }}{{ end -}}
    {{- $list = append $list $rule -}}
  {{- end -}}
  {{- toJson $list -}}
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
    {{- $ours := and (eq $ref.name $fullname) (not .namespace) (eq (.kind | default "Service") "Service") -}}
    {{- with .port | default ($ours | ternary (include "microservice.mainPort" $root) "") -}}
      {{- $_ := set $ref "port" . -}}
    {{- end -}}
    {{- $list = append $list $ref -}}
  {{- end -}}
  {{- toJson $list -}}
{{- end -}}
