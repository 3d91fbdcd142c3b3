{{- /* Goes through the tries of tries.json with their inputs of inputs.json; prints what is not expected. */}}
kind: Outcomes
{{- $state := dict "Chart" .Chart "Template" .Template "found" list }}
{{- $_ := .Files.Get "inputs.json" | fromJson | set $state "inputs" }}
{{- $shared := .Files.Get "shared.json" | fromJson }}
{{- $_ = set $state "parts" $shared.parts }}
{{- $_ = set $state "argument" $shared.argument }}
{{- range $try := .Files.Get "tries.json" | fromJsonArray }}
  {{- $_ := set $state "try" $try }}
  {{- $_ = merge (dict) $try.files $shared.files | set $state "Files" }}
  {{- tpl (print $try.text "{{ include \"mutation.try\" . }}") $state }}
{{- end }}
{{- range $state.found }}
# {{ . }}
{{- end }}

{{- define "mutation.try" }}
  {{- $state := . }}
  {{- $try := .try }}
  {{- $left := int $try.most }}
  {{- range $each := $try.inputs }}
    {{- $name := first $each }}
    {{- $input := get $state.inputs $name }}
    {{- $root := pick $state "Chart" "Template" "Files" }}
    {{- $_ := deepCopy $input.values | set $root "Values" }}
    {{- $_ = set $root "Release" $input.release }}
    {{- $_ = dict "HelmVersion" (dict "Version" $input.helm) | set $root "Capabilities" }}
    {{- $_ = last $each | default $state.parts | set $root "parts" }}
    {{- $_ = set $root "fresh" $try.fresh }}
    {{- $_ = set $root "expected" $input.expected }}
    {{- $_ = set $root "notes" $input.notes }}
    {{- $_ = set $root "cov" dict }}
    {{- /* An error ends Helm, and names the template in which it arose: so it has what was found until then. */}}
    {{- $id := join "\n" $state.found | b64enc | printf "try %s with %s after %s" $try.name $name }}
    {{- $run := printf "{{ define %q }}{{ include \"mutation.outcome\" %s }}{{ end }}" $id $state.argument }}
    {{- $run = printf "%s{{ include %q . }}" $run $id }}
    {{- $outcome := tpl $run (dict "cov" $root.cov "arg" $root) | fromJson }}
    {{- $differing := list }}
    {{- range $part := list "problems" "report" "notes" }}
      {{- if and (hasKey $outcome $part) (ne (get $outcome $part) (get $input.expected $part | toString)) }}
        {{- $differing = append $differing $part }}
      {{- end }}
    {{- end }}
    {{- range $part, $sum := $outcome.objects }}
      {{- if ne $sum (get ($input.expected.objects | default dict) $part) }}
        {{- $differing = append $differing "objects" | uniq }}
      {{- end }}
    {{- end }}
    {{- $sure := false }}
    {{- range $differing }}{{ if has . $input.sure }}{{ $sure = true }}{{ end }}{{ end }}
    {{- /* Of values with a part that is sure, no test looks at the others. */}}
    {{- if and $differing (or $sure (not $input.sure)) }}
      {{- $found := dict "name" $try.name "input" $name "parts" $differing "outcome" $outcome }}
      {{- $_ = toJson $found | append $state.found | set $state "found" }}
      {{- $left = sub $left 1 | int }}
      {{- if or $sure (eq $left 0) }}{{ break }}{{ end }}
    {{- end }}
  {{- end }}
{{- end }}
