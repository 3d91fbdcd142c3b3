{{/*
microservice.problems.handlers: a hook, or a probe of another container, has one
handler, and a port that it refers to by name is a port of its container. The main
container's probes are checked above, and its empty hooks are left out. A stop signal
exists, and belongs to an operating system (validateStopSignal of Kubernetes).
*/}}
{{- define "microservice.problems.handlers" -}}
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
  {{- $os := ((.Values.podSpec).os).name }}
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
      {{- else if and $written (not (regexMatch (include "microservice.signals" $) $written)) }}
        {{ $key }}{{ $hook }}: {{ $written }} is not a signal, such as SIGTERM
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

{{/* microservice.signals: their names as a pattern. */}}
{{- define "microservice.signals" -}}
^SIG(ABRT|ALRM|BUS|CHLD|CLD|CONT|FPE|HUP|ILL|INT|IO|IOT|KILL|PIPE|POLL|PROF|PWR|QUIT|SEGV|STKFLT|STOP|SYS|TERM|
  {{- `TRAP|TSTP|TTIN|TTOU|URG|USR[12]|VTALRM|WINCH|XCPU|XFSZ|RTMIN(\+([1-9]|1[0-5]))?|RTMAX(-([1-9]|1[0-4]))?)$` -}}
{{- end -}}

{{- define "microservice.checks.handlers" -}}
  {{- include "microservice.problems.handlers" . }}
{{- end -}}
