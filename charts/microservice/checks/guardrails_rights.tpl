{{/*
microservice.risks.rights: pods can't take over the cluster through its API.
*/}}
{{- define "microservice.risks.rights" -}}
  {{- with .Values }}
    {{- include "microservice.risks.rules" (dict "key" "rbac.rules" "rules" .rbac.rules) }}
    {{- include "microservice.risks.rules" (dict "key" "rbac.clusterRules" "rules" .rbac.clusterRules "cluster" true) }}
    {{- $bound := or .rbac.rules .rbac.clusterRules (contains "RoleBinding" (toJson .extraObjects)) }}
    {{- if and .serviceAccount.automount (not $bound) (or .serviceAccount.create (not .serviceAccount.name)) }}
      serviceAccountToken: serviceAccount.automount: true gives an intruder a token that nothing here needs; remove it, or write the
      {{- " rights into rbac.rules" }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.risks.rules: (dict "key" KEY "rules" LIST "cluster" BOOL) -> the risks
of a role's rules, in the whole cluster or in a namespace (Kubernetes, RBAC Good
Practices).
*/}}
{{- define "microservice.risks.rules" -}}
  {{- range $index, $rule := .rules }}
    {{- $place := printf "%s[%d]" $.key $index }}
    {{- if or (has "*" $rule.verbs) (has "*" $rule.resources) (has "*" $rule.nonResourceURLs) }}
      fullRights: {{ $place }}: "*" grants also what is not needed, and what comes later; list the verbs and resources
    {{- else }}
      {{- range $verb := list "escalate" "bind" "impersonate" }}
        {{- if has $verb $rule.verbs }}
          fullRights: {{ $place }}.verbs: with {{ $verb }} the pods can get every right; remove it
        {{- end }}
      {{- end }}
      {{- if and $.cluster (not $rule.resourceNames) }}
        {{- range $resource := list "secrets" "nodes/proxy" "pods/attach" "pods/exec" "serviceaccounts/token" }}
          {{- if has $resource $rule.resources }}
            fullRights: {{ $place }}.resources: {{ $resource }} in every namespace lead to the rights of all pods; use rbac.rules, or
            {{- " resourceNames" }}
          {{- end }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.risks.objects: the same for extraObjects, as far as they are pods, roles,
Secrets and ConfigMaps. A template is only rendered again where it may be one of them.
*/}}
{{- define "microservice.risks.objects" -}}
  {{- range $index, $object := .Values.extraObjects }}
    {{- $key := printf "extraObjects[%d]" $index }}
    {{- if kindIs "map" $object }}
      {{- include "microservice.risks.object" (dict "key" $key "object" $object) }}
    {{- else if regexMatch "containers[\"']?:|kind[\"']?: *[\"']?(?:Secret|ConfigMap|(?:Cluster)?Role(?:Binding)?)\\b" $object }}
      {{- $generated := regexMatch "\\b(?:rand[A-Z]|gen[A-Z]|lookup |derivePassword|htpasswd|uuidv4)" $object }}
      {{- range regexSplit "(?m)^---" (tpl $object $) -1 }}
        {{- include "microservice.risks.object" (dict "key" $key "object" (fromYaml .) "generated" $generated) }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.risks.object: (dict "key" KEY "object" MAP "generated" BOOL) -> the risks
of an object: a Secret that is not generated, rights, settings, or pods.
*/}}
{{- define "microservice.risks.object" -}}
  {{- $key := .key }}
  {{- $kind := toString .object.kind }}
  {{- if and (eq $kind "Secret") (or .object.data .object.stringData) (not .generated) }}
    secretsInValues: {{ $key }}: everyone who can read the values can read this Secret; use secret.external, or an existing Secret
  {{- else if and (has $kind (list "Role" "ClusterRole")) (kindIs "slice" .object.rules) }}
    {{- include "microservice.risks.rules" (dict "key" (printf "%s.rules" $key) "rules" .object.rules "cluster" (eq $kind "ClusterRole")) }}
  {{- else if and (has $kind (list "RoleBinding" "ClusterRoleBinding")) (dig "roleRef" "name" "" .object | eq "cluster-admin") }}
    fullRights: {{ $key }}.roleRef: cluster-admin grants every right; bind a role with the rights that are needed
  {{- else if and (eq $kind "ConfigMap") (kindIs "map" .object.data) }}
    {{- $texts := dict }}
    {{- range $name, $text := .object.data }}
      {{- if contains "\n" (toString $text) }}{{ $_ := set $texts (printf "%s.data.%s" $key $name) $text }}{{ end }}
    {{- end }}
    {{- include "microservice.risks.plainText" (dict "variables" (dict (printf "%s.data" $key) .object.data) "texts" $texts) }}
  {{- else if kindIs "map" .object.spec }}
    {{- $spec := .object.spec }}
    {{- $place := printf "%s.spec" $key }}
    {{- range $step := list "jobTemplate" "template" }}
      {{- $next := get $spec $step }}
      {{- if and (kindIs "map" $next) (kindIs "map" ($next).spec) }}
        {{- $spec = $next.spec }}
        {{- $place = printf "%s.%s.spec" $place $step }}
      {{- end }}
    {{- end }}
    {{- if kindIs "slice" $spec.containers }}
      {{- include "microservice.risks.foreignPod" (dict "key" $place "spec" $spec) }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.risks.foreignPod: (dict "key" KEY "spec" PODSPEC) -> the risks of a pod
that is not the chart's: only what is written there.
*/}}
{{- define "microservice.risks.foreignPod" -}}
  {{- include "microservice.risks.podFields" . }}
  {{- $pod := dict "key" (printf "%s.securityContext" .key) "own" .spec.securityContext }}
  {{- include "microservice.risks.podContext" $pod }}
  {{- range $volume := .spec.volumes }}
    {{- if $volume.hostPath }}
      hostPath: {{ $.key }}.volumes: {{ $volume.name }} mounts the node's file system; use another source
    {{- end }}
  {{- end }}
  {{- $found := dict "variables" dict "texts" dict }}
  {{- range $kind := list "initContainers" "containers" }}
    {{- range $index, $container := index $.spec $kind }}
      {{- $key := printf "%s.%s[%d]" $.key $kind $index }}
      {{- $own := dict "key" (printf "%s.securityContext" $key) "own" $container.securityContext }}
      {{- include "microservice.risks.context" (dict
        "pod" ($pod.own | default dict)
        "context" $own.own
        "layers" (list $pod $own)) }}
      {{- with $container.image }}
        {{- include "microservice.risks.tags" (dict (printf "%s.image" $key) .) }}
      {{- end }}
      {{- include "microservice.collectTexts" (dict "into" $found "key" (printf "%s." $key) "container" $container) }}
    {{- end }}
  {{- end }}
  {{- include "microservice.risks.plainText" $found }}
{{- end -}}

{{- define "microservice.checks.guardrails_rights" -}}
  {{- include "microservice.risks.rights" . }}
  {{- include "microservice.risks.objects" . }}
{{- end -}}
