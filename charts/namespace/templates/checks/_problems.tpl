{{/*
namespace.problems: all mistakes in the values that the schema can't find, as a
JSON list of sentences with key and remedy. A block that is null is reported
alone: the other checks need it.

A check prints one problem a line, so a value that can contain a line break is
quoted or escaped.
*/}}
{{- define "namespace.problems" -}}
  {{- or (include "namespace.problems.blocks" .) (include "namespace.problems.all" .) | include "namespace.lines" -}}
{{- end -}}

{{- define "namespace.problems.all" -}}
  {{- include "namespace.problems.names" . }}
  {{- include "namespace.problems.labels" . }}
  {{- if .Values.limitRange.enabled }}
    {{- include "namespace.problems.limits" . }}
    {{- include "namespace.problems.ratios" . }}
    {{- include "namespace.problems.defaults" . }}
  {{- end }}
  {{- include "namespace.problems.quota" . }}
{{- end -}}

{{/*
namespace.problems.blocks: null for a block removes all its defaults, which is
never intended.
*/}}
{{- define "namespace.problems.blocks" -}}
  {{- range $block, $instead := dict
    "limitRange" "limitRange.enabled: false"
    "networkPolicy" "networkPolicy.enabled: false"
    "podSecurity" "podSecurity.enforce: privileged"
    "resourceQuota" "resourceQuota.enabled: false" }}
    {{- if kindIs "invalid" (index $.Values $block) }}
      {{ $block }}: null removes all its defaults; delete the line, or set what you mean, such as {{ $instead }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
namespace.lines: a text -> its lines as a JSON list, without indentation,
empty lines and duplicates.
*/}}
{{- define "namespace.lines" -}}
  {{- regexReplaceAll "\\s*\\n\\s*" . "\n" | trim | splitList "\n" | compact | uniq | toJson -}}
{{- end -}}
