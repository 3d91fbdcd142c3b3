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

{{/*
namespace.problems.labels: labels of the namespace don't say something else than
podSecurity, or than its name.
*/}}
{{- define "namespace.problems.labels" -}}
  {{- $own := dict "kubernetes.io/metadata.name" (list "name" (include "namespace.name" .)) }}
  {{- range $mode := list "enforce" "audit" "warn" }}
    {{- with get $.Values.podSecurity $mode }}
      {{- $label := printf "pod-security.kubernetes.io/%s" $mode }}
      {{- $_ := list (printf "podSecurity.%s" $mode) . | set $own $label }}
      {{- $_ = list "podSecurity.version" $.Values.podSecurity.version | set $own (printf "%s-version" $label) }}
    {{- end }}
  {{- end }}
  {{- range $label, $pair := $own }}
    {{- $written := index ($.Values.labels | default dict) $label }}
    {{- $value := last $pair }}
    {{- if not (or (kindIs "invalid" $written) (kindIs "invalid" $value) (eq (toString $written) (toString $value))) }}
      labels[{{ $label }}]: {{ quote $written }} contradicts {{ first $pair }}: {{ $value }}; remove the label, or change the other
    {{- end }}
  {{- end }}
{{- end -}}
