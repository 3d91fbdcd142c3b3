{{/*
microservice.problems.external: there is something to fetch from a secrets
manager, and all that its store can't do without is said.
*/}}
{{- define "microservice.problems.external" -}}
{{- $problems := list -}}
{{- with .Values.secret.external -}}
{{- if .enabled -}}
{{- if not (or (include "microservice.toYaml" .data) .dataFrom) -}}
{{- $problems = append $problems "secret.external.enabled: true with nothing to fetch: write secret.external.data, such as data: {DATABASE_URL: shop/database-url}, or secret.external.dataFrom" -}}
{{- end -}}
{{- if and .provider (.store).name -}}
{{- $problems = append $problems (printf "secret.external.provider: %s makes a store, and secret.external.store.name: %s is one made elsewhere: write one of the two" .provider .store.name) -}}
{{- else if not (or .provider (.store).name) -}}
{{- $problems = append $problems "secret.external has no store to fetch from: write secret.external.provider: aws, vault or azure, or secret.external.store.name for a store made elsewhere" -}}
{{- end -}}
{{- range $field, $example := get (dict
  "aws" (dict "region" "eu-central-1" "service" "SecretsManager")
  "vault" (dict "server" "https://vault.example.com:8200" "mountPath" "kubernetes")
  "azure" (dict "vaultUrl" "https://shop.vault.azure.net")) (.provider | default "") | default dict -}}
{{- if not (get (get $.Values.secret.external $.Values.secret.external.provider | default dict) $field) -}}
{{- $problems = append $problems (printf "secret.external.%s.%s is missing: write it, such as %s: %s" $.Values.secret.external.provider $field $field $example) -}}
{{- end -}}
{{- end -}}
{{- with and (eq (toString .provider) "vault") (.vault).caProvider -}}
{{- if not (and .type .name .key) -}}
{{- $problems = append $problems "secret.external.vault.caProvider says too little: write type, name and key, such as {type: ConfigMap, name: vault-ca, key: ca.crt}" -}}
{{- end -}}
{{- end -}}
{{- $tenant := "azure.workload.identity/tenant-id" -}}
{{- if and (eq (toString .provider) "azure") (.azure).tenantId (hasKey ($.Values.serviceAccount.annotations | default dict) $tenant) -}}
{{- $problems = append $problems (printf "secret.external.azure.tenantId and serviceAccount.annotations[%s] both name the tenant, which External Secrets refuses: keep one of them" $tenant) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
