{{- /* Goes through the tries of tries.json with their inputs of inputs.json; prints what is not expected. */}}
kind: Outcomes
{{- $inputs := .Files.Get "inputs.json" | fromJson }}
{{- $shared := .Files.Get "shared.json" | fromJson }}
{{- range $try := .Files.Get "tries.json" | fromJsonArray }}
  {{- $left := int $try.most }}
  {{- range $name := $try.inputs }}
    {{- $input := get $inputs $name }}
    {{- $root := dict "Chart" $.Chart "Template" $.Template "Release" $input.release "Values" (deepCopy $input.values) }}
    {{- $_ := dict "HelmVersion" (dict "Version" $input.helm) | set $root "Capabilities" }}
    {{- $_ = merge (dict) $try.files $shared.files | set $root "Files" }}
    {{- $_ = set $root "manifests" $shared.manifests }}
    {{- $_ = set $root "expected" $input.expected }}
    {{- $_ = set $root "notes" $input.notes }}
    {{- $_ = set $root "cov" dict }}
    {{- $id := printf "try %s with %s" $try.name $name }}
    {{- /* An error names the template in which it arose. */}}
    {{- $made := has $name $try.problemsOnly | ternary "problems" "outcome" }}
    {{- $run := printf "{{ define %q }}{{ include \"mutation.%s\" %s }}{{ end }}" $id $made $shared.argument }}
    {{- $run = printf "%s{{ include %q . }}" $run $id }}
    {{- $outcome := tpl (print $try.text $run) (dict "cov" $root.cov "arg" $root) | fromJson }}
    {{- $parts := list }}
    {{- $sure := false }}
    {{- range $part := list "problems" "report" "objects" "notes" }}
      {{- if and (hasKey $outcome $part) (ne (get $outcome $part) (get $input.expected $part | toString)) }}
        {{- $parts = append $parts $part }}
        {{- if has $part $input.sure }}{{ $sure = true }}{{ end }}
      {{- end }}
    {{- end }}
    {{- /* Of values with a part that is sure, no test looks at the others. */}}
    {{- if and $parts (or $sure (not $input.sure)) }}
# {{ dict
        "name" $try.name
        "input" $name
        "parts" $parts
        "outcome" (omit $outcome "checking")
        "checking" $outcome.checking
        "blocks" (keys $root.cov) | toJson }}
      {{- $left = sub $left 1 | int }}
      {{- if or $sure (eq $left 0) }}{{ break }}{{ end }}
    {{- end }}
  {{- end }}
{{- end }}
