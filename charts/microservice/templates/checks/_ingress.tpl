{{/*
microservice.problems.ingress: an Ingress has a rule or a default backend, its rules use
ports of the Service and no path twice, and it is clear who issues its certificates. The
rules for paths and backends: Kubernetes, validateHTTPIngressPath and
validateIngressBackend. Those for issuers: cert-manager's ingress-shim.
*/}}
{{- define "microservice.problems.ingress" -}}
  {{- $ingress := .Values.ingress }}
  {{- if $ingress.enabled }}
    {{- $default := $ingress.defaultBackend | default dict }}
    {{- if not (or $ingress.hosts $default.service $default.resource) }}
      ingress.enabled: true without ingress.hosts: set the host, such as ingress.hosts: [{host: api.example.com}]
    {{- end }}
    {{- $ports := list }}
    {{- range include "microservice.servicePorts" . | fromJsonArray }}
      {{- $ports = append $ports (.name | default "") }}
      {{- $ports = append $ports (toString .port) }}
    {{- end }}
    {{- $seen := dict }}
    {{- range $index, $host := $ingress.hosts }}
      {{- range $number, $path := $host.paths | default (list dict) }}
        {{- $key := printf "ingress.hosts[%d].paths[%d]" $index $number }}
        {{- if $path.backend }}
          {{- if or $path.port $path.serviceName }}
            {{ $key }}: backend replaces port and serviceName, which would be lost; remove one or the other
          {{- end }}
          {{- include "microservice.problems.ingressBackend" (dict "key" (printf "%s.backend" $key) "backend" $path.backend) }}
        {{- else if not $path.serviceName }}
          {{- $port := $path.port | default (include "microservice.mainPort" $) | toString }}
          {{- if not (has $port $ports) }}
            ingress.hosts[{{ $index }}]: the Service has no port {{ quote $port }}; {{ include "microservice.servicePortNames" $ }}: set one as
            {{- " port of the path" }}
          {{- end }}
        {{- else if not $path.port }}
          ingress.hosts[{{ $index }}]: serviceName: {{ $path.serviceName }} needs a port too, by name or number
        {{- end }}
        {{- $type := $path.pathType | default "Prefix" }}
        {{- if and $path.path (ne $type "ImplementationSpecific") (regexMatch "//|/\\.\\.?(/|$)|%2[fF]" $path.path) }}
          {{ $key }}.path: {{ quote $path.path }} contains //, /./, /../ or %2f, which pathType {{ $type }} does not match; remove that, or
          {{- " set pathType: ImplementationSpecific if the controller understands it" }}
        {{- end }}
        {{- $place := printf "%s %s of %s" $type ($path.path | default "/" | quote) ($host.host | default "any host") }}
        {{- $target := pick $path "backend" "serviceName" "port" | toJson }}
        {{- if ne (get $seen $place | default $target) $target }}
          {{ $key }}: {{ $place }} leads to another backend already; remove one of the two
        {{- end }}
        {{- $_ := set $seen $place $target }}
      {{- end }}
    {{- end }}
    {{- if $default.resource }}
      {{- include "microservice.problems.ingressBackend" (dict "key" "ingress.defaultBackend" "backend" $default) }}
    {{- end }}
    {{- if and $ingress.className (or $ingress.annotations .Values.commonAnnotations) }}
      {{- range $key, $annotations := dict "commonAnnotations" .Values.commonAnnotations "ingress.annotations" $ingress.annotations }}
        {{- $class := get ($annotations | default dict) "kubernetes.io/ingress.class" }}
        {{- if not (has $class (list "" $ingress.className)) }}
          {{ $key }}[kubernetes.io/ingress.class]: {{ quote $class }} contradicts ingress.className: {{ $ingress.className }}; remove the
          {{- " annotation" }}
        {{- end }}
      {{- end }}
    {{- end }}
    {{- if $ingress.clusterIssuer }}
      {{- include "microservice.problems.clusterIssuer" . }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.ingressBackend: (dict "key" KEY "backend" BACKEND): a Service or an
object of another kind.
*/}}
{{- define "microservice.problems.ingressBackend" -}}
  {{- if eq (empty .backend.service) (empty .backend.resource) }}
    {{ .key }}: a backend is either a service or a resource; set one of the two, and the other to null
  {{- end }}
{{- end -}}

{{/*
microservice.problems.clusterIssuer: cert-manager gets one issuer, and for each
certificate its hosts and the Secret to write.
*/}}
{{- define "microservice.problems.clusterIssuer" -}}
  {{- $ingress := .Values.ingress }}
  {{- range $key, $annotations := dict "commonAnnotations" .Values.commonAnnotations "ingress.annotations" $ingress.annotations }}
    {{- range $field := list "cluster-issuer" "issuer" "issuer-group" "issuer-kind" }}
      {{- $annotation := printf "cert-manager.io/%s" $field }}
      {{- $value := get ($annotations | default dict) $annotation }}
      {{- if and $value (not (and (eq $field "cluster-issuer") (eq $value $ingress.clusterIssuer))) }}
        {{ $key }}[{{ $annotation }}]: {{ quote $value }} contradicts ingress.clusterIssuer: {{ $ingress.clusterIssuer }}; remove one of the two
      {{- end }}
    {{- end }}
  {{- end }}
  {{- range $index, $tls := $ingress.tls }}
    {{- if not ($tls | default dict).secretName }}
      ingress.tls[{{ $index }}] has no secretName: set the Secret that cert-manager writes, such as secretName:
      {{- printf " %s-tls" (include "microservice.fullname" $) }}
    {{- else if not $tls.hosts }}
      ingress.tls[{{ $index }}] has no hosts to issue a certificate for: set them, such as hosts: [api.example.com]
    {{- end }}
  {{- else }}
    {{- if eq (include "microservice.ingressTLS" .) "[]" }}
      ingress.clusterIssuer: {{ $ingress.clusterIssuer }} has no host to issue a certificate for; set one, such as ingress.hosts:
      {{- " [{host: api.example.com}]" }}
    {{- end }}
  {{- end }}
{{- end -}}
