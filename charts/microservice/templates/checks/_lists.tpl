{{/*
microservice.problems.lists: where Kubernetes takes a list for a map, no two of
its entries have one key (merge strategy "map": Kubernetes API reference).
*/}}
{{- define "microservice.problems.lists" -}}
{{- $problems := list -}}
{{- $lists := dict -}}
{{- with .Values.topologySpreadConstraints }}{{ $_ := set $lists "topologySpreadConstraints" (list . "topologyKey" "whenUnsatisfiable") }}{{ end -}}
{{- with .Values.resources.claims }}{{ $_ := set $lists "resources.claims" (list . "name") }}{{ end -}}
{{- with .Values.podSpec -}}
{{- $_ := set $lists "podSpec.hostAliases" (list .hostAliases "ip") -}}
{{- $_ := set $lists "podSpec.resourceClaims" (list .resourceClaims "name") -}}
{{- $_ := set $lists "podSpec.schedulingGates" (list .schedulingGates "name") -}}
{{- end -}}
{{- range $kind := list "initContainers" "extraContainers" -}}
{{- range $index, $container := index $.Values $kind -}}
{{- $_ := set $lists (printf "%s[%d].env" $kind $index) (list $container.env "name") -}}
{{- $_ := set $lists (printf "%s[%d].resources.claims" $kind $index) (list ($container.resources).claims "name") -}}
{{- end -}}
{{- end -}}
{{- range $place, $list := $lists -}}
{{- $seen := list -}}
{{- range $entry := first $list -}}
{{- $key := list -}}
{{- range rest $list }}{{ $key = append $key (printf "%s %v" . (get $entry .)) }}{{ end -}}
{{- $key = join ", " $key -}}
{{- if has $key $seen -}}
{{- $problems = append $problems (printf "%s: two entries have %s; keep one of them" $place $key) -}}
{{- end -}}
{{- $seen = append $seen $key -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
