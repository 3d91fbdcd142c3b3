{{/*
microservice.risks.exposure: only what is meant to be reached can be reached.
*/}}
{{- define "microservice.risks.exposure" -}}
  {{- $policy := .Values.networkPolicy }}
  {{- if not $policy.enabled }}
    {{- if not (contains "NetworkPolicy" (toJson .Values.extraObjects)) }}
      noNetworkPolicy: networkPolicy.enabled: false opens every port of the pods to the whole cluster; remove it, or write
      {{- " networkPolicy.spec" }}
    {{- end }}
  {{- else }}
    {{- range $index, $rule := ($policy.spec).ingress }}
      {{- if not (or $rule.from $rule.ports) }}
        noNetworkPolicy: networkPolicy.spec.ingress[{{ $index }}] opens every port of the pods to the whole cluster; set from or ports
      {{- end }}
    {{- end }}
    {{- with ($policy.spec).policyTypes }}
      {{- if not (has "Ingress" .) }}
        noNetworkPolicy: networkPolicy.spec.policyTypes without Ingress opens every port of the pods to the whole cluster; add it
      {{- end }}
    {{- end }}
    {{- range $key, $rules := dict "egress" $policy.egress "spec.egress" ($policy.spec).egress }}
      {{- range $index, $rule := $rules }}
        {{- if not (or $rule.to $rule.ports) }}
          noNetworkPolicy: networkPolicy.{{ $key }}[{{ $index }}] lets the pods reach everything, even what the namespace denies; set to or ports
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- range include "microservice.services" . | fromJsonArray }}
    {{- if .written.externalIPs }}
      externalIPs: {{ .key }}.externalIPs can divert the cluster's traffic to these addresses; use type: LoadBalancer
    {{- end }}
  {{- end }}
  {{- if hasPrefix "http://" (toString ((.Values.secret.external).vault).server) }}
    noTLS: secret.external.vault.server: secrets are fetched unencrypted; set an https:// URL
  {{- end }}
{{- end -}}

{{/*
microservice.risks.ingress: requests from outside are encrypted, and annotations don't
configure the controller. A certificate without hosts is for all of them; some
controllers read theirs from annotations. One for a host without a rule serves where the
controller redirects, has an alias or a default backend.
*/}}
{{- define "microservice.risks.ingress" -}}
  {{- range $entry := include "microservice.ingresses" . | fromJsonArray }}
    {{- $at := .key }}
    {{- with .written }}
      {{- $annotations := .annotations }}
      {{- $names := keys $annotations | join " " }}
      {{- range $name := keys $annotations | sortAlpha }}
        {{- if or (hasSuffix "-snippet" $name) (hasSuffix "-snippets" $name) }}
          snippets: {{ $at }}.annotations: {{ $name }} can change the controller for every service behind it; use its other annotations
        {{- else if and (hasSuffix "/ssl-redirect" $name) (eq (get $annotations $name | toString) "false") }}
          noTLS: {{ $at }}.annotations: {{ $name }}: "false" also serves unencrypted requests; remove it
        {{- end }}
      {{- end }}
      {{- $covers := regexMatch "certificate|ssl-cert|pre-shared-cert|router\\.tls|route\\.openshift\\.io/termination" $names }}
      {{- $certain := list }}
      {{- range $tls := include "microservice.ingressTLS" $entry | fromJsonArray }}
        {{- $certain = concat $certain ($tls.hosts | default list) }}
        {{- if and $tls.secretName (not $tls.hosts) }}{{ $covers = true }}{{ end }}
      {{- end }}
      {{- $hosts := list }}
      {{- $above := list }}
      {{- $plain := list }}
      {{- range .hosts }}
        {{- $host := .host | default "" }}
        {{- $rest := (splitn "." 2 $host)._1 }}
        {{- $hosts = append $hosts $host }}
        {{- $above = append $above $rest }}
        {{- if not (or $covers (has $host $certain) (has (printf "*.%s" $rest) $certain) (and $certain (not $host))) }}
          {{- $plain = append $plain ($host | default "any host") }}
        {{- end }}
      {{- end }}
      {{- if and .defaultBackend (not $hosts) (not $covers) (not $certain) }}
        {{- $plain = list "defaultBackend" }}
      {{- end }}
      {{- with uniq $plain }}
        noTLS: {{ $at }}.tls: no certificate for {{ join ", " . }}, so traffic is not encrypted; set {{ $at }}.tls or {{ $at }}.clusterIssuer
      {{- end }}
      {{- if and $hosts (not (or .defaultBackend .clusterIssuer (contains "server-alias" $names) (contains "www-redirect" $names))) }}
        {{- range $host := $certain }}
          {{- $rest := (splitn "." 2 $host)._1 }}
          {{- if not (or (has "" $hosts) (has $host $hosts) (has (printf "*.%s" $rest) $hosts) (and (hasPrefix "*." $host) (has $rest $above))) }}
            tlsWithoutRule: {{ $at }}.tls: no rule of {{ $at }}.hosts matches {{ quote $host }}; add it there, or remove it here
          {{- end }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
