{{/*
mutation.outcome: a root -> checksums of what the chart makes of it, as JSON. @ is the chart. Where the text of the
manifests is not the expected one the objects are compared: a difference in spaces alone is none. Notes that no test
reads are left out. `checking` are the blocks that ran for the problems; `cov` then notes afresh.
*/}}
{{- define "mutation.outcome" -}}
  {{- $problems := include "@.problems" . -}}
  {{- $checking := keys .cov -}}
  {{- range $checking }}{{ $_ := unset $.cov . }}{{ end -}}
  {{- $report := "" -}}
  {{- $text := "" -}}
  {{- $notes := "" -}}
  {{- if fromJsonArray $problems -}}
    {{- $report = include (printf "%s/checks/checks.yaml" .Template.BasePath) . -}}
  {{- else -}}
    {{- range .manifests -}}
      {{- $text = include (printf "%s/%s" $.Template.BasePath .) $ | printf "%s\n---\n%s" $text -}}
    {{- end -}}
    {{- if .notes }}{{ $notes = include (printf "%s/NOTES.txt" .Template.BasePath) . }}{{ end -}}
  {{- end -}}
  {{- $objects := .expected.objects -}}
  {{- if ne (sha256sum $text) (toString .expected.text) -}}
    {{- $objects = "" -}}
    {{- range regexSplit "(?m)^---" $text -1 -}}
      {{- $objects = fromYaml . | toJson | print $objects -}}
    {{- end -}}
    {{- $objects = sha256sum $objects -}}
  {{- end -}}
  {{- dict
    "checking" $checking
    "problems" (sha256sum $problems)
    "report" (sha256sum $report)
    "objects" $objects
    "text" (sha256sum $text)
    "notes" (sha256sum $notes) | toJson -}}
{{- end -}}

{{- /* mutation.problems: a root -> the checksum of its problems alone. */}}
{{- define "mutation.problems" -}}
  {{- dict "problems" (include "@.problems" . | sha256sum) | toJson -}}
{{- end -}}
