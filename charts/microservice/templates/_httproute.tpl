{{/*
microservice.routeRules: the rules of the HTTPRoute, as a JSON list; without any
there is one for every path.
*/}}
{{- define "microservice.routeRules" -}}
  {{- $numbers := dict -}}
  {{- range include "microservice.servicePorts" . | fromJsonArray -}}
    {{- $_ := set $numbers (.name | default "") .port -}}
  {{- end -}}
  {{- $list := list -}}
  {{- range $rule := .Values.httpRoute.rules | default (list dict) -}}
    {{- $refs := list -}}
    {{- range include "microservice.routeBackends" (list $ $rule) | fromJsonArray -}}
      {{- if kindIs "string" .port }}{{ $_ := set . "port" (get $numbers .port) }}{{ end -}}
      {{- $refs = append $refs . -}}
    {{- end -}}
    {{- $list = append $list (merge (omit $rule "backendRefs") (empty $refs | ternary dict (dict "backendRefs" $refs))) -}}
  {{- end -}}
  {{- toJson $list -}}
{{- end -}}

{{/*
microservice.routeBackends: (list ROOT RULE) -> where a rule leads, as a JSON
list of backendRefs: a backend that names no other leads to our Service, to the
main port unless it says which, by number or name; so does a rule without one,
but for a redirect, which leads nowhere.
*/}}
{{- define "microservice.routeBackends" -}}
  {{- $root := index . 0 -}}
  {{- $rule := index . 1 -}}
  {{- $redirects := false -}}
  {{- range $rule.filters -}}
    {{- if eq .type "RequestRedirect" -}}
      {{- $redirects = true -}}
    {{- end -}}
  {{- end -}}
  {{- $fullname := include "microservice.fullname" $root -}}
  {{- $list := list -}}
  {{- range kindIs "invalid" $rule.backendRefs | ternary ($redirects | ternary list (list dict)) $rule.backendRefs -}}
    {{- $ref := omit . "name" "port" -}}
    {{- $_ := set $ref "name" (.name | default $fullname) -}}
    {{- $ours := and (eq $ref.name $fullname) (not .namespace) (eq (.kind | default "Service") "Service") -}}
    {{- with .port | default ($ours | ternary (include "microservice.mainPort" $root) "") -}}
      {{- $_ := set $ref "port" . -}}
    {{- end -}}
    {{- $list = append $list $ref -}}
  {{- end -}}
  {{- toJson $list -}}
{{- end -}}
