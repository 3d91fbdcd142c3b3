{{/*
namespace.problems: everything about the values that no schema can see and that
would not work, each in a sentence with its key and its remedy, as a JSON list.
A block that was taken away makes the rest meaningless, so it comes alone.
*/}}
{{- define "namespace.problems" -}}
{{- $problems := include "namespace.problems.blocks" . | fromJsonArray -}}
{{- if not $problems -}}
{{- range $part := list "names" "limits" "quota" -}}
{{- $problems = concat $problems (include (printf "namespace.problems.%s" $part) $ | fromJsonArray) -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{/*
namespace.problems.blocks: a block with defaults of its own that is null has
lost them all, which nobody wants.
*/}}
{{- define "namespace.problems.blocks" -}}
{{- $problems := list -}}
{{- range $block, $instead := dict
  "limitRange" "limitRange.enabled: false"
  "networkPolicy" "networkPolicy.enabled: false"
  "podSecurity" "podSecurity.enforce: privileged"
  "resourceQuota" "resourceQuota.enabled: false" -}}
{{- if kindIs "invalid" (index $.Values $block) -}}
{{- $problems = append $problems (printf "%s: null removes every default of it; leave the line out, or write what you mean, such as %s" $block $instead) -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
