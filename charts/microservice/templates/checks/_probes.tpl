{{/*
microservice.problems.probes: a probe has one handler and a declared port. The
service's readiness probe is on by default, so without a port it is left out silently, and
its httpGet counts as a handler only where it differs from that of values.yaml.
*/}}
{{- define "microservice.problems.probes" -}}
  {{- $ports := include "microservice.ports" . | fromJson }}
  {{- range $key := list "startupProbe" "livenessProbe" "readinessProbe" }}
    {{- with $probe := get $.Values $key }}
      {{- if contains ":null" (toJson $probe) }}
        {{- $probe = include "microservice.withoutNulls" $probe | fromJson }}
      {{- end }}
      {{- $handler := include "microservice.probeHandler" $probe }}
      {{- $port := (get $probe $handler | default dict).port }}
      {{- if and $probe (not (include "microservice.isDisabled" $probe)) }}
        {{- $default := and (eq $key "readinessProbe") (not $.component) (eq (include "microservice.hasDefaultGet" $probe) "true") }}
        {{- $written := and $default (ne $handler "httpGet") | ternary (omit $probe "httpGet") $probe }}
        {{- include "microservice.problems.probe" (dict "key" $key "probe" $written) }}
      {{- end }}
      {{- if and (kindIs "string" $port) $port (not (hasKey $ports $port)) }}
        {{ $key }}.{{ $handler }}.port: {{ $port }} is not declared under ports
        {{- printf " (%s)" (keys $ports | sortAlpha | join ", " | default "none") }}
      {{- else if and (kindIs "string" $port) $port (not (include "microservice.isTCP" (get $ports $port))) }}
        {{ $key }}.{{ $handler }}.port: {{ $port }} is a port of {{ (get $ports $port).protocol }}, which can't be probed; name one of TCP, or set exec
      {{- end }}
      {{- if and $handler (ne $handler "exec") (not $port) (or $.component (ne $key "readinessProbe")) (not (include "microservice.mainPort" $)) }}
        {{ $key }}.{{ $handler }} has no port: set {{ $key }}.{{ $handler }}.port, since no TCP port is declared under ports
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.probe: (dict "key" KEY "probe" PROBE): what validateLivenessProbe,
validateReadinessProbe and validateStartupProbe of Kubernetes refuse in any container.
*/}}
{{- define "microservice.problems.probe" -}}
  {{- include "microservice.problems.handler" (dict
    "key" .key
    "handler" .probe
    "actions" (list "httpGet" "tcpSocket" "grpc" "exec")) }}
  {{- if hasSuffix "readinessProbe" .key }}
    {{- with .probe.terminationGracePeriodSeconds }}
      {{ $.key }}.terminationGracePeriodSeconds: {{ int64 . }} belongs to livenessProbe and startupProbe, which stop containers;
      {{- " remove it" }}
    {{- end }}
  {{- else if gt (int64 .probe.successThreshold) 1 }}
    {{ .key }}.successThreshold: {{ int64 .probe.successThreshold }} must be 1; only a readinessProbe can have more
  {{- end }}
{{- end -}}

{{/*
microservice.problems.handler: (dict "key" KEY "handler" HANDLER "actions" LIST): exactly
one of the actions is set.
*/}}
{{- define "microservice.problems.handler" -}}
  {{- $written := list }}
  {{- range .actions }}
    {{- if kindIs "map" (get $.handler .) }}{{ $written = append $written . }}{{ end }}
  {{- end }}
  {{- if not $written }}
    {{ .key }} has no handler: set one of {{ join ", " .actions }}
  {{- else if gt (len $written) 1 }}
    {{ .key }} has several handlers ({{ join ", " $written }}): keep one, and set the rest to null:
    {{- printf " %s: null" (join ": null or " $written) }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.handlers: a hook, or a probe of another container, has one
handler, and a port that it refers to by name is a port of its container. The main
container's probes are checked above, and its empty hooks are left out. A stop signal
belongs to an operating system (validateStopSignal of Kubernetes).
*/}}
{{- define "microservice.problems.handlers" -}}
  {{- if or .Values.lifecycle .Values.initContainers .Values.extraContainers }}
    {{- $ports := list }}
    {{- range include "microservice.mainPorts" . | fromJsonArray }}
      {{- $ports = append $ports (dict "name" .) }}
    {{- end }}
    {{- $lifecycle := include "microservice.lifecycle" . | fromJson }}
    {{- $all := dict "" (dict "lifecycle" $lifecycle "ports" $ports) }}
    {{- $_ := include "microservice.collectContainers" . }}
    {{- range .containers }}
      {{- $_ := set $all (printf "%s." .key) .container }}
    {{- end }}
    {{- $os := ((.Values.podSpec).os).name | default "" }}
    {{- range $key, $container := $all }}
      {{- $names := list }}
      {{- range $container.ports }}
        {{- if and .name (include "microservice.isTCP" .) }}
          {{- $names = append $names .name }}
        {{- end }}
      {{- end }}
      {{- $handlers := dict }}
      {{- range $probe := list "startupProbe" "livenessProbe" "readinessProbe" }}
        {{- $written := get $container $probe }}
        {{- if kindIs "map" $written }}
          {{- include "microservice.problems.probe" (dict "key" (print $key $probe) "probe" $written) }}
          {{- $_ := set $handlers $probe $written }}
        {{- end }}
      {{- end }}
      {{- range $hook, $written := $container.lifecycle }}
        {{- $hook = printf "lifecycle.%s" $hook }}
        {{- if kindIs "map" $written }}
          {{- include "microservice.problems.handler" (dict
            "key" (print $key $hook)
            "handler" $written
            "actions" (list "httpGet" "tcpSocket" "exec" "sleep")) }}
          {{- $_ := set $handlers $hook $written }}
        {{- else if and $written (not $os) }}
          {{ $key }}{{ $hook }}: {{ $written }} needs the pods' operating system: set podSpec.os: {name: linux}
        {{- else if and $written (eq $os "windows") (not (has $written (list "SIGKILL" "SIGTERM"))) }}
          {{ $key }}{{ $hook }}: {{ $written }} is not a signal of Windows, which has SIGTERM and SIGKILL
        {{- end }}
      {{- end }}
      {{- range $name, $handler := $handlers }}
        {{- range $action := list "httpGet" "tcpSocket" }}
          {{- $port := (get $handler $action | default dict).port }}
          {{- if and (kindIs "string" $port) (not (has $port $names)) }}
            {{ $key }}{{ $name }}.{{ $action }}.port: {{ $port }} is not a TCP port of its container
            {{- printf " (%s)" (sortAlpha $names | join ", " | default "none") }}
          {{- end }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
