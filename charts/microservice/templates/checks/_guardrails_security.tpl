{{/*
microservice.risks.security: what breaks out of a container stays within it.
The default standard is only looked through where something is laid over it.
*/}}
{{- define "microservice.risks.security" -}}
{{- $risks := list -}}
{{- if or (ne (toString .Values.podSecurityStandard) "restricted") .Values.securityContext .Values.podSecurityContext .Values.initContainers .Values.extraContainers -}}
{{- range $key, $found := include "microservice.securityContexts" . | fromJson -}}
{{- with $found.context -}}
{{- if .privileged -}}
{{- $risks = append $risks (printf "%s.privileged: true is all that the node may; write the capabilities that are needed" $key) -}}
{{- end -}}
{{- if not (or .runAsNonRoot .runAsUser) -}}
{{- $risks = append $risks (printf "%s: the container may run as root; write runAsNonRoot: true, and runAsUser where the image's user has no number" $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $field := list "hostNetwork" "hostPID" "hostIPC" -}}
{{- if get ($.Values.podSpec | default dict) $field -}}
{{- $risks = append $risks (printf "podSpec.%s: true shares the node's with the pod; take it out" $field) -}}
{{- end -}}
{{- end -}}
{{- range $name, $volume := .Values.volumes -}}
{{- if and ($volume).hostPath (ne (toString $volume.enabled) "false") -}}
{{- $risks = append $risks (printf "volumes.%s.hostPath is the node's own file system; write another source, such as claim: {size: 1Gi}" $name) -}}
{{- end -}}
{{- end -}}
{{- toJson $risks -}}
{{- end -}}

{{/*
microservice.risks.exposure: secrets are no part of values files, requests from
outside are encrypted, and the nodes' ports are left to the nodes.
*/}}
{{- define "microservice.risks.exposure" -}}
{{- $risks := list -}}
{{- range $key := list "data" "files" -}}
{{- if include "microservice.toYaml" (get $.Values.secret $key) -}}
{{- $risks = append $risks (printf "secret.%s: all who read the values know it; fetch it by secret.external, or name a Secret made elsewhere in secret.existing, env or volumes" $key) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.tls) (not .Values.ingress.clusterIssuer) -}}
{{- $risks = append $risks "ingress.tls: without it requests are readable on their way; write ingress.tls or ingress.clusterIssuer" -}}
{{- end -}}
{{- if contains "hostPort" (pick .Values "ports" "initContainers" "extraContainers" | toJson) -}}
{{- range $entry := include "microservice.allPorts" . | fromJsonArray -}}
{{- with $entry.port.hostPort -}}
{{- $risks = append $risks (printf "%s.hostPort: %d lets one pod a node run, outside all policies; write a Service of type NodePort or LoadBalancer" $entry.key (int64 .)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $risks -}}
{{- end -}}
