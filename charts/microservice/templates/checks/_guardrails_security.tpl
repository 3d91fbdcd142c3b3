{{/*
microservice.risks.security: what breaks out of a container stays within it.
The default standard is only looked through where something is laid over it.
*/}}
{{- define "microservice.risks.security" -}}
  {{- $overlaid := or .Values.securityContext .Values.podSecurityContext .Values.initContainers .Values.extraContainers }}
  {{- if or $overlaid (ne (toString .Values.podSecurityStandard) "restricted") }}
    {{- range $key, $found := include "microservice.securityContexts" . | fromJson }}
      {{- with $found.context }}
        {{- if .privileged }}
          {{ $key }}.privileged: true is all that the node may; write the capabilities that are needed
        {{- end }}
        {{- if not (or .runAsNonRoot .runAsUser) }}
          {{ $key }}: the container may run as root; write runAsNonRoot: true, and runAsUser where the image's user has no number
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- range $field := list "hostNetwork" "hostPID" "hostIPC" }}
    {{- if get ($.Values.podSpec | default dict) $field }}
      podSpec.{{ $field }}: true shares the node's with the pod; take it out
    {{- end }}
  {{- end }}
  {{- range $name, $volume := .Values.volumes }}
    {{- if and ($volume).hostPath (not (include "microservice.isDisabled" $volume)) }}
      volumes.{{ $name }}.hostPath is the node's own file system; write another source, such as claim: {size: 1Gi}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.risks.exposure: secrets are no part of values files, requests from
outside are encrypted, and the nodes' ports are left to the nodes.
*/}}
{{- define "microservice.risks.exposure" -}}
  {{- range $key := list "data" "files" }}
    {{- if include "microservice.toYaml" (get $.Values.secret $key) }}
      secret.{{ $key }}: all who read the values know it; fetch it by secret.external, or name a Secret made elsewhere in
      {{- " secret.existing, env or volumes" }}
    {{- end }}
  {{- end }}
  {{- if and .Values.ingress.enabled (not .Values.ingress.tls) (not .Values.ingress.clusterIssuer) }}
    ingress.tls: without it requests are readable on their way; write ingress.tls or ingress.clusterIssuer
  {{- end }}
  {{- if contains "hostPort" (pick .Values "ports" "initContainers" "extraContainers" | toJson) }}
    {{- range $entry := include "microservice.allPorts" . | fromJsonArray }}
      {{- with $entry.port.hostPort }}
        {{ $entry.key }}.hostPort: {{ int64 . }} lets one pod a node run, outside all policies; write a Service of type NodePort or
        {{- " LoadBalancer" }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
