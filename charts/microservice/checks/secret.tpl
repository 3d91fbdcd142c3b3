{{/*
microservice.problems.secret: a Secret of a type has the keys that the type demands
(Kubernetes, ValidateSecret).
*/}}
{{- define "microservice.problems.secret" -}}
  {{- $type := .Values.secret.type }}
  {{- $account := "kubernetes.io/service-account.name" }}
  {{- $_ := include "microservice.collectSettings" . }}
  {{- range $part, $settings := .settings }}
    {{- if hasPrefix "secret" $part }}
      {{- $key := eq $part "secrets" | ternary "secret.data" "secret.files" }}
      {{- $names := concat (keys .data) (keys .binary) }}
      {{- $wanted := get (dict
        "kubernetes.io/dockercfg" (list ".dockercfg")
        "kubernetes.io/dockerconfigjson" (list ".dockerconfigjson")
        "kubernetes.io/ssh-auth" (list "ssh-privatekey")
        "kubernetes.io/tls" (list "tls.crt" "tls.key")) $type | default list }}
      {{- range $wanted }}
        {{- if not (has . $names) }}
          {{ $key }} has no {{ . }}, which a Secret of secret.type: {{ $type }} needs; add it, or remove secret.type
        {{- else if hasPrefix ".docker" . }}
          {{- if hasKey (get $settings.data . | default (get $settings.binary . | b64dec) | fromJson) "Error" }}
            {{ $key }}[{{ . }}] is not JSON, which a Secret of secret.type: {{ $type }} needs
          {{- end }}
        {{- end }}
      {{- end }}
      {{- if and (eq $type "kubernetes.io/basic-auth") (not (has "username" $names)) (not (has "password" $names)) }}
        {{ $key }} has neither username nor password, of which a Secret of secret.type: {{ $type }} needs one; add it, or remove
        {{- " secret.type" }}
      {{- end }}
      {{- if and (eq $type "kubernetes.io/service-account-token") (not (index ($.Values.secret.annotations | default dict) $account)) }}
        secret.annotations has no {{ $account }}, which a Secret of secret.type: {{ $type }} needs; add it, or remove secret.type
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "microservice.checks.secret" -}}
  {{- include "microservice.problems.secret" . }}
{{- end -}}
