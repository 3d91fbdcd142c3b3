{{/*
microservice.risks.containers: every container has a fixed version, requests and a
memory limit. As in Kubernetes, a limit without a request counts as one, and so
do the pod's own resources.
*/}}
{{- define "microservice.risks.containers" -}}
  {{- if and (eq (toString .Values.image.tag) "latest") (not .Values.image.digest) }}
    image.tag: latest can change at any time; set a version, or image.digest
  {{- end }}
  {{- $all := dict "resources" (include "microservice.resources" . | fromJson) }}
  {{- $_ := include "microservice.collectContainers" . }}
  {{- range .containers }}
    {{- $_ := set $all (printf "%s.resources" .key) (.container.resources | default dict) }}
    {{- $image := .container.image }}
    {{- if and (has (regexFind ":[^:/]*$" $image) (list "" ":latest")) (not (contains "@" $image)) }}
      {{ .key }}.image: {{ quote $image }} can change at any time; set a version, or a digest
    {{- end }}
  {{- end }}
  {{- range $key, $job := include "microservice.jobs" . | fromJson }}
    {{- if $job.resources }}
      {{- $_ := include "microservice.jobResources" (dict "root" $ "job" $job) | fromJson | set $all (printf "%s.resources" $key) }}
    {{- end }}
  {{- end }}
  {{- $pod := (.Values.podSpec).resources | default dict }}
  {{- range $key, $resources := $all }}
    {{- $limits := merge (dict) ($resources.limits | default dict) ($pod.limits | default dict) }}
    {{- $requests := merge (dict) ($resources.requests | default dict) $limits ($pod.requests | default dict) }}
    {{- if not $limits.memory }}
      {{ $key }}.limits.memory: without it a container can use all memory of its node; set one, such as 512Mi
    {{- end }}
    {{- range $name := list "cpu" "memory" }}
      {{- if not (get $requests $name) }}
        {{ $key }}.requests.{{ $name }}: without it the pod may be placed on a node that has none left; set one
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
