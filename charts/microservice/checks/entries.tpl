{{/*
microservice.problems.entries: a worker, a CronJob and a migration have something to run:
without a command they would start the service itself, unless their image is another.
A migration, which runs before the first install, waits for no claim of the release, and
nothing mounts one that is switched off.
*/}}
{{- define "microservice.problems.entries" -}}
  {{- range $key, $found := omit .entries "tests" }}
    {{- $entry := $found.entry }}
    {{- if not (or $entry.command $entry.args ($entry.image).repository) }}
      {{- if eq $key "migration" }}
        migration.enabled: true, but nothing to run: set migration.command or migration.args, such as
        {{- " command: [python, -m, migrate]" }}
      {{- else }}
        {{ $key }} has nothing to run: without command and args it would start the service itself; set one,
        {{- printf " such as command: [python, -m, %s]" (splitList "." $key | last) }}
      {{- end }}
    {{- end }}
    {{- range $name, $volume := $found.root.Values.volumes }}
      {{- if and ($volume).claim (not (include "microservice.isDisabled" $volume)) }}
        {{- if eq $key "migration" }}
          migration.volumes: the claim of volumes.{{ $name }} is not there before the first install, for which the migration would wait; use
          {{- " persistentVolumeClaim with an existing one" }}
        {{- else if include "microservice.isDisabled" (index $.Values.volumes $name) }}
          {{ $key }}.volumes.{{ $name }}: with volumes.{{ $name }}.enabled: false there is no claim to mount; remove one of the two
        {{- end }}
      {{- end }}
    {{- end }}
    {{- include "microservice.problems.failurePolicy" (dict "key" $key "root" $found.root "entry" $entry) }}
    {{- if $found.root.objectName }}
      {{- include "microservice.problems.worker" (dict "root" $ "key" $key "worker" $found) }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.worker: (dict "root" . "key" KEY "worker" {"entry", "root"}): its
name is that of no other object, and leaves room in a label for "worker-"; one that must
not run twice is not scaled; and of several ports a probe names its own, since another
port would move it.
*/}}
{{- define "microservice.problems.worker" -}}
  {{- $key := .key }}
  {{- $name := trimPrefix "workers." $key }}
  {{- $root := .root }}
  {{- if gt (len $name) 56 }}
    {{ $key }}: the name has {{ len $name }} characters; a worker's may have 56: shorten it
  {{- end }}
  {{- $service := index ($root.Values.extraServices | default dict) $name }}
  {{- if has $name (list "config" "external" "files" "headless" "migration" "secret-files" "secrets" "test") }}
    {{ $key }}: {{ .worker.root.objectName }} is the name of another object of the chart; call the worker differently
  {{- else if hasKey $root.entries (printf "cronJobs.%s" $name) }}
    {{ $key }} and cronJobs.{{ $name }} have the same name, {{ .worker.root.objectName }}; rename one of them
  {{- else if and (kindIs "map" $service) (not (include "microservice.isDisabled" $service)) }}
    {{ $key }} and extraServices.{{ $name }} have the same name, {{ .worker.root.objectName }}, but the Service leads to the service's pods;
    {{- " rename one of them" }}
  {{- end }}
  {{- $ports := include "microservice.ports" .worker.root | fromJson }}
  {{- if and (gt (len $ports) 1) (not (hasKey $ports "http")) }}
    {{- range $probe := list "startupProbe" "livenessProbe" "readinessProbe" }}
      {{- with index $.worker.entry $probe }}
        {{- $handler := include "microservice.probeHandler" . }}
        {{- if and $handler (ne $handler "exec") (not (index . $handler).port) (not (include "microservice.isDisabled" .)) }}
          {{ $key }}.{{ $probe }}.{{ $handler }} has no port, and none of {{ keys $ports | sortAlpha | join ", " }} is called http; set
          {{- printf " %s.%s.%s.port" $key $probe $handler }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- $scaling := .worker.root.Values.autoscaling }}
  {{- if and (eq (toString (.worker.entry.strategy).type) "Recreate") (or $scaling.enabled $scaling.external) }}
    {{ $key }}.autoscaling: several pods may run at once, but {{ $key }}.strategy.type: Recreate is for one that must not run twice; remove
    {{- " one of them" }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.failurePolicy: (dict "key" KEY "root" ROOT "entry" JOB): a Job's
podFailurePolicy is for pods that are not restarted, and names their containers
(validatePodFailurePolicy, Kubernetes, pkg/apis/batch/validation).
*/}}
{{- define "microservice.problems.failurePolicy" -}}
  {{- $key := printf "%s.podFailurePolicy" .key }}
  {{- $root := .root }}
  {{- $never := ne (toString .entry.restartPolicy) "OnFailure" }}
  {{- with .entry.podFailurePolicy }}
    {{- if not $never }}
      {{ $key }} needs restartPolicy: Never, since a container that is restarted has not failed for the Job; remove one of them
    {{- end }}
    {{- range $index, $rule := .rules }}
      {{- if eq (empty $rule.onExitCodes) (empty $rule.onPodConditions) }}
        {{ $key }}.rules[{{ $index }}]: set either onExitCodes or onPodConditions
      {{- end }}
      {{- $before := "" }}
      {{- range ($rule.onExitCodes).values }}
        {{- if or (and $before (le (int64 .) (int64 $before))) (and (eq (int64 .) 0) (eq $rule.onExitCodes.operator "In")) }}
          {{ $key }}.rules[{{ $index }}].onExitCodes.values: list them in ascending order, and no 0 with operator: In
        {{- end }}
        {{- $before = toString . }}
      {{- end }}
      {{- with ($rule.onExitCodes).containerName }}
        {{- $names := list (($root.Values.containerSpec).name | default (include "microservice.name" $root)) }}
        {{- $_ := include "microservice.collectContainers" $root }}
        {{- range $root.containers }}{{ $names = append $names .container.name }}{{ end }}
        {{- if not (has . $names) }}
          {{ $key }}.rules[{{ $index }}].onExitCodes.containerName: the pod has no container {{ quote . }} ({{ join ", " $names }})
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "microservice.checks.entries" -}}
  {{- include "microservice.problems.entries" . }}
{{- end -}}
