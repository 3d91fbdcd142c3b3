{{/*
microservice.migrationValues: the values as JSON of which the chart's own
templates make what a migration needs: those of a job, under a name of its own,
since a hook under a live object's name would delete that. An account made
elsewhere serves the migration too; rights in the cluster's API are the service's.
*/}}
{{- define "microservice.migrationValues" -}}
{{- $fullname := include "microservice.fullname" . -}}
{{- $secret := set (deepCopy .Values.secret) "versioned" false -}}
{{- with ($secret.external).vault }}{{ $_ := set . "role" (.role | default $fullname) }}{{ end -}}
{{- $values := include "microservice.merged" (list .Values (dict
  "fullnameOverride" (printf "%s-migration" $fullname)
  "config" (set (deepCopy .Values.config) "versioned" false)
  "secret" $secret
  "rbac" dict "service" dict
  "serviceAccount" (empty .Values.serviceAccount.create | ternary .Values.serviceAccount (omit .Values.serviceAccount "name")))) | fromJson -}}
{{- $root := dict "Values" $values "Release" .Release "Chart" .Chart "writtenName" $fullname -}}
{{- include "microservice.jobValues" (list $root .Values.migration) -}}
{{- end -}}

{{/*
microservice.migrationHook: the annotations that make an object a hook, as JSON;
its argument is the weight. A hook counts as succeeded when it is made, and Helm
deletes all that did once the last one has, or one has failed.
*/}}
{{- define "microservice.migrationHook" -}}
{{- dict
  "helm.sh/hook" "pre-install,pre-upgrade"
  "helm.sh/hook-weight" (toString .)
  "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded,hook-failed" | toJson -}}
{{- end -}}

{{/*
microservice.migrationCopy: (list ROOT FILE WEIGHT) -> what a template renders
to for the migration. Helm takes the line break from the end of a hook, and so
from a text that ends there: with the keys sorted no text does.
*/}}
{{- define "microservice.migrationCopy" -}}
{{- $root := index . 0 -}}
{{- $copy := dict "Values" (include "microservice.migrationValues" $root | fromJson) "Release" $root.Release "Chart" $root.Chart "component" "migration" -}}
{{- $_ := set $copy "hook" (include "microservice.migrationHook" (index . 2) | fromJson) -}}
{{- $rendered := include (printf "%s/%s.yaml" $root.Template.BasePath (index . 1)) $copy -}}
{{- include "microservice.toYaml" (printf "%s\n" $rendered | fromYaml) -}}
{{- end -}}
