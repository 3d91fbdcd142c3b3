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
  {{- include "microservice.overlay" (list $context (.Values.podSecurityContext | default dict)) -}}
  {{- toJson $context -}}
{{- end -}}

{{/*
microservice.securityContext: (list ROOT OWN) -> likewise for a container, with
securityContext and then the container's own laid over it, as JSON. A privileged
container can't be denied escalation (Kubernetes refuses the pair), so that
default gives way to it.
*/}}
{{- define "microservice.securityContext" -}}
  {{- $values := (index . 0).Values -}}
  {{- $context := dict -}}
  {{- if has $values.podSecurityStandard (list "restricted" "baseline") -}}
    {{- $_ := set $context "allowPrivilegeEscalation" false -}}
  {{- end -}}
  {{- if eq (toString $values.podSecurityStandard) "restricted" -}}
    {{- $_ := set $context "capabilities" (dict "drop" (list "ALL")) -}}
    {{- $_ := merge $context (dict "readOnlyRootFilesystem" true "runAsNonRoot" true "runAsUser" 10001 "runAsGroup" 10001) -}}
  {{- end -}}
  {{- $written := false -}}
  {{- range $layer := list ($values.securityContext | default dict) (index . 1 | default dict) -}}
    {{- include "microservice.overlay" (list $context $layer) -}}
    {{- $written = or $written (hasKey $layer "allowPrivilegeEscalation") -}}
  {{- end -}}
  {{- $added := ($context.capabilities).add | default list -}}
  {{- if and (not $written) (or $context.privileged (has "SYS_ADMIN" $added) (has "CAP_SYS_ADMIN" $added)) -}}
    {{- $_ := unset $context "allowPrivilegeEscalation" -}}
  {{- end -}}
  {{- toJson $context -}}
{{- end -}}

{{/*
microservice.sideContainers: (list ROOT CONTAINERS) -> init or extra containers
as the user wrote them, with the securityContext of theirs, as a JSON list.
*/}}
{{- define "microservice.sideContainers" -}}
  {{- $root := index . 0 -}}
  {{- $list := list -}}
  {{- range $container := index . 1 -}}
    {{- $context := include "microservice.securityContext" (list $root $container.securityContext) | fromJson -}}
    {{- $list = append $list (merge (dict "securityContext" $context) (omit $container "securityContext")) -}}
  {{- end -}}
  {{- toJson $list -}}
{{- end -}}

{{/*
microservice.securityContexts: what every container runs with, as a JSON map of
the key where it is written -> {"own": as written there, "context": with the
standard, securityContext and the pod's user laid under it}.
*/}}
{{- define "microservice.securityContexts" -}}
  {{- $root := . -}}
  {{- $pod := pick (include "microservice.podSecurityContext" . | fromJson) "runAsUser" "runAsNonRoot" -}}
  {{- $own := dict "securityContext" (.Values.securityContext | default dict) -}}
  {{- range $kind := list "initContainers" "extraContainers" -}}
    {{- range $index, $container := index $root.Values $kind -}}
      {{- $_ := set $own (printf "%s[%d].securityContext" $kind $index) ($container.securityContext | default dict) -}}
    {{- end -}}
  {{- end -}}
  {{- $contexts := dict -}}
  {{- range $key, $layer := $own -}}
    {{- $context := include "microservice.securityContext" (list $root $layer) | fromJson -}}
    {{- $_ := set $contexts $key (dict "own" $layer "context" (include "microservice.merged" (list $pod $context) | fromJson)) -}}
  {{- end -}}
  {{- toJson $contexts -}}
{{- end -}}
