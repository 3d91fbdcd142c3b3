{{/*
microservice.problems.service: fields of a Service that its type has, and addresses that
fit together (Kubernetes, ValidateService, and what it warns of). Without a Service none
has an effect.
*/}}
{{- define "microservice.problems.service" -}}
  {{- if eq (include "microservice.servicePorts" .) "[]" }}
    {{- $lost := list }}
    {{- range $key, $value := omit .Values.service "enabled" }}
      {{- if and $value (ne (toString $value) "ClusterIP") }}
        {{- $lost = printf "service.%s" $key | append $lost }}
      {{- end }}
    {{- end }}
    {{- if and $lost .Values.service.enabled }}
      {{ join ", " $lost }}: no effect, since no port has a servicePort; set one, such as ports.http.servicePort: 80, or remove the rest
    {{- else if $lost }}
      {{ join ", " $lost }}: no effect with service.enabled: false; remove them, or set service.enabled: true
    {{- end }}
  {{- end }}
  {{- range include "microservice.services" . | fromJsonArray }}
    {{- if not .ports }}
      {{ .key }} has no ports, and none under ports has a servicePort; set them, such as {{ .key }}.ports: [{port: 80, targetPort: 8000}]
    {{- end }}
    {{- include "microservice.problems.serviceType" . }}
    {{- include "microservice.problems.serviceAddresses" . }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.serviceType, microservice.problems.serviceAddresses: an entry of
microservice.services. Addresses: one of each IP family, and none that can't be routed to.
*/}}
{{- define "microservice.problems.serviceType" -}}
  {{- $at := .key }}
  {{- $service := .written }}
  {{- $type := $service.type | default "ClusterIP" }}
  {{- range $key := list "allocateLoadBalancerNodePorts" "loadBalancerClass" "loadBalancerIP" "loadBalancerSourceRanges" }}
    {{- $value := get $service $key }}
    {{- if and (ne $type "LoadBalancer") (or $value (eq (toString $value) "false")) }}
      {{ $at }}.{{ $key }} needs {{ $at }}.type: LoadBalancer, and the type is {{ $type }}; set {{ $at }}.{{ $key }}: null
    {{- end }}
  {{- end }}
  {{- $ranges := "service.beta.kubernetes.io/load-balancer-source-ranges" }}
  {{- if and (ne $type "LoadBalancer") (hasKey ($service.annotations) $ranges) }}
    {{ $at }}.annotations[{{ $ranges }}] needs {{ $at }}.type: LoadBalancer, and the type is {{ $type }}; set it to null
  {{- end }}
  {{- if and $service.externalTrafficPolicy (eq $type "ClusterIP") (not $service.externalIPs) }}
    {{ $at }}.externalTrafficPolicy needs {{ $at }}.type: NodePort or LoadBalancer, and the type is ClusterIP; set
    {{- printf " %s.externalTrafficPolicy: null" $at }}
  {{- end }}
  {{- $checked := and (eq $type "LoadBalancer") (eq (toString $service.externalTrafficPolicy) "Local") }}
  {{- if and $service.healthCheckNodePort (not $checked) }}
    {{ $at }}.healthCheckNodePort needs {{ $at }}.type: LoadBalancer and {{ $at }}.externalTrafficPolicy: Local; set both, or
    {{- printf " %s.healthCheckNodePort: null" $at }}
  {{- end }}
  {{- $sticky := eq (toString $service.sessionAffinity) "ClientIP" }}
  {{- if and $service.sessionAffinityConfig (not $sticky) }}
    {{ $at }}.sessionAffinityConfig has no effect without {{ $at }}.sessionAffinity: ClientIP; set that, or {{ $at }}.sessionAffinityConfig:
    {{- " null" }}
  {{- end }}
  {{- if eq (toString $service.clusterIP) "None" }}
    {{- if ne $type "ClusterIP" }}
      {{ $at }}.clusterIP: None makes a headless Service, which has no address for {{ $at }}.type: {{ $type }}; set {{ $at }}.clusterIP: null, or
      {{- printf " %s.type: ClusterIP" $at }}
    {{- end }}
    {{- range $key, $set := dict "externalIPs" $service.externalIPs "sessionAffinity" $sticky }}
      {{- if $set }}
        {{ $at }}.{{ $key }} has no effect on a headless Service ({{ $at }}.clusterIP: None); set {{ $at }}.{{ $key }}: null
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "microservice.problems.serviceAddresses" -}}
  {{- $at := .key }}
  {{- $service := .written }}
  {{- $first := $service.clusterIP | default "" }}
  {{- $addresses := dict (printf "%s.loadBalancerIP" $at) $service.loadBalancerIP (printf "%s.clusterIP" $at) (trimPrefix "None" $first) }}
  {{- range $index, $address := $service.externalIPs }}
    {{- $_ := set $addresses (printf "%s.externalIPs[%d]" $at $index) $address }}
  {{- end }}
  {{- range $index, $address := $service.clusterIPs }}
    {{- $_ := set $addresses (printf "%s.clusterIPs[%d]" $at $index) (trimPrefix "None" $address) }}
  {{- end }}
  {{- include "microservice.problems.addresses" $addresses }}
  {{- $families := dict }}
  {{- with $service.clusterIPs }}
    {{- if ne (first .) $first }}
      {{ $at }}.clusterIPs[0]: {{ first . | quote }} has to be {{ $at }}.clusterIP, which is {{ quote $first }}; write the address in both
    {{- end }}
    {{- range $index, $address := . }}
      {{- $family := contains ":" $address | ternary "IPv6" "IPv4" }}
      {{- if eq $address "None" }}
        {{- if gt (len $service.clusterIPs) 1 }}
          {{ $at }}.clusterIPs[{{ $index }}]: None stands alone; remove the other address, or this one
        {{- end }}
      {{- else if and (hasKey $families $family) (regexMatch "[.:]" $address) }}
        {{ $at }}.clusterIPs[{{ $index }}]: a Service has one address of each IP family, and this is the second {{ $family }} address; remove it
      {{- end }}
      {{- if ne $address "None" }}{{ $_ := set $families $family true }}{{ end }}
    {{- end }}
  {{- end }}
  {{- with $service.ipFamilies }}
    {{- $family := contains ":" $first | ternary "IPv6" "IPv4" }}
    {{- if and (not (has $first (list "" "None"))) (ne (first .) $family) }}
      {{ $at }}.ipFamilies[0]: {{ first . }} is not the family of {{ $at }}.clusterIP: {{ $first }}; list {{ $family }} first
    {{- end }}
  {{- end }}
  {{- $two := or (gt (len ($service.ipFamilies | default list)) 1) (gt (len (without ($service.clusterIPs | default list) "None")) 1) }}
  {{- if and $two (not (hasSuffix "DualStack" (toString $service.ipFamilyPolicy))) }}
    {{ $at }}.ipFamilyPolicy: two IP families need PreferDualStack or RequireDualStack; set it, or leave one family
  {{- end }}
  {{- $special := "^(0\\.0\\.0\\.0|127\\.|169\\.254\\.|224\\.0\\.0\\.|[0:]+1?$|fe[89ab][0-9a-f]:|ff[0-9a-f]2:)" }}
  {{- range $index, $address := $service.externalIPs }}
    {{- if regexMatch $special (lower $address) }}
      {{ $at }}.externalIPs[{{ $index }}]: {{ $address }} is a loopback, link-local or unspecified address, which can't be routed to; set
      {{- " another" }}
    {{- end }}
  {{- end }}
  {{- range $index, $cidr := $service.loadBalancerSourceRanges }}
    {{- include "microservice.problems.cidr" (dict "key" (printf "%s.loadBalancerSourceRanges[%d]" $at $index) "cidr" $cidr) }}
  {{- end }}
{{- end -}}

{{- define "microservice.checks.service" -}}
  {{- include "microservice.problems.service" . }}
{{- end -}}
