{{/*
microservice.problems.security: no container has both runAsNonRoot and user 0. The
message names where each is set: the container, securityContext,
podSecurityContext or podSecurityStandard.
*/}}
{{- define "microservice.problems.security" -}}
  {{- if contains `"runAsUser":0` (pick .Values "securityContext" "podSecurityContext" "initContainers" "extraContainers" | toJson) }}
    {{- $standard := eq (toString .Values.podSecurityStandard) "restricted" | ternary "podSecurityStandard: restricted" "" }}
    {{- range $key, $found := include "microservice.securityContexts" . | fromJson }}
      {{- if and $found.context.runAsNonRoot (eq (toString $found.context.runAsUser) "0") }}
        {{- $user := "podSecurityContext" }}
        {{- $rule := $standard | default "podSecurityContext" }}
        {{- range $layer := list (dict "securityContext" $.Values.securityContext) (dict $key $found.own) }}
          {{- range $where, $written := $layer }}
            {{- if eq (toString ($written).runAsUser) "0" }}
              {{- $user = $where }}
            {{- end }}
            {{- if ($written).runAsNonRoot }}
              {{- $rule = $where }}
            {{- end }}
          {{- end }}
        {{- end }}
        {{ $user }}.runAsUser: 0 is root, which runAsNonRoot of {{ $rule }} forbids; set another user, or runAsNonRoot: false
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.rbac: roles are bound to a service account of the
application, not to the namespace's default.
*/}}
{{- define "microservice.problems.rbac" -}}
  {{- if and (or .Values.rbac.rules .Values.rbac.clusterRules) (not (or .Values.serviceAccount.create .Values.serviceAccount.name)) }}
    rbac has no service account to bind to: set serviceAccount.create: true, or serviceAccount.name to an existing one
  {{- end }}
{{- end -}}
