{{/*
microservice.problems.containers: init and extra containers have unique names,
and mount declared volumes at different paths. One that has to end before the next
starts has no hooks and probes, and only what is restarted may be for a resize
(validateInitContainers and validateResizePolicy of Kubernetes).
*/}}
{{- define "microservice.problems.containers" -}}
  {{- $volumes := include "microservice.volumeList" . | fromJson }}
  {{- $names := dict ((.Values.containerSpec).name | default (include "microservice.name" .)) "the main container" }}
  {{- $restart := toString (.Values.podSpec).restartPolicy }}
  {{- $_ := include "microservice.collectContainers" . }}
  {{- range .containers }}
    {{- $key := .key }}
    {{- $container := .container }}
    {{- with get $names $container.name }}
      {{ $key }}.name: {{ $container.name }} is also the name of {{ . }}; container names must be unique
    {{- end }}
    {{- $_ := set $names $container.name $key }}
    {{- if not .longRunning }}
      {{- range $field := list "lifecycle" "startupProbe" "livenessProbe" "readinessProbe" }}
        {{- if not (kindIs "invalid" (index $container $field)) }}
          {{ $key }}.{{ $field }}: an init container has one only with restartPolicy: Always; set that, or remove this
        {{- end }}
      {{- end }}
    {{- end }}
    {{- if not (and .longRunning (ne $restart "Never")) }}
      {{- range $index, $policy := $container.resizePolicy }}
        {{- if eq $policy.restartPolicy "RestartContainer" }}
          {{ $key }}.resizePolicy[{{ $index }}].restartPolicy: RestartContainer is for a container that is restarted; use NotRequired
        {{- end }}
      {{- end }}
    {{- end }}
    {{- $places := list }}
    {{- range concat ($container.volumeMounts | default list) ($container.volumeDevices | default list) }}
      {{- if not (hasKey $volumes .name) }}
        {{ $key }}.volumeMounts: no volume {{ quote .name }} is declared under volumes
        {{- printf " (%s)" (keys $volumes | sortAlpha | join ", " | default "none") }}
      {{- end }}
      {{- $place := .mountPath | default .devicePath | trimSuffix "/" }}
      {{- if has $place $places }}
        {{ $key }}.volumeMounts: two mounts at {{ quote $place }}; give each its own mountPath
      {{- end }}
      {{- $places = append $places $place }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "microservice.checks.containers" -}}
  {{- include "microservice.problems.containers" . }}
{{- end -}}
