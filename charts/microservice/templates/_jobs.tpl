{{/*
microservice.jobs: the jobs that are there, as a JSON map of the key where each
is written -> what is written there.
*/}}
{{- define "microservice.jobs" -}}
  {{- $jobs := dict -}}
  {{- range $name, $job := .Values.cronJobs -}}
    {{- if and $job (ne (toString $job.enabled) "false") -}}
      {{- $_ := set $jobs (printf "cronJobs.%s" $name) $job -}}
    {{- end -}}
  {{- end -}}
  {{- if .Values.migration.enabled }}{{ $_ := set $jobs "migration" .Values.migration }}{{ end -}}
  {{- toJson $jobs -}}
{{- end -}}

{{/*
microservice.jobRoot: (list NEW ROOT JOB) -> nothing; makes of NEW, a dict, the
root of which the application's pod is one that does a job and ends: the
same image, settings, account, security and place, but nothing that serves or
waits to be asked. Never restarted: a failed pod stays, with its log, and the Job
makes another.
*/}}
{{- define "microservice.jobRoot" -}}
  {{- $new := index . 0 -}}
  {{- $values := (index . 1).Values -}}
  {{- $job := index . 2 -}}
  {{- include "microservice.derive" (list $new (index . 1) (dict
    "command" $job.command
    "args" $job.args
    "env" (include "microservice.merged" (list $values.env $job.env) | fromJson)
    "resources" (include "microservice.jobResources" (list $values $job) | fromJson)
    "volumes" (include "microservice.jobVolumes" (list $values $job) | fromJson)
    "podSpec" (include "microservice.merged" (list $values.podSpec (dict "restartPolicy" "Never")) | fromJson)
    "ports" dict "lifecycle" dict "shutdown" (dict "drainSeconds" 0)
    "readinessProbe" dict "livenessProbe" dict "startupProbe" dict
    "initContainers" list "extraContainers" list "topologySpreadConstraints" list)) -}}
  {{- include "microservice.resolve" $new -}}
{{- end -}}

{{/*
microservice.jobResources: (list VALUES JOB) -> the job's resources laid over the
main container's, as JSON.
*/}}
{{- define "microservice.jobResources" -}}
  {{- $resources := deepCopy (index . 0).resources -}}
  {{- include "microservice.overlay" (list $resources ((index . 1).resources | default dict)) -}}
  {{- toJson $resources -}}
{{- end -}}

{{/*
microservice.jobVolumes: (list VALUES JOB) -> the volumes in which a job's pod
finds /tmp and the files of the settings, or all of them where it asks for
them, as JSON. What is temporary needs no claim.
*/}}
{{- define "microservice.jobVolumes" -}}
  {{- $volumes := (index . 0).volumes | default dict -}}
  {{- if not (index . 1).volumes -}}
    {{- $volumes = pick $volumes "tmp" "config" "secret" -}}
    {{- range $name, $volume := $volumes -}}
      {{- if or ($volume).claim ($volume).persistentVolumeClaim -}}
        {{- $_ := unset $volumes $name -}}
        {{- if eq $name "tmp" -}}
          {{- $_ := set $volumes "tmp" (merge (dict "emptyDir" dict) (pick $volume "mountPath" "mounts")) -}}
        {{- end -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $volumes -}}
{{- end -}}
