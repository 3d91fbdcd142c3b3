{{/*
microservice.problems.ingress: an Ingress has a rule or a default backend, its rules use
ports of the Services and no path twice, and it is clear who issues its certificates. The
rules for paths and backends: Kubernetes, validateHTTPIngressPath and
validateIngressBackend. Those for issuers: cert-manager's ingress-shim.
*/}}
{{- define "microservice.problems.ingress" -}}
  {{- range $entry := include "microservice.ingresses" . | fromJsonArray }}
    {{- $at := .key }}
    {{- $ingress := .written }}
    {{- $default := $ingress.defaultBackend }}
    {{- if not (or $ingress.hosts $default.service $default.resource) }}
      {{ eq $at "ingress" | ternary "ingress.enabled: true" $at }} without {{ $at }}.hosts: set the host, such as {{ $at }}.hosts:
      {{- " [{host: api.example.com}]" }}
    {{- end }}
    {{- $seen := dict }}
    {{- range $index, $host := $ingress.hosts }}
      {{- $place := printf "%s.hosts[%d]" $at $index }}
      {{- range $number, $path := $host.paths | default (list dict) }}
        {{- $key := printf "%s.paths[%d]" $place $number }}
        {{- if $path.backend }}
          {{- if or $path.port $path.serviceName }}
            {{ $key }}: backend replaces port and serviceName, which would be lost; remove one or the other
          {{- end }}
          {{- include "microservice.problems.ingressBackend" (dict "root" $ "key" (printf "%s.backend" $key) "backend" $path.backend) }}
        {{- else if and $path.serviceName (not $path.port) }}
          {{ $place }}: serviceName: {{ $path.serviceName }} needs a port too, by name or number
        {{- else }}
          {{- $name := $path.serviceName | default (include "microservice.fullname" $) }}
          {{- $port := $path.port | default (include "microservice.mainPort" $) }}
          {{- include "microservice.problems.servicePort" (dict "root" $ "key" $place "name" $name "port" $port "as" "port of the path") }}
        {{- end }}
        {{- $type := $path.pathType | default "Prefix" }}
        {{- if and $path.path (ne $type "ImplementationSpecific") (regexMatch "//|/\\.\\.?(/|$)|%2[fF]" $path.path) }}
          {{ $key }}.path: {{ quote $path.path }} contains //, /./, /../ or %2f, which pathType {{ $type }} does not match; remove that, or
          {{- " set pathType: ImplementationSpecific if the controller understands it" }}
        {{- end }}
        {{- $match := printf "%s %s of %s" $type ($path.path | default "/" | quote) ($host.host | default "any host") }}
        {{- $target := pick $path "backend" "serviceName" "port" | toJson }}
        {{- if ne (get $seen $match | default $target) $target }}
          {{ $key }}: {{ $match }} leads to another backend already; remove one of the two
        {{- end }}
        {{- $_ := set $seen $match $target }}
      {{- end }}
    {{- end }}
    {{- if or $default.service $default.resource }}
      {{- include "microservice.problems.ingressBackend" (dict "root" $ "key" (printf "%s.defaultBackend" $at) "backend" $default) }}
    {{- end }}
    {{- $written := dict "commonAnnotations" $.Values.commonAnnotations (printf "%s.annotations" $at) $ingress.annotations }}
    {{- if $ingress.className }}
      {{- range $key, $annotations := $written }}
        {{- $class := get ($annotations) "kubernetes.io/ingress.class" }}
        {{- if not (has $class (list "" $ingress.className)) }}
          {{ $key }}[kubernetes.io/ingress.class]: {{ quote $class }} contradicts {{ $at }}.className: {{ $ingress.className }}; remove the
          {{- " annotation" }}
        {{- end }}
      {{- end }}
    {{- end }}
    {{- if $ingress.clusterIssuer }}
      {{- include "microservice.problems.clusterIssuer" (dict "ingress" . "annotations" $written) }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.servicePort: (dict "root" . "key" KEY "name" NAME "port" PORT "as"
TEXT): a Service of ours has the port, by name or number, to which KEY leads.
*/}}
{{- define "microservice.problems.servicePort" -}}
  {{- with include "microservice.serviceNamed" . | fromJson }}
    {{- $ports := list }}
    {{- range .ports }}{{ $ports = concat $ports (list .name (toString .port)) }}{{ end }}
    {{- if not (has (toString $.port) $ports) }}
      {{ $.key }}: the Service{{ eq .key "service" | ternary "" (printf " %s" .name) }} has no port {{ $.port | default "" | toString | quote }};
      {{- printf " %s: set one as %s" (include "microservice.servicePortNames" $) $.as }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.servicePortNames: (dict "root" . "name" NAME) -> the end of a message about a
port that this Service of ours does not have: where its TCP ports are written, and their names.
*/}}
{{- define "microservice.servicePortNames" -}}
  {{- $service := include "microservice.serviceNamed" . | fromJson -}}
  {{- $names := list -}}
  {{- range $service.ports }}{{ with .name }}{{ $names = append $names . }}{{ end }}{{ end -}}
  {{- if ne $service.key "service" -}}
    its TCP ports are {{ $service.ownPorts | empty | ternary "those under ports with a servicePort" (printf "%s.ports" $service.key) }}
    {{- printf " (%s)" (join ", " $names | default "without names") -}}
  {{- else -}}
    {{- $none := .root.Values.service.enabled | empty | ternary "none with service.enabled: false" "none" -}}
    its TCP ports are those under ports with a servicePort, and service.extraPorts ({{ join ", " $names | default $none }})
  {{- end -}}
{{- end -}}

{{/*
microservice.problems.ingressBackend: (dict "root" . "key" KEY "backend" BACKEND): a port of
a Service or an object of another kind.
*/}}
{{- define "microservice.problems.ingressBackend" -}}
  {{- if eq (empty .backend.service) (empty .backend.resource) }}
    {{ .key }}: a backend is either a service or a resource; set one of the two, and the other to null
  {{- end }}
  {{- with .backend.service }}
    {{- $port := .port.number | default .port.name }}
    {{- include "microservice.problems.servicePort" (dict "root" $.root "key" $.key "name" .name "port" $port "as" "service.port") }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.clusterIssuer: (dict "ingress" ENTRY "annotations" MAP): cert-manager
gets one issuer, and for each certificate its hosts and the Secret to write.
*/}}
{{- define "microservice.problems.clusterIssuer" -}}
  {{- $at := .ingress.key }}
  {{- $ingress := .ingress.written }}
  {{- range $key, $annotations := .annotations }}
    {{- range $field := list "cluster-issuer" "issuer" "issuer-group" "issuer-kind" }}
      {{- $annotation := printf "cert-manager.io/%s" $field }}
      {{- $value := get ($annotations) $annotation }}
      {{- if and $value (not (and (eq $field "cluster-issuer") (eq $value $ingress.clusterIssuer))) }}
        {{ $key }}[{{ $annotation }}]: {{ quote $value }} contradicts {{ $at }}.clusterIssuer: {{ $ingress.clusterIssuer }}; remove
        {{- " one of the two" }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- range $index, $tls := $ingress.tls }}
    {{- if not ($tls).secretName }}
      {{ $at }}.tls[{{ $index }}] has no secretName: set the Secret that cert-manager writes, such as secretName:
      {{- printf " %s-tls" $.ingress.name }}
    {{- else if not $tls.hosts }}
      {{ $at }}.tls[{{ $index }}] has no hosts to issue a certificate for: set them, such as hosts: [api.example.com]
    {{- end }}
  {{- else }}
    {{- if eq (include "microservice.ingressTLS" .ingress) "[]" }}
      {{ $at }}.clusterIssuer: {{ $ingress.clusterIssuer }} has no host to issue a certificate for; set one, such as {{ $at }}.hosts:
      {{- " [{host: api.example.com}]" }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "microservice.checks.ingress" -}}
  {{- include "microservice.problems.ingress" . }}
{{- end -}}
