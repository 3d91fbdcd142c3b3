{{/*
microservice.problems.lists: no two entries of a list have the same key where
Kubernetes merges the list by key (list type "map": Kubernetes API reference), or
refuses two of one name (pkg/apis/core/validation).
*/}}
{{- define "microservice.problems.lists" -}}
  {{- $lists := dict }}
  {{- with .Values.topologySpreadConstraints }}
    {{- $_ := set $lists "topologySpreadConstraints" (list . "topologyKey" "whenUnsatisfiable") }}
  {{- end }}
  {{- with .Values.resources.claims }}
    {{- $_ := set $lists "resources.claims" (list . "name") }}
  {{- end }}
  {{- with .Values.podSpec }}
    {{- $_ := set $lists "podSpec.evictionResponders" (list .evictionResponders "name") }}
    {{- $_ := set $lists "podSpec.hostAliases" (list .hostAliases "ip") }}
    {{- $_ := set $lists "podSpec.resourceClaims" (list .resourceClaims "name") }}
    {{- $_ := set $lists "podSpec.schedulingGates" (list .schedulingGates "name") }}
  {{- end }}
  {{- with .Values.containerSpec }}
    {{- $_ := set $lists "containerSpec.resizePolicy" (list .resizePolicy "resourceName") }}
    {{- $_ := set $lists "containerSpec.volumeDevices" (list .volumeDevices "name") }}
  {{- end }}
  {{- with (.Values.podSecurityContext).sysctls }}
    {{- $_ := set $lists "podSecurityContext.sysctls" (list . "name") }}
  {{- end }}
  {{- $_ := include "microservice.collectContainers" . }}
  {{- range .containers }}
    {{- $_ := set $lists (printf "%s.env" .key) (list .container.env "name") }}
    {{- $_ := set $lists (printf "%s.resources.claims" .key) (list (.container.resources).claims "name") }}
    {{- $_ := set $lists (printf "%s.resizePolicy" .key) (list .container.resizePolicy "resourceName") }}
    {{- $_ := set $lists (printf "%s.volumeDevices" .key) (list .container.volumeDevices "name") }}
  {{- end }}
  {{- range $place, $list := $lists }}
    {{- $seen := list }}
    {{- range $entry := first $list }}
      {{- $key := list }}
      {{- range rest $list }}
        {{- $key = append $key (get $entry . | toString | quote | printf "%s %s" .) }}
      {{- end }}
      {{- $key = join ", " $key }}
      {{- if has $key $seen }}
        {{ $place }}: two entries have {{ $key }}; remove one of them
      {{- end }}
      {{- $seen = append $seen $key }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "microservice.checks.lists" -}}
  {{- include "microservice.problems.lists" . }}
{{- end -}}
