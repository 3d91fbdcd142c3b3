{{/*
microservice.jobs: the jobs that are switched on, as a JSON map of the key where
each is written -> what is written there.
*/}}
{{- define "microservice.jobs" -}}
  {{- $jobs := dict -}}
  {{- range $name, $job := .Values.cronJobs -}}
    {{- if and $job (not (include "microservice.isDisabled" $job)) -}}
      {{- $_ := set $jobs (printf "cronJobs.%s" $name) $job -}}
    {{- end -}}
  {{- end -}}
  {{- if .Values.migration.enabled }}{{ $_ := set $jobs "migration" .Values.migration }}{{ end -}}
  {{- toJson $jobs -}}
{{- end -}}

{{/*
microservice.jobRoot: (dict "into" DICT "root" . "job" JOB) -> nothing; makes of
an empty dict the root whose microservice.podSpec is the pod of a job: image,
settings, account, security and placement of the service, but nothing that serves
requests or is probed. It is never restarted: a failed pod stays, with its log, and
the Job makes another. So there is no resizePolicy, which may restart a container.
*/}}
{{- define "microservice.jobRoot" -}}
  {{- $values := .root.Values -}}
  {{- include "microservice.derive" (dict "into" .into "root" .root "over" (dict
    "command" .job.command
    "args" .job.args
    "env" (include "microservice.merged" (list $values.env .job.env) | fromJson)
    "resources" (include "microservice.jobResources" (dict "root" .root "job" .job) | fromJson)
    "volumes" (include "microservice.jobVolumes" (dict "root" .root "job" .job) | fromJson)
    "podSpec" (include "microservice.merged" (list $values.podSpec (dict "restartPolicy" "Never")) | fromJson)
    "containerSpec" (omit ($values.containerSpec | default dict) "resizePolicy" (empty .job.volumes | ternary "volumeDevices" ""))
    "ports" dict
    "lifecycle" dict
    "shutdown" (dict "drainSeconds" 0)
    "readinessProbe" dict
    "livenessProbe" dict
    "startupProbe" dict
    "initContainers" list
    "extraContainers" list
    "topologySpreadConstraints" list)) -}}
  {{- include "microservice.resolve" .into -}}
{{- end -}}

{{/*
microservice.jobResources: (dict "root" . "job" JOB) -> the job's resources laid over
the main container's, as JSON.
*/}}
{{- define "microservice.jobResources" -}}
  {{- $resources := deepCopy .root.Values.resources -}}
  {{- include "microservice.overlay" (dict "base" $resources "over" .job.resources) -}}
  {{- toJson $resources -}}
{{- end -}}

{{/*
microservice.jobVolumes: (dict "root" . "job" JOB) -> the volumes of a job's pod,
as JSON: all of them if the job asks for that, else /tmp and the files of config
and secret. A /tmp on a claim becomes an emptyDir.
*/}}
{{- define "microservice.jobVolumes" -}}
  {{- $volumes := .root.Values.volumes | default dict -}}
  {{- if not .job.volumes -}}
    {{- $volumes = pick $volumes "tmp" "config" "secret" -}}
    {{- range $name, $volume := $volumes -}}
      {{- if or ($volume).claim ($volume).persistentVolumeClaim -}}
        {{- $_ := unset $volumes $name -}}
        {{- if eq $name "tmp" -}}
          {{- $_ := set $volumes "tmp" (merge (pick $volume "emptyDir" "mountPath" "mounts") (dict "emptyDir" dict)) -}}
        {{- end -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $volumes -}}
{{- end -}}
