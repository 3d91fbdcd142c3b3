{{/*
microservice.ingresses: the Ingresses, as microservice.withFurther.
*/}}
{{- define "microservice.ingresses" -}}
  {{- include "microservice.withFurther" (dict "root" . "block" "ingress" "further" "extraIngresses") -}}
{{- end -}}

{{/*
microservice.ingressAnnotations: an entry -> the user's, and cert-manager's if its
clusterIssuer names an issuer, as JSON.
*/}}
{{- define "microservice.ingressAnnotations" -}}
  {{- $annotations := omit (.written.annotations | default dict) "" -}}
  {{- with .written.clusterIssuer -}}
    {{- $_ := set $annotations "cert-manager.io/cluster-issuer" . -}}
  {{- end -}}
  {{- toJson $annotations -}}
{{- end -}}

{{/*
microservice.ingressRules: (dict "root" . "ingress" ENTRY) -> a rule for each host, as a JSON
list. A host without paths serves all of them.
*/}}
{{- define "microservice.ingressRules" -}}
  {{- $rules := list -}}
  {{- range $host := .ingress.written.hosts -}}
    {{- $paths := list -}}
    {{- range $path := $host.paths | default (list dict) -}}
      {{- $backend := include "microservice.ingressBackend" (dict "root" $.root "path" $path) | fromJson -}}
      {{- $path = dict "path" (.path | default "/") "pathType" (.pathType | default "Prefix") "backend" $backend -}}
      {{- $paths = append $paths $path -}}
    {{- end -}}
    {{- $rule := dict "http" (dict "paths" $paths) -}}
    {{- with $host.host }}{{ $_ := set $rule "host" . }}{{ end -}}
    {{- $rules = append $rules $rule -}}
  {{- end -}}
  {{- toJson $rules -}}
{{- end -}}

{{/*
microservice.ingressBackend: (dict "root" . "path" PATH) -> where a path leads, as JSON:
its `backend` as written, else a port of its serviceName or of our Service.
*/}}
{{- define "microservice.ingressBackend" -}}
  {{- if .path.backend -}}
    {{- toJson .path.backend -}}
  {{- else -}}
    {{- $port := .path.port | default (include "microservice.mainPort" .root) -}}
    {{- $port = kindIs "string" $port | ternary (dict "name" $port) (dict "number" $port) -}}
    {{- $name := .path.serviceName | default (include "microservice.fullname" .root) -}}
    {{- dict "service" (dict "name" $name "port" $port) | toJson -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.ingressTLS: an entry -> its tls as written, as a JSON list; with a
clusterIssuer and no tls, one certificate for all hosts.
*/}}
{{- define "microservice.ingressTLS" -}}
  {{- $tls := .written.tls | default list -}}
  {{- $hosts := list -}}
  {{- range .written.hosts }}{{ with .host }}{{ $hosts = append $hosts . }}{{ end }}{{ end -}}
  {{- if and .written.clusterIssuer $hosts (not $tls) -}}
    {{- $tls = list (dict "hosts" (uniq $hosts) "secretName" (printf "%s-tls" .name)) -}}
  {{- end -}}
  {{- toJson $tls -}}
{{- end -}}
