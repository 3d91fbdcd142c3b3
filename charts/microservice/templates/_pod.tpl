{{/*
microservice.podSpec: the pod of the application, or of the job whose root this is.
*/}}
{{- define "microservice.podSpec" -}}
  {{- include "microservice.fields" (list
    "serviceAccountName" (include "microservice.serviceAccountName" .)
    "automountServiceAccountToken" (or .Values.rbac.rules .Values.rbac.clusterRules | empty | ternary .Values.serviceAccount.automount true)
    "imagePullSecrets" (include "microservice.imagePullSecrets" . | fromJsonArray)
    "securityContext" (include "microservice.podSecurityContext" . | fromJson)
    "terminationGracePeriodSeconds" .Values.terminationGracePeriodSeconds
    "priorityClassName" .Values.priorityClassName
    "nodeSelector" .Values.nodeSelector
    "tolerations" .Values.tolerations
    "affinity" (include "microservice.affinity" . | fromJson)
    "topologySpreadConstraints" (include "microservice.topologySpreadConstraints" . | fromJsonArray)
    "initContainers" (include "microservice.sideContainers" (dict "root" . "containers" .Values.initContainers) | fromJsonArray)) }}
containers:
- {{ include "microservice.container" . | nindent 2 | trim }}
  {{- with .Values.extraContainers }}
    {{- $side := dict "root" $ "containers" . "drain" (include "microservice.sleepSeconds" $ | int64) }}
{{ include "microservice.sideContainers" $side | fromJsonArray | include "microservice.toYaml" }}
  {{- end }}
  {{- with include "microservice.fields" (list "volumes" (include "microservice.volumes" . | fromJsonArray)) }}
{{ . }}
  {{- end }}
  {{- with include "microservice.podFields" .Values.podSpec | fromJson | include "microservice.toYaml" }}
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
microservice.podFields: podSpec as JSON, with the defaults of its fields. Service links
would set <SERVICE>_PORT and the like for each Service of the namespace, in the place of
variables that programs read. Without its DNS policy a pod in the node's network looks
up no Service.
*/}}
{{- define "microservice.podFields" -}}
  {{- $fields := dict "enableServiceLinks" false -}}
  {{- if (.).hostNetwork }}{{ $_ := set $fields "dnsPolicy" "ClusterFirstWithHostNet" }}{{ end -}}
  {{- range $key, $value := . -}}
    {{- if not (kindIs "invalid" $value) }}{{ $_ := set $fields $key $value }}{{ end -}}
  {{- end -}}
  {{- toJson $fields -}}
{{- end -}}
