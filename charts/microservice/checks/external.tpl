{{/*
microservice.problems.external: there are secrets to fetch and a store to fetch them
from, with the fields that it requires; and nothing but pods refers to the Secret, since
only in them its name is replaced by the actual one.
*/}}
{{- define "microservice.problems.external" -}}
  {{- $external := .Values.secret.external }}
  {{- $provider := $external.provider | default "" }}
  {{- $store := ($external.store).name }}
  {{- if not (or (include "microservice.toYaml" $external.data) $external.dataFrom) }}
    secret.external.enabled: true, but nothing to fetch: set secret.external.data, such as data:
    {{- " {DATABASE_URL: shop/database-url}, or secret.external.dataFrom" }}
  {{- end }}
  {{- if and $provider $store }}
    secret.external.provider: {{ $provider }} creates a store, and secret.external.store.name: {{ $store }} names an existing one:
    {{- " set one of the two" }}
  {{- else if not (or $provider $store) }}
    secret.external has no store to fetch from: set secret.external.provider to aws, vault or azure, or
    {{- " secret.external.store.name to an existing store" }}
  {{- end }}
  {{- if and $provider (eq (toString ($external.store).kind) "ClusterSecretStore") }}
    secret.external.store.kind: ClusterSecretStore names an existing store, and secret.external.provider: {{ $provider }} creates a
    {{- " SecretStore; set provider: \"\" and store.name, or remove store.kind" }}
  {{- end }}
  {{- range $field, $example := get (dict
    "aws" (dict "region" "eu-central-1" "service" "SecretsManager")
    "vault" (dict "server" "https://vault.example.com:8200" "mountPath" "kubernetes")
    "azure" (dict "vaultUrl" "https://shop.vault.azure.net")) $provider | default dict }}
    {{- if not (get (index $external $provider) $field) }}
      secret.external.{{ $provider }}.{{ $field }} is missing: set it, such as {{ $field }}: {{ $example }}
    {{- end }}
  {{- end }}
  {{- with and (eq $provider "vault") ($external.vault).caProvider }}
    {{- if not (and .type .name .key) }}
      secret.external.vault.caProvider is incomplete: set type, name and key, such as
      {{- " {type: ConfigMap, name: vault-ca, key: ca.crt}" }}
    {{- end }}
  {{- end }}
  {{- if eq $provider "vault" }}
    {{- range $name, $remote := $external.data }}
      {{- if kindIs "string" $remote }}
        secret.external.data.{{ $name }}: Vault has properties at {{ $remote }}, and all of them together would be the value; write
        {{- printf " {key: %s, property: NAME}, or secret.external.dataFrom: [%s] for a variable of each" $remote $remote }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- $name := include "microservice.externalName" . }}
  {{- $field := `"secretName":` }}
  {{- range $key, $field := dict "extraIngresses" $field "imagePullSecrets" "" "ingress" $field "metrics" "" }}
    {{- if contains (printf "%s%q" $field $name) (index $.Values $key | toJson) }}
      {{ $key }} names the Secret {{ $name }}, whose name ends in a hash; fetch it with an ExternalSecret of its own, in extraObjects
    {{- end }}
  {{- end }}
  {{- $tenant := "azure.workload.identity/tenant-id" }}
  {{- if and (eq $provider "azure") ($external.azure).tenantId (hasKey (.Values.serviceAccount.annotations) $tenant) }}
    secret.external.azure.tenantId and serviceAccount.annotations[{{ $tenant }}] both set the tenant, which External Secrets
    {{- " rejects: remove one of them" }}
  {{- end }}
{{- end -}}

{{- define "microservice.checks.external" -}}
  {{- include "microservice.problems.external" . }}
{{- end -}}
