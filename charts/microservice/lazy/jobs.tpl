{{/*
microservice.jobRoot: (dict "into" DICT "root" . "entry" JOB) -> nothing; makes of an
empty dict the root of a job's pod, which is that of an entry (microservice.entryRoot).
Unless the job says otherwise it is never restarted: a failed pod stays, with its log, and
the Job makes another. So there is no resizePolicy, which may restart a container.
*/}}
{{- define "microservice.jobRoot" -}}
  {{- $values := .root.Values -}}
  {{- include "microservice.entryRoot" (dict "into" .into "root" .root "entry" .entry "job" true "over" (dict
    "podSpec" (set (omit ($values.podSpec | default dict) "") "restartPolicy" (.entry.restartPolicy | default "Never"))
    "shutdown" (dict "drainSeconds" 0)
    "topologySpreadConstraints" list)) -}}
  {{- $_ := omit (.into.Values.containerSpec | default dict) "resizePolicy" | set .into.Values "containerSpec" -}}
{{- end -}}

{{/*
microservice.jobSpec: (dict "root" ROOT "entry" JOB "ttlSecondsAfterFinished" NUMBER
"podFailurePolicy" MAP) -> the spec of a Job, whose pod is that of the root. The last two
are defaults, and may be left out.
*/}}
{{- define "microservice.jobSpec" -}}
  {{- with include "microservice.fields" (list
    "parallelism" .entry.parallelism
    "completions" .entry.completions
    "backoffLimit" .entry.backoffLimit
    "activeDeadlineSeconds" .entry.activeDeadlineSeconds
    "ttlSecondsAfterFinished" (kindIs "invalid" .entry.ttlSecondsAfterFinished | ternary .ttlSecondsAfterFinished .entry.ttlSecondsAfterFinished)
    "podFailurePolicy" (.entry.podFailurePolicy | default .podFailurePolicy)) }}
{{ . }}
  {{- end }}
template:
  {{- include "microservice.podTemplate" .root | nindent 2 }}
{{- end -}}

{{/*
microservice.cronJobs: the CronJobs, each after a line of ---.
*/}}
{{- define "microservice.cronJobs" -}}
  {{- include "microservice.collectEntries" . }}
  {{- range $key, $found := .entries }}
    {{- if hasPrefix "cronJobs." $key }}
      {{- $job := $found.entry }}
---
apiVersion: batch/v1
kind: CronJob
metadata:
  {{- include "microservice.metadata" (dict
    "root" $found.root
    "name" (include "microservice.cronJobName" (dict "root" $ "name" (trimPrefix "cronJobs." $key)))
    "labels" $found.entry.labels
    "annotations" $found.entry.annotations) | nindent 2 }}
spec:
  {{- include "microservice.fields" (list
    "schedule" $job.schedule
    "timeZone" $job.timeZone
    "suspend" $job.suspend
    "concurrencyPolicy" ($job.concurrencyPolicy | default "Forbid")
    "startingDeadlineSeconds" $job.startingDeadlineSeconds
    "successfulJobsHistoryLimit" $job.successfulJobsHistoryLimit
    "failedJobsHistoryLimit" $job.failedJobsHistoryLimit) | nindent 2 }}
  jobTemplate:
    spec:
      {{- include "microservice.jobSpec" $found | trim | nindent 6 }}
    {{- end }}
  {{- end -}}
{{- end -}}
