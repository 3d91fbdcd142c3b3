{{/*
mutation.outcome: a root -> checksums of what the chart makes of it, as JSON: of its "problems", and where there are
none of its "notes" and of each manifest's "text" and "objects", else of its "report". @ is the chart.

Only what is in .parts is rendered, and after problems that are not the expected ones nothing more. Objects are read
where the text is not the expected one: a difference in spaces alone is none. With .fresh each part begins with a root
of its own, so that none finds what another has kept there. `blocks` are those that ran for each part.
*/}}
{{- define "mutation.outcome" -}}
  {{- $outcome := dict "text" dict "objects" dict "blocks" dict -}}
  {{- $refused := not (has "problems" .parts) -}}
  {{- range $part := .parts -}}
    {{- $root := $.fresh | ternary (omit $ "") $ -}}
    {{- if eq $part "problems" -}}
      {{- $problems := include "@.problems" $root -}}
      {{- $refused = fromJsonArray $problems -}}
      {{- $_ := sha256sum $problems | set $outcome "problems" -}}
      {{- if and $.expected.problems (ne $.expected.problems $outcome.problems) -}}{{- break -}}{{- end -}}
    {{- else if eq $part "report" -}}
      {{- if $refused -}}
        {{- $_ := include (printf "%s/checks/checks.yaml" $.Template.BasePath) $root | sha256sum | set $outcome "report" -}}
      {{- end -}}
    {{- else if and $refused (has "problems" $.parts) -}}
    {{- else if eq $part "notes" -}}
      {{- if $.notes -}}
        {{- $_ := include (printf "%s/NOTES.txt" $.Template.BasePath) $root | sha256sum | set $outcome "notes" -}}
      {{- end -}}
    {{- else -}}
      {{- $text := include (printf "%s/%s" $.Template.BasePath $part) $root -}}
      {{- $_ := sha256sum $text | set $outcome.text $part -}}
      {{- if ne (get $outcome.text $part) (get ($.expected.text | default dict) $part) -}}
        {{- $objects := "" -}}
        {{- range regexSplit "(?m)^---" $text -1 -}}
          {{- $objects = fromYaml . | toJson | print $objects -}}
        {{- end -}}
        {{- $_ := sha256sum $objects | set $outcome.objects $part -}}
      {{- end -}}
    {{- end -}}
    {{- with $.cov -}}
      {{- $_ := keys . | set $outcome.blocks $part -}}
      {{- range keys . }}{{ $_ := unset $.cov . }}{{ end -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $outcome -}}
{{- end -}}
