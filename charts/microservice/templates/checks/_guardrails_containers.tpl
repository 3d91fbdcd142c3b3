{{/*
microservice.risks.images: no tag that may name another image tomorrow.
*/}}
{{- define "microservice.risks.images" -}}
  {{- $images := dict }}
  {{- range $key, $image := dict "image" .Values.image "tests.image" (empty .Values.tests.enabled | ternary dict .Values.tests.image) }}
    {{- if and ($image).tag (not $image.digest) }}
      {{- $_ := set $images (printf "%s.tag" $key) (printf ":%s" $image.tag) }}
    {{- end }}
  {{- end }}
  {{- $_ := include "microservice.collectContainers" . }}
  {{- range .containers }}
    {{- $_ := set $images (printf "%s.image" .key) .container.image }}
  {{- end }}
  {{- range $name, $volume := .Values.volumes }}
    {{- with (($volume).image).reference }}{{ $_ := set $images (printf "volumes.%s.image.reference" $name) . }}{{ end }}
  {{- end }}
  {{- include "microservice.risks.tags" $images }}
{{- end -}}

{{/*
microservice.risks.tags: a map of key -> image, or a tag after ":".
*/}}
{{- define "microservice.risks.tags" -}}
  {{- $mutable := list "" ":latest" ":main" ":master" ":dev" ":develop" ":edge" ":nightly" ":stable" ":snapshot" }}
  {{- range $key, $image := . }}
    {{- if and (has (regexFind ":[^:/]*$" $image | lower) $mutable) (not (contains "@" $image)) }}
      mutableTag: {{ $key }}: {{ trimPrefix ":" $image | quote }} can change at any time; set a version, or a digest
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.risks.resources: every container has requests and a memory limit. As in
Kubernetes, a limit without a request counts as one, and so do the pod's own
resources.
*/}}
{{- define "microservice.risks.resources" -}}
  {{- $all := dict "resources" .Values.resources }}
  {{- $_ := include "microservice.collectContainers" . }}
  {{- range .containers }}
    {{- $_ := set $all (printf "%s.resources" .key) (.container.resources | default dict) }}
  {{- end }}
  {{- $pod := (.Values.podSpec).resources }}
  {{- $none := list "<nil>" "0" }}
  {{- range $key, $resources := $all }}
    {{- $limits := merge (dict) ($resources.limits) ($pod.limits) }}
    {{- $requests := merge (dict) ($resources.requests) $limits ($pod.requests) }}
    {{- if has (toString $limits.memory) $none }}
      noMemoryLimit: {{ $key }}.limits.memory: without it a container can use all memory of its node; set one, such as 512Mi
    {{- end }}
    {{- range $name := list "cpu" "memory" }}
      {{- if has (index $requests $name | toString) $none }}
        noRequests: {{ $key }}.requests.{{ $name }}: without it the pod may be placed on a node that has none left; set one
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
