{{/*
microservice.networkPolicyRules: what a NetworkPolicy of ours says, but for the
pods that it is for, as JSON: networkPolicy.spec as written; else who may reach
the pods' ports and, where egress is a list, what the pods may reach. Every one
of them has to find the cluster's names, wherever its DNS runs.
*/}}
{{- define "microservice.networkPolicyRules" -}}
{{- $policy := .Values.networkPolicy -}}
{{- if $policy.spec -}}
{{- toJson $policy.spec -}}
{{- else -}}
{{- $rules := dict "policyTypes" (list "Ingress") -}}
{{- with include "microservice.reachablePorts" . | fromJsonArray -}}
{{- $_ := set $rules "ingress" (list (dict "ports" .)) -}}
{{- with ($policy.ingress).from }}{{ $_ := set (first $rules.ingress) "from" . }}{{ end -}}
{{- end -}}
{{- if kindIs "slice" $policy.egress -}}
{{- $dns := dict "ports" (list (dict "port" 53 "protocol" "UDP") (dict "port" 53 "protocol" "TCP")) -}}
{{- $_ := set $rules "policyTypes" (list "Ingress" "Egress") -}}
{{- $_ := set $rules "egress" (prepend $policy.egress $dns) -}}
{{- end -}}
{{- toJson $rules -}}
{{- end -}}
{{- end -}}

{{/*
microservice.reachablePorts: the ports that others may reach, by number, as a
JSON list in the form of a NetworkPolicy: those of the main container, of those
that run beside it, and what service.extraPorts leads to.
*/}}
{{- define "microservice.reachablePorts" -}}
{{- $ports := list -}}
{{- range include "microservice.ports" . | fromJson }}{{ $ports = append $ports . }}{{ end -}}
{{- range .Values.initContainers -}}
{{- if eq (toString .restartPolicy) "Always" }}{{ $ports = concat $ports (.ports | default list) }}{{ end -}}
{{- end -}}
{{- range .Values.extraContainers }}{{ $ports = concat $ports (.ports | default list) }}{{ end -}}
{{- if .Values.service.enabled -}}
{{- range .Values.service.extraPorts -}}
{{- $target := .targetPort | default .port -}}
{{- if not (kindIs "string" $target) }}{{ $ports = append $ports (dict "containerPort" $target "protocol" .protocol) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- $list := list -}}
{{- range $ports }}{{ $list = append $list (dict "port" (int64 .containerPort) "protocol" (.protocol | default "TCP")) }}{{ end -}}
{{- uniq $list | toJson -}}
{{- end -}}
