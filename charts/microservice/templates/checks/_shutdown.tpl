{{/*
microservice.problems.shutdown: a pod that is still draining when its grace
period ends is killed in the middle of its requests.
*/}}
{{- define "microservice.problems.shutdown" -}}
{{- $problems := list -}}
{{- $drain := include "microservice.drainSeconds" . | int64 -}}
{{- $grace := include "microservice.graceSeconds" . | int64 -}}
{{- if and (gt $drain 0) (ge $drain $grace) (not (.Values.lifecycle | default dict).preStop) -}}
{{- $problems = append $problems (printf "shutdown.drainSeconds: %d leaves nothing of terminationGracePeriodSeconds: %d for the process to end; make the first smaller, or the second larger" $drain $grace) -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
