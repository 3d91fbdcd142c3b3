{{/*
microservice.problems.service: fields of a Service that its type has, and addresses that
fit together (Kubernetes, ValidateService, and what it warns of). Without a Service none
has an effect.
*/}}
{{- define "microservice.problems.service" -}}
  {{- $service := .Values.service }}
  {{- $fields := omit $service "enabled" "type" "annotations" "labels" "extraPorts" }}
  {{- if eq (include "microservice.servicePorts" .) "[]" }}
    {{- $lost := list }}
    {{- range $key, $value := omit $service "enabled" }}
      {{- if and $value (ne (toString $value) "ClusterIP") }}
        {{- $lost = printf "service.%s" $key | append $lost }}
      {{- end }}
    {{- end }}
    {{- if and $lost $service.enabled }}
      {{ join ", " $lost }}: no effect, since no port has a servicePort; set one, such as ports.http.servicePort: 80, or remove the rest
    {{- else if $lost }}
      {{ join ", " $lost }}: no effect with service.enabled: false; remove them, or set service.enabled: true
    {{- end }}
  {{- else if or $fields $service.annotations }}
    {{- include "microservice.problems.serviceType" . }}
    {{- include "microservice.problems.serviceAddresses" $service }}
  {{- end }}
{{- end -}}

{{- define "microservice.problems.serviceType" -}}
  {{- $service := .Values.service }}
  {{- $type := $service.type | default "ClusterIP" }}
  {{- range $key := list "allocateLoadBalancerNodePorts" "loadBalancerClass" "loadBalancerIP" "loadBalancerSourceRanges" }}
    {{- $value := get $service $key }}
    {{- if and (ne $type "LoadBalancer") (or $value (eq (toString $value) "false")) }}
      service.{{ $key }} needs service.type: LoadBalancer, and the type is {{ $type }}; set service.{{ $key }}: null
    {{- end }}
  {{- end }}
  {{- $ranges := "service.beta.kubernetes.io/load-balancer-source-ranges" }}
  {{- if and (ne $type "LoadBalancer") (hasKey ($service.annotations | default dict) $ranges) }}
    service.annotations[{{ $ranges }}] needs service.type: LoadBalancer, and the type is {{ $type }}; set it to null
  {{- end }}
  {{- if and $service.externalTrafficPolicy (eq $type "ClusterIP") (not $service.externalIPs) }}
    service.externalTrafficPolicy needs service.type: NodePort or LoadBalancer, and the type is ClusterIP; set
    {{- " service.externalTrafficPolicy: null" }}
  {{- end }}
  {{- $checked := and (eq $type "LoadBalancer") (eq (toString $service.externalTrafficPolicy) "Local") }}
  {{- if and $service.healthCheckNodePort (not $checked) }}
    service.healthCheckNodePort needs service.type: LoadBalancer and service.externalTrafficPolicy: Local; set both, or
    {{- " service.healthCheckNodePort: null" }}
  {{- end }}
  {{- $sticky := eq (toString $service.sessionAffinity) "ClientIP" }}
  {{- if and $service.sessionAffinityConfig (not $sticky) }}
    service.sessionAffinityConfig has no effect without service.sessionAffinity: ClientIP; set that, or service.sessionAffinityConfig:
    {{- " null" }}
  {{- end }}
  {{- if eq (toString $service.clusterIP) "None" }}
    {{- if ne $type "ClusterIP" }}
      service.clusterIP: None makes a headless Service, which has no address for service.type: {{ $type }}; set service.clusterIP: null, or
      {{- " service.type: ClusterIP" }}
    {{- end }}
    {{- range $key, $set := dict "externalIPs" $service.externalIPs "sessionAffinity" $sticky }}
      {{- if $set }}
        service.{{ $key }} has no effect on a headless Service (service.clusterIP: None); set service.{{ $key }}: null
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.serviceAddresses: .Values.service: one address of each IP family,
and none that can't be routed to.
*/}}
{{- define "microservice.problems.serviceAddresses" -}}
  {{- $service := . }}
  {{- $first := .clusterIP | default "" }}
  {{- $families := dict }}
  {{- with .clusterIPs }}
    {{- if ne (first .) $first }}
      service.clusterIPs[0]: {{ first . | quote }} has to be service.clusterIP, which is {{ quote $first }}; write the address in both
    {{- end }}
    {{- range $index, $address := . }}
      {{- $family := contains ":" $address | ternary "IPv6" "IPv4" }}
      {{- if eq $address "None" }}
        {{- if gt (len $service.clusterIPs) 1 }}
          service.clusterIPs[{{ $index }}]: None stands alone; remove the other address, or this one
        {{- end }}
      {{- else if not (or (contains ":" $address) (regexMatch "^[0-9]+(\\.[0-9]+){3}$" $address)) }}
        service.clusterIPs[{{ $index }}]: {{ quote $address }} is not an IP address, such as 10.96.0.10 or fd00::10
      {{- else if hasKey $families $family }}
        service.clusterIPs[{{ $index }}]: a Service has one address of each IP family, and this is the second {{ $family }} address; remove it
      {{- end }}
      {{- if ne $address "None" }}{{ $_ := set $families $family true }}{{ end }}
    {{- end }}
  {{- end }}
  {{- with .ipFamilies }}
    {{- $family := contains ":" $first | ternary "IPv6" "IPv4" }}
    {{- if and (not (has $first (list "" "None"))) (ne (first .) $family) }}
      service.ipFamilies[0]: {{ first . }} is not the family of service.clusterIP: {{ $first }}; list {{ $family }} first
    {{- end }}
  {{- end }}
  {{- $two := or (gt (len (.ipFamilies | default list)) 1) (gt (len (without (.clusterIPs | default list) "None")) 1) }}
  {{- if and $two (not (hasSuffix "DualStack" (.ipFamilyPolicy | default ""))) }}
    service.ipFamilyPolicy: two IP families need PreferDualStack or RequireDualStack; set it, or leave one family
  {{- end }}
  {{- $special := "^(0\\.0\\.0\\.0|127\\.|169\\.254\\.|224\\.0\\.0\\.|[0:]+1?$|fe[89ab][0-9a-f]:|ff[0-9a-f]2:)" }}
  {{- range $index, $address := .externalIPs }}
    {{- if regexMatch $special (lower $address) }}
      service.externalIPs[{{ $index }}]: {{ $address }} is a loopback, link-local or unspecified address, which can't be routed to; set
      {{- " another" }}
    {{- end }}
  {{- end }}
  {{- range $index, $cidr := .loadBalancerSourceRanges }}
    {{- include "microservice.problems.cidr" (dict "key" (printf "service.loadBalancerSourceRanges[%d]" $index) "cidr" $cidr) }}
  {{- end }}
{{- end -}}

{{- include "microservice.problems.service" . }}
