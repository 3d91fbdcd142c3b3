{{/*
microservice.migrationRoot: a root -> nothing; keeps in it, as "migration", the
root of which the chart's own templates make what a migration needs: hooks,
under a name of their own, since a hook under a live object's name would delete
that. An account made elsewhere serves the migration too; rights in the
cluster's API are the service's.
*/}}
{{- define "microservice.migrationRoot" -}}
  {{- if not (hasKey . "migration") -}}
    {{- $new := dict -}}
    {{- $values := .Values -}}
    {{- $fullname := include "microservice.fullname" . -}}
    {{- $secret := set (deepCopy $values.secret) "versioned" false -}}
    {{- with ($secret.external).vault -}}
      {{- $_ := set . "role" (.role | default $fullname) -}}
    {{- end -}}
    {{- include "microservice.derive" (list $new . (dict
      "fullnameOverride" (printf "%s-migration" $fullname)
      "config" (set (deepCopy $values.config) "versioned" false)
      "secret" $secret
      "ports" dict "service" dict "rbac" dict "initContainers" list "extraContainers" list
      "serviceAccount" (empty $values.serviceAccount.create | ternary $values.serviceAccount (omit $values.serviceAccount "name")))) -}}
    {{- $_ := set $new "writtenName" $fullname -}}
    {{- $_ := set $new "component" "migration" -}}
    {{- $_ := set . "migration" $new -}}
  {{- end -}}
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
from a text of several lines that ends there: with the keys sorted none does.
*/}}
{{- define "microservice.migrationCopy" -}}
  {{- $root := index . 0 -}}
  {{- include "microservice.migrationRoot" $root -}}
  {{- $copy := set $root.migration "hook" (include "microservice.migrationHook" (index . 2) | fromJson) -}}
  {{- $rendered := include (printf "%s/%s.yaml" $root.Template.BasePath (index . 1)) $copy -}}
  {{- if contains "|" $rendered -}}
    {{- $rendered = printf "%s\n" $rendered | fromYaml | include "microservice.toYaml" -}}
  {{- end -}}
  {{- $rendered -}}
{{- end -}}
