{{/*
microservice.problems.security: a container that must not be root doesn't start
as root. The message names where each of the two was said: with the container,
in securityContext, in podSecurityContext, or by the standard.
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
        {{ $user }}.runAsUser: 0 is root, which runAsNonRoot of {{ $rule }} rules out; write another user, or runAsNonRoot: false
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.rbac: rights are given to an account of the application's,
not to the one that all pods of the namespace have that name none.
*/}}
{{- define "microservice.problems.rbac" -}}
  {{- if and (or .Values.rbac.rules .Values.rbac.clusterRules) (not (or .Values.serviceAccount.create .Values.serviceAccount.name)) }}
    rbac has no account to give rights to: write serviceAccount.create: true, or serviceAccount.name for one made elsewhere
  {{- end }}
{{- end -}}
