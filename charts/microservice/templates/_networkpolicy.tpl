{{/*
microservice.policySelector: the pods that a NetworkPolicy is for, as JSON: the release's
is for all of them but the workers, which have one each, with their own ports. Where
networkPolicy.spec is written it is for the workers too. A migration's leaves out those
that serve, which may have had none.
*/}}
{{- define "microservice.policySelector" -}}
  {{- $labels := include "microservice.selectorMap" . | fromJson -}}
  {{- $selector := dict "matchLabels" $labels -}}
  {{- if not .component -}}
    {{- $label := "app.kubernetes.io/component" -}}
    {{- $_ := omit $labels $label | set $selector "matchLabels" -}}
    {{- $workers := list -}}
    {{- include "microservice.collectEntries" . -}}
    {{- range .entries }}{{ if .root.objectName }}{{ $workers = append $workers .root.component }}{{ end }}{{ end -}}
    {{- if and $workers (not .Values.networkPolicy.spec) -}}
      {{- $_ := list (dict "key" $label "operator" "NotIn" "values" $workers) | set $selector "matchExpressions" -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $selector -}}
{{- end -}}

{{/*
microservice.networkPolicyRules: the spec of a NetworkPolicy without its
podSelector, as JSON: networkPolicy.spec as written, else who may reach the pods'
ports and, where egress is a list, what the pods may reach. The test pods may
always reach the ports, and so may the pods of a StatefulSet, which are each other's peers.
*/}}
{{- define "microservice.networkPolicyRules" -}}
  {{- $policy := .Values.networkPolicy -}}
  {{- if $policy.spec -}}
    {{- toJson $policy.spec -}}
  {{- else -}}
    {{- $rules := dict "policyTypes" (list "Ingress") -}}
    {{- $peers := list -}}
    {{- if eq (toString .Values.kind) "StatefulSet" -}}
      {{- $peers = list (dict "podSelector" (dict "matchLabels" (include "microservice.selectorMap" . | fromJson))) -}}
    {{- end -}}
    {{- $ports := include "microservice.reachablePorts" . | fromJsonArray -}}
    {{- with $ports -}}
      {{- $rule := dict "ports" . -}}
      {{- with ($policy.ingress).from -}}
        {{- $_ := include "microservice.testRoot" $ -}}
        {{- $tests := dict "podSelector" (dict "matchLabels" (include "microservice.selectorMap" $.test | fromJson)) -}}
        {{- $_ := concat . $peers ($.Values.tests.enabled | ternary (list $tests) list) | set $rule "from" -}}
      {{- end -}}
      {{- $_ := set $rules "ingress" (list $rule) -}}
    {{- end -}}
    {{- if kindIs "slice" $policy.egress -}}
      {{- $_ := set $rules "policyTypes" (list "Ingress" "Egress") -}}
      {{- $egress := prepend $policy.egress (include "microservice.dnsRule" . | fromJson) -}}
      {{- if and $peers $ports }}{{ $egress = append $egress (dict "to" $peers "ports" $ports) }}{{ end -}}
      {{- $_ := set $rules "egress" $egress -}}
    {{- end -}}
    {{- toJson $rules -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.dnsRule: the egress rule that lets pods look names up, as JSON: at any
address, since a cluster's DNS runs in pods, on nodes or outside.
*/}}
{{- define "microservice.dnsRule" -}}
  {{- dict "ports" (list (dict "port" 53 "protocol" "UDP") (dict "port" 53 "protocol" "TCP")) | toJson -}}
{{- end -}}

{{/*
microservice.reachablePorts: the ports that others may reach, by number, as a JSON
list in the form of a NetworkPolicy: those of the main container, of the containers
that run beside it, and the targets of the Services' own ports.
*/}}
{{- define "microservice.reachablePorts" -}}
  {{- $ports := list -}}
  {{- range include "microservice.ports" . | fromJson }}{{ $ports = append $ports . }}{{ end -}}
  {{- range .Values.initContainers -}}
    {{- if eq (toString .restartPolicy) "Always" }}{{ $ports = concat $ports (.ports | default list) }}{{ end -}}
  {{- end -}}
  {{- range .Values.extraContainers }}{{ $ports = concat $ports (.ports | default list) }}{{ end -}}
  {{- range $service := include "microservice.services" . | fromJsonArray -}}
    {{- range $service.ports -}}
      {{- $target := .targetPort | default .port -}}
      {{- if not (kindIs "string" $target) -}}
        {{- $ports = append $ports (dict "containerPort" $target "protocol" .protocol) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
  {{- $list := list -}}
  {{- range $ports -}}
    {{- $list = append $list (dict "port" (int64 .containerPort) "protocol" (.protocol | default "TCP")) -}}
  {{- end -}}
  {{- uniq $list | toJson -}}
{{- end -}}
