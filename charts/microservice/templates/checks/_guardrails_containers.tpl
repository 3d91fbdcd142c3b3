{{/*
microservice.risks.containers: every container is a known version, has requests
to be placed by and a limit to its memory. As in Kubernetes a limit alone is a
request too, and the pod's own count.
*/}}
{{- define "microservice.risks.containers" -}}
{{- $risks := list -}}
{{- if and (eq (toString .Values.image.tag) "latest") (not .Values.image.digest) -}}
{{- $risks = append $risks "image.tag: latest is another image tomorrow; write a version, or image.digest" -}}
{{- end -}}
{{- $all := dict "resources" .Values.resources -}}
{{- range $kind := list "initContainers" "extraContainers" -}}
{{- range $index, $container := index $.Values $kind -}}
{{- $_ := set $all (printf "%s[%d].resources" $kind $index) ($container.resources | default dict) -}}
{{- $tag := regexFind ":[^:/]*$" $container.image -}}
{{- if and (has $tag (list "" ":latest")) (not (contains "@" $container.image)) -}}
{{- $risks = append $risks (printf "%s[%d].image: %s is another image tomorrow; write a version, or a digest" $kind $index $container.image) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $key, $job := include "microservice.jobs" . | fromJson -}}
{{- if $job.resources }}{{ $_ := set $all (printf "%s.resources" $key) (include "microservice.jobResources" (dict "root" $ "job" $job) | fromJson) }}{{ end -}}
{{- end -}}
{{- $pod := (.Values.podSpec).resources | default dict -}}
{{- range $key, $resources := $all -}}
{{- $limits := merge (dict) ($resources.limits | default dict) ($pod.limits | default dict) -}}
{{- $requests := merge (dict) ($resources.requests | default dict) $limits ($pod.requests | default dict) -}}
{{- if not $limits.memory -}}
{{- $risks = append $risks (printf "%s.limits.memory: without it one container can take all of a node's; write one, such as 512Mi" $key) -}}
{{- end -}}
{{- range $name := list "cpu" "memory" -}}
{{- if not (get $requests $name) -}}
{{- $risks = append $risks (printf "%s.requests.%s: without it the pod is placed where there may be none left; write one" $key $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $risks -}}
{{- end -}}
