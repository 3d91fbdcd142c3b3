{{/*
microservice.policySelector: the pods that a NetworkPolicy is for, as YAML. The release's is
for all but the workers, which have one each, with their own ports, unless
networkPolicy.spec is written; a migration's not for those that serve, which may have none.
*/}}
{{- define "microservice.policySelector" -}}
  {{- $labels := include "microservice.selectorLabels" . -}}
  {{- if not .component -}}
    {{- /* The first is the component. */ -}}
    {{- $labels = splitList "\n" $labels | rest | join "\n" -}}
    {{- $workers := list -}}
    {{- include "microservice.collectEntries" . -}}
    {{- range .entries }}{{ if .root.objectName }}{{ $workers = append $workers .root.component }}{{ end }}{{ end -}}
    {{- if and $workers (not .Values.networkPolicy.spec) -}}
matchExpressions:
- key: app.kubernetes.io/component
  operator: NotIn
  values:
      {{- range $workers }}
  - {{ . }}
      {{- end }}
{{ end -}}
  {{- end -}}
matchLabels:
  {{- nindent 2 $labels }}
{{- end -}}

{{/*
microservice.networkPolicyRules: the spec of a NetworkPolicy without its
podSelector, as JSON: networkPolicy.spec as written, else who may reach the pods'
ports and, where egress is a list, what the pods may reach. The test pods may
always reach the ports, and so may the pods of a StatefulSet, which are each other's peers.
*/}}
{{- define "microservice.networkPolicyRules" -}}
  {{- $policy := .Values.networkPolicy -}}
  {{- $ports := include "microservice.reachablePorts" . | fromJsonArray -}}
  {{- $labels := set (include "microservice.selectorMap" . | fromJson) "app.kubernetes.io/component" "test" -}}
  {{- $tests := dict "podSelector" (dict "matchLabels" $labels) -}}
  {{- if $policy.spec -}}
    {{- $rules := omit $policy.spec "" -}}
    {{- $closed := or (not $rules.policyTypes) (has "Ingress" $rules.policyTypes) -}}
    {{- if and $closed (ne (include "microservice.testContainers" .) "[]") -}}
      {{- $_ := dict "from" (list $tests) "ports" $ports | append ($rules.ingress | default list) | set $rules "ingress" -}}
    {{- end -}}
    {{- toJson $rules -}}
  {{- else -}}
    {{- $rules := dict "policyTypes" (list "Ingress") -}}
    {{- $peers := list -}}
    {{- if eq (toString .Values.kind) "StatefulSet" -}}
      {{- $peers = list (dict "podSelector" (dict "matchLabels" (include "microservice.selectorMap" . | fromJson))) -}}
    {{- end -}}
    {{- with $ports -}}
      {{- $rule := dict "ports" . -}}
      {{- with ($policy.ingress).from -}}
        {{- $_ := concat . $peers ($.Values.tests.enabled | ternary (list $tests) list) | set $rule "from" -}}
      {{- end -}}
      {{- $_ := set $rules "ingress" (list $rule) -}}
    {{- end -}}
    {{- if kindIs "slice" $policy.egress -}}
      {{- $_ := set $rules "policyTypes" (list "Ingress" "Egress") -}}
      {{- $_ := set $rules "egress" (include "microservice.dnsRules" . | fromJsonArray) -}}
      {{- $mesh := include "microservice.meshPorts" . | fromJsonArray -}}
      {{- range $rule := $policy.egress -}}
        {{- /* A mesh leads traffic to another port of the same peers. */ -}}
        {{- if $rule.ports }}{{ $rule = concat $rule.ports $mesh | set (omit $rule "ports") "ports" }}{{ end -}}
        {{- $_ := append $rules.egress $rule | set $rules "egress" -}}
      {{- end -}}
      {{- if and $peers $ports -}}
        {{- $_ := dict "to" $peers "ports" $ports | append $rules.egress | set $rules "egress" -}}
      {{- end -}}
    {{- end -}}
    {{- toJson $rules -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.dnsRules: the egress rule that lets pods look names up, as a JSON list, which
is empty where there is none: at any address, since a cluster's DNS runs in pods, on nodes
or outside.
*/}}
{{- define "microservice.dnsRules" -}}
  {{- $ports := list -}}
  {{- range .Values.networkPolicy.dnsPorts -}}
    {{- $ports = concat $ports (list (dict "port" (int64 .) "protocol" "UDP") (dict "port" (int64 .) "protocol" "TCP")) -}}
  {{- end -}}
  {{- empty $ports | ternary list (list (dict "ports" $ports)) | toJson -}}
{{- end -}}

{{/*
microservice.meshPorts: the ports to which a service mesh leads traffic for other ports of
a pod, as a JSON list in the form of a NetworkPolicy.
*/}}
{{- define "microservice.meshPorts" -}}
  {{- $ports := list -}}
  {{- range .Values.networkPolicy.meshPorts }}{{ $ports = append $ports (dict "port" (int64 .) "protocol" "TCP") }}{{ end -}}
  {{- toJson $ports -}}
{{- end -}}

{{/*
microservice.reachablePorts: the ports that others may reach, by number, as a JSON
list in the form of a NetworkPolicy: those of the main container, of the containers
that run beside it, the targets of the Services' own ports and, if there is any of these,
those of the mesh.
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
  {{- range include "microservice.meshPorts" . | fromJsonArray -}}
    {{- if $list }}{{ $list = append $list (set . "port" (int64 .port)) }}{{ end -}}
  {{- end -}}
  {{- uniq $list | toJson -}}
{{- end -}}
