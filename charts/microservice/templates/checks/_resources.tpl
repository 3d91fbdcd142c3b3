{{/*
microservice.problems.resources: no container is promised more than it may use.
The main container's default limits give way by themselves.
*/}}
{{- define "microservice.problems.resources" -}}
{{- $problems := list -}}
{{- $all := dict -}}
{{- if ne (toJson .Values.resources.limits) `{"cpu":"500m","memory":"512Mi"}` -}}
{{- $_ := set $all "resources" (include "microservice.resources" . | fromJson) -}}
{{- end -}}
{{- range $kind := list "initContainers" "extraContainers" -}}
{{- range $index, $container := index $.Values $kind -}}
{{- $_ := set $all (printf "%s[%d].resources" $kind $index) ($container.resources | default dict) -}}
{{- end -}}
{{- end -}}
{{- range $key, $job := include "microservice.jobs" . | fromJson -}}
{{- $values := dict "resources" (include "microservice.jobResources" (dict "root" $ "job" $job) | fromJson) -}}
{{- if $job.resources }}{{ $_ := set $all (printf "%s.resources" $key) (include "microservice.resources" (dict "Values" $values) | fromJson) }}{{ end -}}
{{- end -}}
{{- range $key, $resources := $all -}}
{{- range $name, $request := $resources.requests -}}
{{- $limit := get ($resources.limits | default dict) $name | toString -}}
{{- if and (not (kindIs "invalid" $request)) (not (has $limit (list "" "<nil>" (toString $request)))) -}}
{{- if include "microservice.exceeds" (list $request $limit) -}}
{{- $problems = append $problems (printf "%s.requests.%s: %v is above %s.limits.%s: %s; lower the first, or raise the second" $key $name $request $key $name $limit) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
