{{/*
namespace.problems.names: the namespace is a new one. That in which the release
lies is there before, and Helm makes nothing that is there.
*/}}
{{- define "namespace.problems.names" -}}
  {{- $name := include "namespace.name" . }}
  {{- if not (regexMatch "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" $name) }}
    the name {{ quote $name }} can't be a namespace's: it takes small letters, digits and '-'; write name, such as
    {{- printf " name: %s" ($name | lower | replace "." "-") }}
  {{- end }}
  {{- if or (eq $name "default") (hasPrefix "kube-" $name) }}
    the namespace {{ $name }} is Kubernetes' own; write another name, such as name: staging
  {{- else if eq $name .Release.Namespace }}
    the namespace {{ $name }} can't be made by a release that lies in it: Helm keeps a release's records there before it makes
    {{- " anything; install the release in another namespace, such as -n default" }}
  {{- end }}
{{- end -}}
