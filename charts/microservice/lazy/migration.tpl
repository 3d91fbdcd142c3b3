{{/*
microservice.migrationRoot: the root -> nothing; keeps in it, as "migration", a
derived root from which the chart's own manifests make what a migration needs, as
hooks under names of their own: a hook with the name of a live object would delete
that. An existing account serves the migration too; rights in the cluster's API
stay with the service.
*/}}
{{- define "microservice.migrationRoot" -}}
  {{- if not .migration -}}
    {{- $fullname := include "microservice.fullname" . -}}
    {{- $config := set (deepCopy .Values.config) "versioned" false -}}
    {{- $secret := set (deepCopy .Values.secret) "versioned" false -}}
    {{- with ($secret.external).vault }}{{ $_ := set . "role" (.role | default $fullname) }}{{ end -}}
    {{- $account := .Values.serviceAccount -}}
    {{- if $account.create }}{{ $account = omit $account "name" }}{{ end -}}
    {{- $root := dict "component" "migration" "writtenName" $fullname -}}
    {{- include "microservice.derive" (dict "into" $root "root" . "over" (dict
      "fullnameOverride" (printf "%s-migration" $fullname)
      "config" $config
      "secret" $secret
      "ports" dict
      "service" dict
      "extraServices" dict
      "rbac" dict
      "initContainers" list
      "extraContainers" list
      "serviceAccount" $account)) -}}
    {{- $_ := set . "migration" $root -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.migrationHook: a weight -> the annotations that make an object a hook
of that weight, as JSON. A hook other than a Job has succeeded as soon as it is
made; Helm deletes those once the last one has succeeded or one has failed.
*/}}
{{- define "microservice.migrationHook" -}}
  {{- dict
    "helm.sh/hook" "pre-install,pre-upgrade"
    "helm.sh/hook-weight" (toString .)
    "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded,hook-failed" | toJson -}}
{{- end -}}

{{/*
microservice.migrationCopy: (dict "root" . "manifest" NAME "weight" WEIGHT) -> what
<NAME>.yaml renders to for the migration, as a hook. Helm takes the line break from
the end of a hook, and with it from a block scalar that ends there; where there may
be one the keys are sorted, so that none comes last.
*/}}
{{- define "microservice.migrationCopy" -}}
  {{- include "microservice.migrationRoot" .root -}}
  {{- $root := set .root.migration "hook" (include "microservice.migrationHook" .weight | fromJson) -}}
  {{- $copy := include (printf "%s/%s.yaml" .root.Template.BasePath .manifest) $root -}}
  {{- if contains "|" $copy }}{{ $copy = printf "%s\n" $copy | fromYaml | include "microservice.toYaml" }}{{ end -}}
  {{- $copy -}}
{{- end -}}

{{/*
microservice.migrationFailurePolicy: what a migration that is not retried does when its
pod is evicted, which is no failure of its own: the Job makes another, as JSON.
*/}}
{{- define "microservice.migrationFailurePolicy" -}}
  {{- $policy := dict -}}
  {{- with .Values.migration -}}
    {{- if and (eq (toString .backoffLimit) "0") (ne (toString .restartPolicy) "OnFailure") -}}
      {{- $disrupted := dict "action" "Ignore" "onPodConditions" (list (dict "type" "DisruptionTarget" "status" "True")) -}}
      {{- $policy = dict "rules" (list $disrupted) -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $policy -}}
{{- end -}}

{{/*
microservice.migrationJob: the Job of a migration.
*/}}
{{- define "microservice.migrationJob" -}}
  {{- include "microservice.migrationRoot" . }}
  {{- $_ := set .migration "hook" (include "microservice.migrationHook" 0 | fromJson) }}
  {{- $root := dict }}
  {{- include "microservice.jobRoot" (dict "into" $root "root" .migration "entry" .Values.migration) }}
apiVersion: batch/v1
kind: Job
metadata:
  {{- include "microservice.metadata" (dict
    "root" $root
    "name" (include "microservice.fullname" $root)
    "labels" .Values.migration.labels
    "annotations" (merge (dict "helm.sh/hook-output-log-policy" "hook-failed") (.Values.migration.annotations | default dict))) | nindent 2 }}
spec:
  {{- include "microservice.jobSpec" (dict
    "root" $root
    "entry" .Values.migration
    "ttlSecondsAfterFinished" 86400
    "podFailurePolicy" (include "microservice.migrationFailurePolicy" . | fromJson)) | trim | nindent 2 }}
{{- end -}}

{{/*
microservice.migrationCopies: what the migration needs, each object after a line of ---.
*/}}
{{- define "microservice.migrationCopies" -}}
  {{- /* What others refer to comes first: a SecretStore's account, an ExternalSecret's store. */}}
  {{- range $manifest, $weight := dict
    "serviceaccount" -3
    "networkpolicy" -3
    "configmap" -3
    "configmap-files" -3
    "secret" -3
    "secret-files" -3
    "secretstore" -2
    "externalsecret" -1 }}
    {{- with include "microservice.migrationCopy" (dict "root" $ "manifest" $manifest "weight" $weight) }}
---
{{ . }}
    {{- end }}
  {{- end }}
{{- end -}}
