{{/*
microservice.problems.jobs: a migration has something to run, and a job on a
schedule has one that Kubernetes can read, and a name that leaves room for those
of its runs: 11 characters of 63.
*/}}
{{- define "microservice.problems.jobs" -}}
{{- $problems := list -}}
{{- with .Values.migration -}}
{{- if and .enabled (not .command) (not .args) -}}
{{- $problems = append $problems "migration.enabled: true without anything to run: write migration.command or migration.args, such as command: [python, -m, migrate]" -}}
{{- end -}}
{{- end -}}
{{- range $name, $job := .Values.cronJobs -}}
{{- if and $job (ne (toString $job.enabled) "false") -}}
{{- $full := printf "%s-%s" (include "microservice.fullname" $) $name -}}
{{- if gt (len $full) 52 -}}
{{- $problems = append $problems (printf "cronJobs.%s: the name %s has %d characters, and a CronJob's may have 52; shorten the entry's, or write fullnameOverride" $name $full (len $full)) -}}
{{- end -}}
{{- if not $job.schedule -}}
{{- $problems = append $problems (printf "cronJobs.%s has no schedule: write when it runs, such as schedule: '30 3 * * *' for half past three each night" $name) -}}
{{- else if not (hasPrefix "@" $job.schedule) -}}
{{- range include "microservice.scheduleFaults" $job.schedule | fromJsonArray -}}
{{- $problems = append $problems (printf "cronJobs.%s.schedule: %q: %s" $name $job.schedule .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{/*
microservice.scheduleFaults: what is wrong with the fields of a schedule, as a
JSON list of texts: their number and form, what is outside a field's bounds, and
ranges that run backwards. The rules: github.com/robfig/cron, by which
Kubernetes reads schedules. In the schema its pattern would cost more time than
all the names.
*/}}
{{- define "microservice.scheduleFaults" -}}
{{- $faults := list -}}
{{- $bounds := list (list "minute" 0 59) (list "hour" 0 23) (list "day of the month" 1 31) (list "month" 1 12) (list "day of the week" 0 6) -}}
{{- $names := dict "month" (splitList " " "- jan feb mar apr may jun jul aug sep oct nov dec") "day of the week" (splitList " " "sun mon tue wed thu fri sat") -}}
{{- $fields := regexSplit " +" (lower .) -1 -}}
{{- if ne (len $fields) 5 -}}
{{- $faults = append $faults (printf "write 5 fields (minute, hour, day of the month, month, day of the week), not %d" (len $fields)) -}}
{{- end -}}
{{- range $index, $field := eq (len $fields) 5 | ternary $fields list -}}
{{- $bound := index $bounds $index -}}
{{- if not (regexMatch "^([*?]|[0-9a-z]+(-[0-9a-z]+)?)(/[1-9][0-9]*)?(,([*?]|[0-9a-z]+(-[0-9a-z]+)?)(/[1-9][0-9]*)?)*$" $field) -}}
{{- $faults = append $faults (printf "%s is no %s: write a number, *, a range such as 1-5, a step such as */10, or a list of these" $field (first $bound)) -}}
{{- end -}}
{{- $known := dict -}}
{{- range $number, $name := get $names (first $bound) | default list }}{{ $_ := set $known $name (toString $number) }}{{ end -}}
{{- range $range := regexFindAll "(^|,)[0-9a-z]+(-[0-9a-z]+)?" $field -1 -}}
{{- $ends := list -}}
{{- range $end := splitList "-" (trimPrefix "," $range) -}}
{{- $number := get $known $end | default $end -}}
{{- $ends = append $ends (atoi $number) -}}
{{- if or (trimAll "0123456789" $number) (lt (atoi $number) (index $bound 1)) (gt (atoi $number) (index $bound 2)) -}}
{{- $faults = append $faults (printf "%s is no %s, from %d to %d" $end (first $bound) (index $bound 1) (index $bound 2)) -}}
{{- end -}}
{{- end -}}
{{- if gt (first $ends) (last $ends) -}}
{{- $faults = append $faults (printf "%s runs backwards; write two ranges" (trimPrefix "," $range)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $faults -}}
{{- end -}}
