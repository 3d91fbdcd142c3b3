{{/*
microservice.problems.ingress: an Ingress leads somewhere, to a port that the
Service has, and its certificates are for hosts that it has rules for: a rule
without a host has all, one for *.example.com a single label before the rest. A
certificate for *.example.com is likewise for any such host.
*/}}
{{- define "microservice.problems.ingress" -}}
{{- $problems := list -}}
{{- if .Values.ingress.enabled -}}
{{- if not (or .Values.ingress.hosts .Values.ingress.defaultBackend) -}}
{{- $problems = append $problems "ingress.enabled: true without ingress.hosts: write the host, such as ingress.hosts: [{host: api.example.com}]" -}}
{{- end -}}
{{- $names := list -}}
{{- $numbers := list -}}
{{- range include "microservice.servicePorts" . | fromJsonArray -}}
{{- $names = append $names (.name | default "") -}}
{{- $numbers = append $numbers (toString .port) -}}
{{- end -}}
{{- range $index, $host := .Values.ingress.hosts -}}
{{- range $path := $host.paths | default (list dict) -}}
{{- if not (or $path.backend $path.serviceName) -}}
{{- $port := $path.port | default (include "microservice.mainPort" $) | toString -}}
{{- if not (has $port (concat $names $numbers)) -}}
{{- $problems = append $problems (printf "ingress.hosts[%d]: the Service has no port %q; its ports are those under ports with a servicePort (%s)" $index $port (join ", " $names | default "none")) -}}
{{- end -}}
{{- else if and $path.serviceName (not $path.port) -}}
{{- $problems = append $problems (printf "ingress.hosts[%d]: serviceName: %s needs a port beside it, by name or number" $index $path.serviceName) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .Values.ingress.tls .Values.ingress.hosts -}}
{{- $hosts := list -}}
{{- $above := list -}}
{{- range .Values.ingress.hosts -}}
{{- $hosts = append $hosts (.host | default "") -}}
{{- $above = append $above (splitn "." 2 (.host | default ""))._1 -}}
{{- end -}}
{{- range $index, $tls := .Values.ingress.tls -}}
{{- range $host := $tls.hosts -}}
{{- $rest := (splitn "." 2 $host)._1 -}}
{{- if not (or (has "" $hosts) (has $host $hosts) (has (printf "*.%s" $rest) $hosts) (and (hasPrefix "*." $host) (has $rest $above))) -}}
{{- $problems = append $problems (printf "ingress.tls[%d].hosts: no rule is for %s; add it to ingress.hosts, or take it out here" $index $host) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
