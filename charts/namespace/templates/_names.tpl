{{/*
namespace.name: the name of the namespace that the release creates.
*/}}
{{- define "namespace.name" -}}
  {{- .Values.name | default .Release.Name -}}
{{- end -}}

{{/*
namespace.labels: the labels of every object, as a JSON map.
*/}}
{{- define "namespace.labels" -}}
  {{- dict
    "app.kubernetes.io/instance" .Release.Name
    "app.kubernetes.io/managed-by" .Release.Service
    "app.kubernetes.io/name" .Chart.Name
    "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimAll "-_.") | toJson -}}
{{- end -}}

{{/*
namespace.metadata: (dict "root" ROOT "name" NAME) -> the metadata of an object
in the namespace.
*/}}
{{- define "namespace.metadata" -}}
{{ toYaml (dict "name" .name "namespace" (include "namespace.name" .root)) }}
{{ toYaml (dict "labels" (include "namespace.labels" .root | fromJson)) }}
{{- end -}}
