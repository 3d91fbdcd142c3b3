{{/*
microservice.podSpec: the pod of the application, or of the job whose root this is.
*/}}
{{- define "microservice.podSpec" -}}
  {{- include "microservice.once" (dict "root" . "run" "microservice.fields" "of" (list
    "serviceAccountName" (include "microservice.serviceAccountName" .)
    "automountServiceAccountToken" (or .Values.rbac.rules .Values.rbac.clusterRules | empty | ternary .Values.serviceAccount.automount true)
    "imagePullSecrets" (include "microservice.imagePullSecrets" . | fromJsonArray)
    "securityContext" (include "microservice.podSecurityContext" . | fromJson)
    "terminationGracePeriodSeconds" .Values.terminationGracePeriodSeconds
    "priorityClassName" .Values.priorityClassName
    "nodeSelector" .Values.nodeSelector
    "tolerations" .Values.tolerations)) }}
  {{- with include "microservice.scheduling" . }}
{{ . }}
  {{- end }}
  {{- with .Values.initContainers }}
{{ include "microservice.fields" (list "initContainers" (include "microservice.sideContainers" (dict "root" $ "containers" .) | fromJsonArray)) }}
  {{- end }}
containers:
- {{ include "microservice.container" . | nindent 2 | trim }}
  {{- with .Values.extraContainers }}
    {{- $side := dict "root" $ "containers" . "drain" (include "microservice.sleepSeconds" $ | int64) }}
{{ include "microservice.sideContainers" $side | fromJsonArray | include "microservice.toYaml" }}
  {{- end }}
  {{- $volumes := list "volumes" (include "microservice.volumes" . | fromJsonArray) }}
  {{- with include "microservice.once" (dict "root" . "run" "microservice.fields" "of" $volumes) }}
{{ . }}
  {{- end }}
  {{- with include "microservice.once" (dict "root" . "run" "microservice.podFields" "of" .Values.podSpec) }}
{{ . }}
  {{- end }}
{{- end -}}

{{/*
microservice.podTemplate: the template of the pods whose root this is. That of the service
refers to settings whose names have a hash by their actual names; a derived root does already.
*/}}
{{- define "microservice.podTemplate" -}}
  {{- $pod := . -}}
  {{- if and (not .component) (or .Values.config.versioned .Values.secret.versioned (.Values.secret.external).enabled) -}}
    {{- $pod = dict -}}
    {{- include "microservice.derive" (dict "into" $pod "root" .) -}}
    {{- include "microservice.resolve" $pod -}}
  {{- end -}}
metadata:
  {{- include "microservice.podMetadata" . | nindent 2 }}
spec:
  {{- include "microservice.podSpec" $pod | nindent 2 }}
{{- end -}}

{{/*
microservice.podFields: podSpec as YAML, with the defaults of its fields. Service links
would set <SERVICE>_PORT and the like for each Service of the namespace, in the place of
variables that programs read. Without its DNS policy a pod in the node's network looks
up no Service.
*/}}
{{- define "microservice.podFields" -}}
  {{- if not . -}}
enableServiceLinks: false
  {{- else -}}
  {{- $fields := dict "enableServiceLinks" false -}}
  {{- if (.).hostNetwork }}{{ $_ := set $fields "dnsPolicy" "ClusterFirstWithHostNet" }}{{ end -}}
  {{- range $key, $value := . -}}
    {{- if not (kindIs "invalid" $value) }}{{ $_ := set $fields $key $value }}{{ end -}}
  {{- end -}}
  {{- include "microservice.toYaml" $fields -}}
  {{- end -}}
{{- end -}}
