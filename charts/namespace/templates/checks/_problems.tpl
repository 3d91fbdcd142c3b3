{{/*
namespace.problems: everything about the values that no schema can see and that
would not work, each in a sentence with its key and its remedy, as a JSON list.
A block that was taken away makes the rest meaningless, so it comes alone.

A check prints its problems, each on a line of its own: where a value in one can
hold a line break, that is escaped.
*/}}
{{- define "namespace.problems" -}}
  {{- or (include "namespace.problems.blocks" .) (include "namespace.problems.all" .) | include "namespace.lines" -}}
{{- end -}}

{{- define "namespace.problems.all" -}}
  {{- include "namespace.problems.names" . }}
  {{- include "namespace.problems.limits" . }}
  {{- include "namespace.problems.quota" . }}
{{- end -}}

{{/*
namespace.problems.blocks: a block with defaults of its own that is null has
lost them all, which nobody wants.
*/}}
{{- define "namespace.problems.blocks" -}}
  {{- range $block, $instead := dict
    "limitRange" "limitRange.enabled: false"
    "networkPolicy" "networkPolicy.enabled: false"
    "podSecurity" "podSecurity.enforce: privileged"
    "resourceQuota" "resourceQuota.enabled: false" }}
    {{- if kindIs "invalid" (index $.Values $block) }}
      {{ $block }}: null removes every default of it; leave the line out, or write what you mean, such as {{ $instead }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
namespace.lines: a text -> its lines as a JSON list: without indentation,
without empty ones, each once.
*/}}
{{- define "namespace.lines" -}}
  {{- regexReplaceAll "\\s*\\n\\s*" . "\n" | trim | splitList "\n" | compact | uniq | toJson -}}
{{- end -}}
