{{/*
microservice.problems.ingress: an Ingress leads somewhere, to a port that the
Service has, and its certificates are for hosts that it has rules for: a rule
without a host has all, one for *.example.com a single label before the rest. A
certificate for *.example.com is likewise for any such host.
*/}}
{{- define "microservice.problems.ingress" -}}
  {{- if .Values.ingress.enabled }}
    {{- if not (or .Values.ingress.hosts .Values.ingress.defaultBackend) }}
      ingress.enabled: true without ingress.hosts: write the host, such as ingress.hosts: [{host: api.example.com}]
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
          ingress.hosts[{{ $index }}]: serviceName: {{ $path.serviceName }} needs a port beside it, by name or number
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
            ingress.tls[{{ $index }}].hosts: no rule is for {{ $host | replace "\n" "\\n" }}; add it to ingress.hosts, or take it out here
          {{- end }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
