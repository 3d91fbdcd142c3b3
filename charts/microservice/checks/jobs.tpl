{{/*
microservice.problems.jobs: a CronJob has a valid schedule and time zone.
*/}}
{{- define "microservice.problems.jobs" -}}
  {{- range $name, $job := .Values.cronJobs }}
    {{- if and $job (not (include "microservice.isDisabled" $job)) }}
      {{- with $job.timeZone }}
        {{- if not (regexMatch (include "microservice.timeZones" .) .) }}
          cronJobs.{{ $name }}.timeZone: {{ . }} is not a time zone: use area and city, such as Europe/Berlin, or UTC
        {{- end }}
      {{- end }}
      {{- if not $job.schedule }}
        cronJobs.{{ $name }} has no schedule: set one, such as schedule: '30 3 * * *' for 03:30 every day
      {{- else }}
        {{- include "microservice.problems.schedule" (dict "key" (printf "cronJobs.%s.schedule" $name) "schedule" $job.schedule) }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.schedule: (dict "key" KEY "schedule" TEXT): a schedule
has five fields of valid values, no range runs backwards, and its months have its days.
The rules: github.com/robfig/cron, which Kubernetes uses; with a day of the week too,
either day will do. Not part of the schema, where the pattern would take Helm more time.
*/}}
{{- define "microservice.problems.schedule" -}}
  {{- $place := printf "%s: %q" .key .schedule }}
  {{- $fields := regexSplit " +" (lower .schedule) -1 }}
  {{- if hasPrefix "@" .schedule }}
    {{- $words := list "@yearly" "@annually" "@monthly" "@weekly" "@daily" "@midnight" "@hourly" }}
    {{- if not (or (has .schedule $words) (regexMatch "^@every [0-9]{1,6}(h([0-9]{1,6}m)?([0-9]{1,6}s)?|m([0-9]{1,6}s)?|s)$" .schedule)) }}
      {{ $place }}: expected @yearly, @monthly, @weekly, @daily, @hourly, or @every and a duration such as 1h30m
    {{- end }}
  {{- else if ne (len $fields) 5 }}
    {{ $place }}: expected 5 fields (minute, hour, day of the month, month, day of the week), found {{ len $fields }}
  {{- else }}
    {{- $names := dict "mon" 1 "tue" 2 "wed" 3 "thu" 4 "fri" 5 "sat" 6 "jan" 1 "feb" 2 "mar" 3 "apr" 4 "may" 5 "jun" 6
      "jul" 7 "aug" 8 "sep" 9 "oct" 10 "nov" 11 "dec" 12 }}
    {{- range $index, $unit := list
      (dict "name" "minute" "values" "0-59" "pattern" "[0-5]?[0-9]")
      (dict "name" "hour" "values" "0-23" "pattern" "1?[0-9]|2[0-3]")
      (dict "name" "day of the month" "values" "1-31" "pattern" "[1-9]|[12][0-9]|3[01]")
      (dict "name" "month" "values" "1-12 or jan-dec" "pattern"
        "[1-9]|1[0-2]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec")
      (dict "name" "day of the week" "values" "0-6 or sun-sat" "pattern"
        "[0-6]|sun|mon|tue|wed|thu|fri|sat") }}
      {{- $item := printf "^([*?]|0*(%s)(-0*(%s))?)(/0*[1-9][0-9]*)?$" .pattern .pattern }}
      {{- range without (splitList "," (index $fields $index)) "*" }}
        {{- $ends := list }}
        {{- range regexFind "^[0-9a-z]+-[0-9a-z]+" . | splitList "-" }}
          {{- $ends = append $ends (get $names . | default (atoi .)) }}
        {{- end }}
        {{- if not (regexMatch $item .) }}
          {{ $place }}: {{ quote . }} is not a valid {{ $unit.name }}: use {{ $unit.values }}, *, a range such as 1-5,
          {{- " a step such as */10, or a list of these" }}
        {{- else if gt (first $ends) (last $ends) }}
          {{ $place }}: {{ . }} runs backwards; use two ranges
        {{- end }}
      {{- end }}
    {{- end }}
    {{- $days := index $fields 2 }}
    {{- $months := index $fields 3 }}
    {{- $never := and (regexMatch "^(0*3[01](-0*3[01])?(,|$))+$" $days) (regexMatch "^((feb|0*2)(,|$))+$" $months) }}
    {{- $shorter := "^((feb|apr|jun|sep|nov|0*[2469]|0*11)(,|$))+$" }}
    {{- $never = or $never (and (regexMatch "^(0*31(-0*31)?(,|$))+$" $days) (regexMatch $shorter $months)) }}
    {{- if and $never (has (index $fields 4) (list "*" "?")) }}
      {{ $place }}: month {{ $months }} has no day {{ $days }}, so it never runs; use a day up to 28, or a longer month
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.timeZones: a pattern of the time zones: those of an area, of which any
name will do, and IANA's others.
*/}}
{{- define "microservice.timeZones" -}}
^((Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Brazil|Canada|Chile|Etc|Europe|Indian|Mexico|Pacific|US)/[A-Z].*|
  {{- "UTC|UCT|GMT([+-]?0)?|Greenwich|Universal|Zulu|CET|EET|MET|WET|EST(5EDT)?|CST6CDT|MST(7MDT)?|PST8PDT|HST|Cuba|Egypt|Eire|" -}}
  {{- "GB(-Eire)?|Hongkong|Iceland|Iran|Israel|Jamaica|Japan|Kwajalein|Libya|NZ(-CHAT)?|Navajo|PRC|Poland|Portugal|ROC|ROK|" -}}
  {{- "Singapore|Turkey|W-SU)$" -}}
{{- end -}}

{{- define "microservice.checks.jobs" -}}
  {{- include "microservice.problems.jobs" . }}
{{- end -}}
