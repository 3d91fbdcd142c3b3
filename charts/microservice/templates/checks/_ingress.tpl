{{/*
microservice.problems.ingress: an Ingress has a rule or a default backend, its
rules use ports of the Service, and its certificates are for hosts with a rule.
A rule without a host matches every host; one for *.example.com, and likewise a
certificate, matches one label before the rest.
*/}}
{{- define "microservice.problems.ingress" -}}
  {{- if .Values.ingress.enabled }}
    {{- if not (or .Values.ingress.hosts .Values.ingress.defaultBackend) }}
      ingress.enabled: true without ingress.hosts: set the host, such as ingress.hosts: [{host: api.example.com}]
    {{- end }}
    {{- $names := list }}
    {{- $numbers := list }}
    {{- range include "microservice.servicePorts" . | fromJsonArray }}
      {{- $names = append $names (.name | default "") }}
      {{- $numbers = append $numbers (toString .port) }}
    {{- end }}
    {{- range $index, $host := .Values.ingress.hosts }}
      {{- range $path := $host.paths | default (list dict) }}
        {{- if not (or $path.backend $path.serviceName) }}
          {{- $port := $path.port | default (include "microservice.mainPort" $) | toString }}
          {{- if not (has $port (concat $names $numbers)) }}
            ingress.hosts[{{ $index }}]: the Service has no port {{ quote $port }}; its ports are those under ports with a servicePort
            {{- printf " (%s)" (join ", " $names | default "none") }}
          {{- end }}
        {{- else if and $path.serviceName (not $path.port) }}
          ingress.hosts[{{ $index }}]: serviceName: {{ $path.serviceName }} needs a port too, by name or number
        {{- end }}
      {{- end }}
    {{- end }}
    {{- if and .Values.ingress.tls .Values.ingress.hosts }}
      {{- $hosts := list }}
      {{- $above := list }}
      {{- range .Values.ingress.hosts }}
        {{- $hosts = append $hosts (.host | default "") }}
        {{- $above = append $above (splitn "." 2 (.host | default ""))._1 }}
      {{- end }}
      {{- range $index, $tls := .Values.ingress.tls }}
        {{- range $host := $tls.hosts }}
          {{- $rest := (splitn "." 2 $host)._1 }}
          {{- $ruled := or (has "" $hosts) (has $host $hosts) (has (printf "*.%s" $rest) $hosts) }}
          {{- if not (or $ruled (and (hasPrefix "*." $host) (has $rest $above))) }}
            ingress.tls[{{ $index }}].hosts: no rule matches {{ quote $host }}; add it to ingress.hosts, or remove it here
          {{- end }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
