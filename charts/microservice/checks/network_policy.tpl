{{/*
microservice.problems.networkPolicy: address ranges, port ranges and rules that have an
effect (Kubernetes, ValidateNetworkPolicySpec and ValidateIPBlock).
*/}}
{{- define "microservice.problems.networkPolicy" -}}
  {{- $policy := .Values.networkPolicy }}
  {{- if $policy.enabled }}
    {{- $rules := dict }}
    {{- $spec := $policy.spec | default dict }}
    {{- range $direction := list "ingress" "egress" }}
      {{- range $index, $rule := index $spec $direction }}
        {{- $_ := set $rules (printf "networkPolicy.spec.%s[%d]" $direction $index) $rule }}
      {{- end }}
      {{- $types := $spec.policyTypes }}
      {{- if and (index $spec $direction) $types (not (has (title $direction) $types)) }}
        networkPolicy.spec.{{ $direction }} has no effect, since policyTypes is {{ toJson $types }}; add {{ title $direction }} to it
      {{- end }}
    {{- end }}
    {{- if not $spec }}
      {{- $_ := set $rules "networkPolicy.ingress" $policy.ingress }}
      {{- range $index, $rule := $policy.egress }}
        {{- $_ := set $rules (printf "networkPolicy.egress[%d]" $index) $rule }}
      {{- end }}
    {{- end }}
    {{- range $place, $rule := $rules }}
      {{- range $field := list "from" "to" }}
        {{- range $index, $peer := index ($rule | default dict) $field }}
          {{- with $peer.ipBlock }}
            {{- include "microservice.problems.ipBlock" (dict "key" (printf "%s.%s[%d].ipBlock" $place $field $index) "block" .) }}
          {{- end }}
        {{- end }}
      {{- end }}
      {{- range $index, $port := ($rule).ports }}
        {{- if and $port.endPort (lt (int64 $port.endPort) (int64 $port.port)) }}
          {{ $place }}.ports[{{ $index }}].endPort: {{ int64 $port.endPort }} is below port: {{ int64 $port.port }}; port is the first of the range
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.ipBlock: (dict "key" KEY "block" IPBLOCK): each range of except lies
within cidr, and is smaller.
*/}}
{{- define "microservice.problems.ipBlock" -}}
  {{- $key := .key }}
  {{- $cidr := .block.cidr }}
  {{- include "microservice.problems.cidr" (dict "key" (printf "%s.cidr" $key) "cidr" $cidr) }}
  {{- $bits := splitList "/" $cidr | first | include "microservice.addressBits" }}
  {{- $prefix := splitList "/" $cidr | last | int }}
  {{- range $index, $except := .block.except }}
    {{- include "microservice.problems.cidr" (dict "key" (printf "%s.except[%d]" $key $index) "cidr" $except) }}
    {{- $inner := splitList "/" $except | first | include "microservice.addressBits" }}
    {{- $within := and (eq (len $inner) (len $bits)) (hasPrefix (trunc $prefix $bits) $inner) }}
    {{- if not (and $within (gt (splitList "/" $except | last | int) $prefix)) }}
      {{ $key }}.except[{{ $index }}]: {{ $except }} is not a smaller range within cidr: {{ $cidr }}; remove it, or widen the cidr
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "microservice.checks.network_policy" -}}
  {{- include "microservice.problems.networkPolicy" . }}
{{- end -}}
