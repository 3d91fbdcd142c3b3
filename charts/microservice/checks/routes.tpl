{{/*
microservice.problems.routes: a route has a Gateway, and its backends are ports of our
Services. Services of others are not known here. The rules for the rest are those of Gateway
API 1.6, standard channel.
*/}}
{{- define "microservice.problems.routes" -}}
  {{- range include "microservice.routes" . | fromJsonArray }}
    {{- $at := .key }}
    {{- $kind := .written.kind }}
    {{- if not .written.parentRefs }}
      {{ eq $at "httpRoute" | ternary "httpRoute.enabled: true" $at }} without {{ $at }}.parentRefs: set the Gateway, such as {{ $at }}.parentRefs:
      {{- " [{name: gateway, namespace: gateways}]" }}
    {{- end }}
    {{- include "microservice.problems.routeParents" . }}
    {{- include "microservice.problems.routeKind" . }}
    {{- $names := dict }}
    {{- range $index, $rule := .written.rules | default (list dict) }}
      {{- $key := printf "%s.rules[%d]" $at $index }}
      {{- include "microservice.problems.routeBackends" (dict "root" $ "key" $key "kind" $kind "rule" $rule) }}
      {{- with $rule.name }}
        {{- if hasKey $names . }}
          {{ $key }}.name: {{ . }} is also the name of {{ get $names . }}; give each its own
        {{- end }}
        {{- $_ := set $names . $key }}
      {{- end }}
      {{- range $number, $match := $rule.matches }}
        {{- $place := printf "%s.matches[%d]" $key $number }}
        {{- include "microservice.problems.routeMatch" (dict "key" $place "kind" $kind "match" $match) }}
      {{- end }}
      {{- with $rule.filters }}
        {{- include "microservice.problems.routeFilters" (dict "key" $key "kind" $kind "filters" . "matches" $rule.matches) }}
        {{- if and $rule.backendRefs (contains "\"RequestRedirect\"" (toJson .)) }}
          {{ $key }}: a RequestRedirect leads to no backend; remove it, or backendRefs
        {{- end }}
      {{- end }}
      {{- with $rule.timeouts }}
        {{- $request := include "microservice.milliseconds" .request | int64 }}
        {{- if and $request (gt (include "microservice.milliseconds" .backendRequest | int64) $request) }}
          {{ $key }}.timeouts.backendRequest: {{ .backendRequest }} is longer than request: {{ .request }}, of which it is a part; lower the
          {{- " first, or raise the second" }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.routeKind: an entry: it has what its kind needs, and nothing that its
kind does not have.
*/}}
{{- define "microservice.problems.routeKind" -}}
  {{- $key := .key }}
  {{- $kind := .written.kind | default "HTTPRoute" }}
  {{- $fields := get (dict
    "GRPCRoute" (list "backendRefs" "filters" "matches" "name")
    "TLSRoute" (list "backendRefs" "name")
    "TCPRoute" (list "backendRefs" "name")) $kind }}
  {{- if and (eq $kind "TLSRoute") (not .written.hostnames) }}
    {{ $key }} without {{ $key }}.hostnames: a TLSRoute needs the hosts that clients name; set them, such as hostnames: [db.example.com]
  {{- else if and (eq $kind "TCPRoute") .written.hostnames }}
    {{ $key }}.hostnames: a TCPRoute has no hosts; remove them, or set kind: TLSRoute
  {{- end }}
  {{- if and (has $kind (list "TLSRoute" "TCPRoute")) (gt (len (.written.rules | default list)) 1) }}
    {{ $key }}.rules: a {{ $kind }} has one rule; write the others as routes of their own
  {{- end }}
  {{- range $index, $rule := $fields | empty | ternary list .written.rules }}
    {{- range $field, $value := $rule }}
      {{- if not (or (kindIs "invalid" $value) (has $field $fields)) }}
        {{ $key }}.rules[{{ $index }}].{{ $field }}: a {{ $kind }} has no {{ $field }}; remove it
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.routeBackends: (dict "root" . "key" KEY "kind" KIND "rule" RULE): the
backends of a rule are there. Only HTTP and gRPC have filters.
*/}}
{{- define "microservice.problems.routeBackends" -}}
  {{- $key := .key }}
  {{- $raw := has .kind (list "TLSRoute" "TCPRoute") }}
  {{- $backends := include "microservice.routeBackends" . | fromJsonArray }}
  {{- if and $raw (not $backends) }}
    {{ $key }}.backendRefs: [] leads nowhere, which a {{ .kind }} can't; remove it, or write a backend
  {{- end }}
  {{- range $number, $ref := $backends }}
    {{- $service := and (not .group) (eq (.kind | default "Service") "Service") }}
    {{- $found := and $service (not .namespace) | ternary (include "microservice.serviceNamed" (dict "root" $.root "name" .name) | fromJson) dict }}
    {{- if $found }}
      {{- include "microservice.problems.servicePort" (dict "root" $.root "key" $key "name" .name "port" .port "as" "port of the backend") }}
    {{- else if kindIs "string" .port }}
      {{ $key }}: port {{ .port }} of {{ .name }} must be a number: the chart doesn't know the port names of other
      {{- " Services" }}
    {{- else if and $service (not .port) }}
      {{ $key }}.backendRefs[{{ $number }}]: the Service {{ .name }} needs a port, by number, such as port: 80
    {{- end }}
    {{- $place := printf "%s.backendRefs[%d]" $key $number }}
    {{- if and .filters $raw }}
      {{ $place }}.filters: a {{ $.kind }} has no filters; remove them
    {{- else }}
      {{- include "microservice.problems.routeFilters" (dict "key" $place "kind" $.kind "filters" .filters "matches" $.rule.matches) }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.routeParents: an entry: a Gateway that is listed twice has another
listener each time. Left out, group and kind are those of a Gateway.
*/}}
{{- define "microservice.problems.routeParents" -}}
  {{- $key := .key }}
  {{- $sections := dict }}
  {{- range $index, $parent := .written.parentRefs }}
    {{- $group := kindIs "invalid" $parent.group | ternary "gateway.networking.k8s.io" $parent.group }}
    {{- $gateway := list $group ($parent.kind | default "Gateway") $parent.namespace $parent.name | toJson }}
    {{- $section := printf "%s:%v" ($parent.sectionName | default "") ($parent.port | default "") }}
    {{- $others := get $sections $gateway | default list }}
    {{- if or (has $section $others) (and $others (has ":" (append $others $section))) }}
      {{ $key }}.parentRefs[{{ $index }}]: the Gateway {{ $parent.name }} is listed before; give each entry its own sectionName or port, or
      {{- " remove one" }}
    {{- end }}
    {{- $_ := append $others $section | set $sections $gateway }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.routeMatch: (dict "key" KEY "kind" KIND "match" MATCH): a path or method
that can match, and each header and query parameter once.
*/}}
{{- define "microservice.problems.routeMatch" -}}
  {{- $key := .key }}
  {{- $match := .match }}
  {{- with $match.path }}
    {{- $type := .type | default "PathPrefix" }}
    {{- $wrong := "^[^/]|^$|//|/\\.\\.?(/|$)|%2[fF]|%([^0-9a-fA-F]|.[^0-9a-fA-F]|.?$)|[^-A-Za-z0-9/._~!$&'()*+,;=:@%]" }}
    {{- if and (kindIs "string" .value) (ne $type "RegularExpression") (regexMatch $wrong .value) }}
      {{ $key }}.path.value: {{ quote .value }} is not a path for type {{ $type }}: it starts with /, has no //, /./, /../ and %2f, and % before
      {{- " blanks, ? and the like" }}
    {{- end }}
  {{- end }}
  {{- $grpc := eq .kind "GRPCRoute" }}
  {{- with $match.method }}
    {{- if and $grpc (kindIs "string" .) }}
      {{ $key }}.method: {{ . }} is a method of HTTP; in a GRPCRoute write {service: shop.Orders, method: Create}
    {{- else if and (not $grpc) (kindIs "map" .) }}
      {{ $key }}.method: only a GRPCRoute matches services; write a method of HTTP, such as GET
    {{- else if and $grpc (not (or .service .method)) }}
      {{ $key }}.method matches nothing: set service, method or both, such as {service: shop.Orders}
    {{- else if and $grpc (ne .type "RegularExpression") }}
      {{- range $field, $pattern := dict "service" "^[.]?[A-Za-z_][A-Za-z_0-9]*([.][A-Za-z_][A-Za-z_0-9]*)*$" "method" "^[A-Za-z_][A-Za-z_0-9]*$" }}
        {{- $name := get $match.method $field }}
        {{- if and $name (not (regexMatch $pattern $name)) }}
          {{ $key }}.method.{{ $field }}: {{ quote $name }} is not the name of a {{ $field }}, such as
          {{- printf " %s" (eq $field "service" | ternary "shop.Orders" "Create") }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- range $field := $grpc | ternary (list "path" "queryParams") list }}
    {{- if not (kindIs "invalid" (index $match $field)) }}
      {{ $key }}.{{ $field }}: a GRPCRoute has no {{ $field }}; match by method or headers
    {{- end }}
  {{- end }}
  {{- include "microservice.problems.routeNames" (dict "key" (printf "%s.headers" $key) "list" $match.headers) }}
  {{- include "microservice.problems.routeNames" (dict "key" (printf "%s.queryParams" $key) "list" $match.queryParams) }}
{{- end -}}

{{/*
microservice.problems.routeNames: (dict "key" KEY "list" LIST): headers or parameters, each
once. Names of headers are compared in lower case.
*/}}
{{- define "microservice.problems.routeNames" -}}
  {{- $key := .key }}
  {{- $seen := list }}
  {{- range $entry := .list }}
    {{- $name := hasSuffix "queryParams" $key | ternary $entry.name (lower $entry.name) }}
    {{- if has $name $seen }}
      {{ $key }}: two entries have the name {{ quote $name }}, of which the second is ignored; remove one of them
    {{- end }}
    {{- $seen = append $seen $name }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.routeFilters: (dict "key" KEY "kind" KIND "filters" LIST "matches"
LIST): each filter has the block of its type and no other, and none stands twice that can't.
*/}}
{{- define "microservice.problems.routeFilters" -}}
  {{- $key := .key }}
  {{- $prefixes := or (not .matches) (and (eq (len .matches) 1) (eq (((first .matches).path).type | default "PathPrefix") "PathPrefix")) }}
  {{- $seen := list }}
  {{- range $index, $filter := .filters }}
    {{- $place := printf "%s.filters[%d]" $key $index }}
    {{- $type := $filter.type }}
    {{- $modifies := has $type (list "ExtensionRef" "RequestHeaderModifier" "RequestMirror" "ResponseHeaderModifier") }}
    {{- if and (eq $.kind "GRPCRoute") (not $modifies) }}
      {{ $place }}: a GRPCRoute has no filter of type {{ $type }}; remove it
    {{- end }}
    {{- $block := get (dict "CORS" "cors" "URLRewrite" "urlRewrite") $type | default (untitle $type) }}
    {{- if not (kindIs "map" (index $filter $block)) }}
      {{ $place }}: type {{ $type }} needs the block {{ $block }}
    {{- else }}
      {{- range $other, $value := omit $filter "type" $block }}
        {{- if not (kindIs "invalid" $value) }}
          {{ $place }}.{{ $other | replace "\n" "\\n" }}: type {{ $type }} has no block but {{ $block }}; remove one of the two
        {{- end }}
      {{- end }}
      {{- $place := printf "%s.%s" $place $block }}
      {{- with get $filter $block }}
        {{- if has $type (list "RequestRedirect" "URLRewrite") }}
          {{- include "microservice.problems.routePath" (dict "key" $place "path" .path "prefixes" $prefixes) }}
        {{- else }}
          {{- include "microservice.problems.routeNames" (dict "key" (printf "%s.set" $place) "list" .set) }}
          {{- include "microservice.problems.routeNames" (dict "key" (printf "%s.add" $place) "list" .add) }}
        {{- end }}
      {{- end }}
    {{- end }}
    {{- if and (has $type $seen) (not (has $type (list "ExtensionRef" "RequestMirror"))) }}
      {{ $place }}: a rule has one filter of type {{ $type }}; make one of both
    {{- end }}
    {{- $seen = append $seen $type }}
    {{- with ($filter.requestMirror).backendRef }}
      {{- if and (not .group) (eq (.kind | default "Service" | toString) "Service") (or (not .name) (not .port) (kindIs "string" .port)) }}
        {{ $place }}.requestMirror.backendRef needs the name and the port of a Service, by number, such as {name: shadow, port: 80}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- if and (has "RequestRedirect" $seen) (has "URLRewrite" $seen) }}
    {{ $key }}.filters: a redirect leaves nothing to rewrite; remove RequestRedirect or URLRewrite
  {{- end }}
{{- end -}}

{{/*
microservice.problems.routePath: (dict "key" KEY "path" PATH "prefixes" BOOLEAN): how a
redirect or rewrite changes the path. A prefix is known only where the rule has one match,
of a prefix.
*/}}
{{- define "microservice.problems.routePath" -}}
  {{- if .path }}
    {{- $field := untitle (toString .path.type) }}
    {{- $two := and (kindIs "string" .path.replaceFullPath) (kindIs "string" .path.replacePrefixMatch) }}
    {{- if or $two (not (kindIs "string" (index .path $field))) }}
      {{ .key }}.path: set type and the field of its name, such as {type: ReplaceFullPath, replaceFullPath: /new}
    {{- else if and (eq $field "replacePrefixMatch") (not .prefixes) }}
      {{ .key }}.path.replacePrefixMatch needs a rule with one match, of a PathPrefix; split the rule, or use ReplaceFullPath
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.milliseconds: a duration of Gateway API, such as 1m30s, as a number; 0 without one.
*/}}
{{- define "microservice.milliseconds" -}}
  {{- $sum := 0 -}}
  {{- range regexFindAll "[0-9]+(ms|[hms])" (toString .) -1 -}}
    {{- $unit := regexFind "[a-z]+" . -}}
    {{- $sum = trimSuffix $unit . | int64 | mul (get (dict "h" 3600000 "m" 60000 "s" 1000 "ms" 1) $unit) | add $sum -}}
  {{- end -}}
  {{- $sum -}}
{{- end -}}

{{- define "microservice.checks.routes" -}}
  {{- include "microservice.problems.routes" . }}
{{- end -}}
