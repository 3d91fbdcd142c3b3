{{/*
microservice.problems.resources: requests, limits and claims fit each other, in
each container and in the pod as a whole. The rules: validateResourceRequirements
and validatePodResourceConsistency (Kubernetes, pkg/apis/core/validation).
*/}}
{{- define "microservice.problems.resources" -}}
  {{- $all := dict "resources" (include "microservice.resources" . | fromJson) }}
  {{- $pod := (.Values.podSpec).resources }}
  {{- $_ := include "microservice.collectContainers" . }}
  {{- range .containers }}
    {{- $_ := set $all (printf "%s.resources" .key) (.container.resources | default dict) }}
  {{- end }}
  {{- range $key, $resources := $all }}
    {{- include "microservice.problems.quantities" (dict "key" $key "resources" $resources) }}
    {{- range $index, $claim := $resources.claims }}
      {{- $declared := list }}
      {{- range ($.Values.podSpec).resourceClaims }}{{ $declared = append $declared .name }}{{ end }}
      {{- if not (has $claim.name $declared) }}
        {{ $key }}.claims[{{ $index }}]: no claim {{ quote $claim.name }} is declared under podSpec.resourceClaims
        {{- printf " (%s)" (sortAlpha $declared | join ", " | default "none") }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- if $pod }}
    {{- include "microservice.problems.quantities" (dict "key" "podSpec.resources" "resources" $pod) }}
    {{- $containers := list (dict "key" "resources" "resources" $all.resources "longRunning" true) }}
    {{- range .containers }}
      {{- $key := printf "%s.resources" .key }}
      {{- $init := hasPrefix "initContainers" $key }}
      {{- $containers = append $containers (dict "key" $key "resources" (get $all $key) "init" $init "longRunning" .longRunning) }}
    {{- end }}
    {{- include "microservice.problems.podResources" (dict "pod" $pod "containers" $containers) }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.quantities: (dict "key" KEY "resources" RESOURCES): no request
exceeds its limit, both are equal where Kubernetes overcommits nothing (extended
resources and huge pages), and huge pages are whole and not alone.
*/}}
{{- define "microservice.problems.quantities" -}}
  {{- $key := .key }}
  {{- $limits := .resources.limits }}
  {{- range $name, $request := .resources.requests }}
    {{- $limit := get $limits $name | toString }}
    {{- if and (not (kindIs "invalid" $request)) (ne $limit (toString $request)) }}
      {{- $at := contains "/" $name | ternary (printf "[%q]" $name) (printf ".%s" $name) }}
      {{- $unset := has $limit (list "" "<nil>") }}
      {{- $fixed := or (hasPrefix "hugepages-" $name) (and (contains "/" $name) (not (contains "kubernetes.io/" $name))) }}
      {{- if and $fixed $unset }}
        {{ $key }}.requests{{ $at }}: {{ $request }} without a limit, but Kubernetes does not overcommit it; set
        {{- printf " %s.limits%s instead, which is its request too" $key $at }}
      {{- else if $unset }}
      {{- else if include "microservice.exceeds" (dict "quantity" $request "limit" $limit) }}
        {{ $key }}.requests{{ $at }}: {{ $request }} is above {{ $key }}.limits{{ $at }}: {{ $limit }}; lower the first, or raise
        {{- " the second" }}
      {{- else if and $fixed (include "microservice.exceeds" (dict "quantity" $limit "limit" $request)) }}
        {{ $key }}.requests{{ $at }}: {{ $request }} is below {{ $key }}.limits{{ $at }}: {{ $limit }}, but Kubernetes does not
        {{- " overcommit it; remove the request" }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- $names := list }}
  {{- range $part := list "requests" "limits" }}
    {{- range $name, $quantity := get $.resources $part | default dict }}
      {{- if not (kindIs "invalid" $quantity) }}{{ $names = append $names $name }}{{ end }}
      {{- if and (hasPrefix "hugepages-" $name) (has $name $names) }}
        {{- $size := trimPrefix "hugepages-" $name }}
        {{- if mod (include "microservice.quantity" $quantity | float64) (include "microservice.quantity" $size | float64) }}
          {{ $key }}.{{ $part }}.{{ $name }}: {{ $quantity }} is not a multiple of {{ $size }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- if and (join " " $names | contains "hugepages-") (not (or (has "cpu" $names) (has "memory" $names))) }}
    {{ $key }} has huge pages, but neither cpu nor memory, of which Kubernetes requires one; set {{ $key }}.requests.memory
  {{- end }}
{{- end -}}

{{/*
microservice.problems.podResources: (dict "pod" RESOURCES "containers" LIST): the
containers of a pod, a list of {"key": where their resources are written,
"resources": what is written there, "init": whether it is an init container,
"longRunning": whether it runs beside the others}, stay within the resources of the
pod as a whole. By default a container's request is its limit, and the pod's is what
its containers request at the same time at most.
*/}}
{{- define "microservice.problems.podResources" -}}
  {{- $requests := .pod.requests }}
  {{- $limits := .pod.limits }}
  {{- range $name := concat (keys $requests) (keys $limits) | uniq | sortAlpha }}
    {{- $most := get $limits $name | toString }}
    {{- $running := 0 }}
    {{- $sidecars := 0 }}
    {{- $starting := 0 }}
    {{- range $.containers }}
      {{- $limit := get (.resources.limits) $name | toString | replace "<nil>" "" }}
      {{- if and $limit (not .init) (not (has $most (list "" "<nil>"))) }}
        {{- if include "microservice.exceeds" (dict "quantity" $limit "limit" $most) }}
          {{ .key }}.limits.{{ $name }}: {{ $limit }} is above podSpec.resources.limits.{{ $name }}: {{ $most }}, which is for all containers
          {{- " together; lower the first, or raise the second" }}
        {{- end }}
      {{- end }}
      {{- $request := get (.resources.requests) $name | toString | replace "<nil>" "" | default $limit | include "microservice.quantity" }}
      {{- if .longRunning }}{{ $running = addf $running $request }}{{ end }}
      {{- if .init }}
        {{- $starting = addf $sidecars $request | maxf $starting }}
        {{- if .longRunning }}{{ $sidecars = addf $sidecars $request }}{{ end }}
      {{- end }}
    {{- end }}
    {{- range $part := list "limits" "requests" }}
      {{- $bound := get (get $.pod $part | default dict) $name | toString }}
      {{- if not (has $bound (list "" "<nil>")) }}
        {{- /* The last digits of a sum of floats say nothing. */}}
        {{- if gt (maxf $running $starting) (include "microservice.quantity" $bound | mulf 1.000000001) }}
          podSpec.resources.{{ $part }}.{{ $name }}: {{ $bound }} is less than the containers request together; raise it, or lower theirs
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "microservice.checks.resources" -}}
  {{- include "microservice.problems.resources" . }}
{{- end -}}
