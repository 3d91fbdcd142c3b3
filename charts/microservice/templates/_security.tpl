{{/*
microservice.podSecurityContext: what podSecurityStandard means for a pod, with
podSecurityContext laid over it, as JSON. The rules: Kubernetes, Pod Security
Standards.
*/}}
{{- define "microservice.podSecurityContext" -}}
  {{- $context := dict -}}
  {{- if has .Values.podSecurityStandard (list "restricted" "baseline") -}}
    {{- $_ := set $context "seccompProfile" (dict "type" "RuntimeDefault") -}}
  {{- end -}}
  {{- if eq (toString .Values.podSecurityStandard) "restricted" -}}
    {{- $_ := merge $context (dict "runAsNonRoot" true "fsGroup" 10001 "fsGroupChangePolicy" "OnRootMismatch") -}}
  {{- end -}}
  {{- include "microservice.overlay" (dict "base" $context "over" .Values.podSecurityContext) -}}
  {{- toJson $context -}}
{{- end -}}

{{/*
microservice.securityContext: (dict "root" . "own" MAP) -> the same for a container,
with securityContext and then the container's own laid over it, as JSON. Kubernetes
refuses to deny escalation to a privileged container, so there that default is
left out.
*/}}
{{- define "microservice.securityContext" -}}
  {{- $values := .root.Values -}}
  {{- $context := dict -}}
  {{- if has $values.podSecurityStandard (list "restricted" "baseline") -}}
    {{- $_ := set $context "allowPrivilegeEscalation" false -}}
  {{- end -}}
  {{- if eq (toString $values.podSecurityStandard) "restricted" -}}
    {{- $_ := set $context "capabilities" (dict "drop" (list "ALL")) -}}
    {{- $_ := merge $context (dict "readOnlyRootFilesystem" true "runAsNonRoot" true "runAsUser" 10001 "runAsGroup" 10001) -}}
  {{- end -}}
  {{- $written := false -}}
  {{- range $layer := list $values.securityContext .own | compact -}}
    {{- include "microservice.overlay" (dict "base" $context "over" $layer) -}}
    {{- $written = or $written (hasKey $layer "allowPrivilegeEscalation") -}}
  {{- end -}}
  {{- $added := ($context.capabilities).add -}}
  {{- if and (not $written) (or $context.privileged (has "SYS_ADMIN" $added) (has "CAP_SYS_ADMIN" $added)) -}}
    {{- $_ := unset $context "allowPrivilegeEscalation" -}}
  {{- end -}}
  {{- toJson $context -}}
{{- end -}}

{{/*
microservice.mainContext: the key where the main container's security context is written.
*/}}
{{- define "microservice.mainContext" -}}
  {{- .Values.containerSecurityContext | empty | ternary "securityContext" "containerSecurityContext" -}}
{{- end -}}
