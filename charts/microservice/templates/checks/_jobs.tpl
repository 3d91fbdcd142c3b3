{{/*
microservice.problems.jobs: a migration has something to run, and a job on a
schedule has one that Kubernetes can read, and a name that leaves room for those
of its runs: 11 characters of 63.
*/}}
{{- define "microservice.problems.jobs" -}}
  {{- with .Values.migration }}
    {{- if and .enabled (not .command) (not .args) }}
      migration.enabled: true without anything to run: write migration.command or migration.args, such as
      {{- " command: [python, -m, migrate]" }}
    {{- end }}
  {{- end }}
  {{- range $name, $job := .Values.cronJobs }}
    {{- if and $job (not (include "microservice.isDisabled" $job)) }}
      {{- $full := printf "%s-%s" (include "microservice.fullname" $) $name }}
      {{- if gt (len $full) 52 }}
        cronJobs.{{ $name }}: the name {{ $full }} has {{ len $full }} characters, and a CronJob's may have 52; shorten the entry's, or
        {{- " write fullnameOverride" }}
      {{- end }}
      {{- if not $job.schedule }}
        cronJobs.{{ $name }} has no schedule: write when it runs, such as schedule: '30 3 * * *' for half past three each night
      {{- else if not (hasPrefix "@" $job.schedule) }}
        {{- include "microservice.problems.schedule" (dict "key" (printf "cronJobs.%s.schedule" $name) "schedule" $job.schedule) }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.schedule: (dict "key" KEY "schedule" TEXT): the number of
a schedule's fields, what each can be, and ranges of numbers that run backwards.
Ranges of names, such as fri-mon, are left to Kubernetes, which reads schedules
by github.com/robfig/cron. In the schema the pattern would cost more time than
all the names.
*/}}
{{- define "microservice.problems.schedule" -}}
  {{- $place := printf "%s: %q" .key .schedule }}
  {{- $fields := regexSplit " +" (lower .schedule) -1 }}
  {{- if ne (len $fields) 5 }}
    {{ $place }}: write 5 fields (minute, hour, day of the month, month, day of the week), not {{ len $fields }}
  {{- else }}
    {{- range $index, $unit := list
      (dict "name" "minute" "pattern" "[0-5]?[0-9]")
      (dict "name" "hour" "pattern" "1?[0-9]|2[0-3]")
      (dict "name" "day of the month" "pattern" "[1-9]|[12][0-9]|3[01]")
      (dict "name" "month" "pattern" "[1-9]|1[0-2]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec")
      (dict "name" "day of the week" "pattern" "[0-6]|sun|mon|tue|wed|thu|fri|sat") }}
      {{- $item := printf "^([*?]|0*(%s)(-0*(%s))?)(/0*[1-9][0-9]*)?$" .pattern .pattern }}
      {{- range splitList "," (index $fields $index) }}
        {{- $ends := regexFind "^[0-9]+-[0-9]+" . | splitList "-" }}
        {{- if not (regexMatch $item .) }}
          {{ $place }}: {{ . | replace "\n" "\\n" }} is no {{ $unit.name }}: write a number, *, a range such as 1-5,
          {{- " a step such as */10, or a list of these" }}
        {{- else if gt (first $ends | atoi) (last $ends | atoi) }}
          {{ $place }}: {{ . }} runs backwards; write two ranges
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
