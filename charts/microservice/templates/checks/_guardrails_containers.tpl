{{/*
microservice.risks.containers: every container is a known version, has requests
to be placed by and a limit to its memory. As in Kubernetes a limit alone is a
request too, and the pod's own count.
*/}}
{{- define "microservice.risks.containers" -}}
  {{- if and (eq (toString .Values.image.tag) "latest") (not .Values.image.digest) }}
    image.tag: latest is another image tomorrow; write a version, or image.digest
  {{- end }}
  {{- $all := dict "resources" .Values.resources }}
  {{- $_ := include "microservice.collectContainers" . }}
  {{- range .containers }}
    {{- $_ := set $all (printf "%s.resources" .key) (.container.resources | default dict) }}
    {{- $image := .container.image }}
    {{- if and (has (regexFind ":[^:/]*$" $image) (list "" ":latest")) (not (contains "@" $image)) }}
      {{ .key }}.image: {{ $image | replace "\n" "\\n" }} is another image tomorrow; write a version, or a digest
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
      {{ $key }}.limits.memory: without it one container can take all of a node's; write one, such as 512Mi
    {{- end }}
    {{- range $name := list "cpu" "memory" }}
      {{- if not (get $requests $name) }}
        {{ $key }}.requests.{{ $name }}: without it the pod is placed where there may be none left; write one
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
