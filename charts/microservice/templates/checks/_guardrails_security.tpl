{{/*
microservice.risks.security: containers have no more access to their node than
they need. The default standard is only checked where values override it.
*/}}
{{- define "microservice.risks.security" -}}
  {{- $overlaid := or .Values.securityContext .Values.podSecurityContext .Values.initContainers .Values.extraContainers }}
  {{- if or $overlaid (ne (toString .Values.podSecurityStandard) "restricted") }}
    {{- range $key, $found := include "microservice.securityContexts" . | fromJson }}
      {{- with $found.context }}
        {{- if .privileged }}
          {{ $key }}.privileged: true gives full access to the node; add only the capabilities that are needed
        {{- end }}
        {{- if not (or .runAsNonRoot .runAsUser) }}
          {{ $key }}: the container may run as root; set runAsNonRoot: true, and runAsUser if the image's user is not a number
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- range $field := list "hostNetwork" "hostPID" "hostIPC" }}
    {{- if get ($.Values.podSpec | default dict) $field }}
      podSpec.{{ $field }}: true shares the node's namespace with the pod; remove it
    {{- end }}
  {{- end }}
  {{- range $name, $volume := .Values.volumes }}
    {{- if and ($volume).hostPath (not (include "microservice.isDisabled" $volume)) }}
      volumes.{{ $name }}.hostPath mounts the node's file system; use another source, such as claim: {size: 1Gi}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.risks.exposure: no secrets in values, no unencrypted traffic from
outside, no ports of the nodes.
*/}}
{{- define "microservice.risks.exposure" -}}
  {{- range $key := list "data" "files" "binaryFiles" }}
    {{- if include "microservice.toYaml" (get $.Values.secret $key) }}
      secret.{{ $key }}: everyone who can read the values can read it; use secret.external, or an existing Secret in
      {{- " secret.existing, env or volumes" }}
    {{- end }}
  {{- end }}
  {{- if and .Values.ingress.enabled (not .Values.ingress.tls) (not .Values.ingress.clusterIssuer) }}
    ingress.tls: without it traffic is not encrypted; set ingress.tls or ingress.clusterIssuer
  {{- end }}
  {{- if contains "hostPort" (pick .Values "ports" "initContainers" "extraContainers" | toJson) }}
    {{- range $entry := include "microservice.allPorts" . | fromJsonArray }}
      {{- with $entry.port.hostPort }}
        {{ $entry.key }}.hostPort: {{ int64 . }} allows one pod per node, and can bypass NetworkPolicies; use a Service of type
        {{- " NodePort or LoadBalancer" }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
