{{/*
namespace.problems.names: the namespace is a new one: not the release's own,
which must exist before the release.
*/}}
{{- define "namespace.problems.names" -}}
  {{- $name := include "namespace.name" . }}
  {{- if not (regexMatch "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" $name) }}
    the name {{ quote $name }} is not a valid namespace name (lowercase letters, digits and '-'): set name, such as
    {{- printf " name: %s" ($name | lower | replace "." "-") }}
  {{- end }}
  {{- if or (eq $name "default") (hasPrefix "kube-" $name) }}
    the namespace {{ $name }} is reserved by Kubernetes; set another name, such as name: staging
  {{- else if eq $name .Release.Namespace }}
    the namespace {{ $name }} can't be created by a release in that namespace: Helm stores the release there first;
    {{- " install the release in another namespace, such as -n default" }}
  {{- end }}
{{- end -}}
