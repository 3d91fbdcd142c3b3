{{/*
microservice.workerRoot: (dict "into" DICT "root" . "entry" WORKER "key" KEY) -> nothing;
makes of an empty dict the root of a worker, from which the service's manifests make its
Deployment, disruption budget, autoscaler and NetworkPolicy. Its pod is that of an entry
(microservice.entryRoot), its rollout the service's with its own laid over. Without a
readiness probe a pod is available only when it has run for a while, or a rollout would
replace every pod by one that crashes.
*/}}
{{- define "microservice.workerRoot" -}}
  {{- $values := .root.Values -}}
  {{- $worker := .entry -}}
  {{- $over := dict "tests" (dict "enabled" false) "replicaCount" (kindIs "invalid" $worker.replicaCount | ternary 1 $worker.replicaCount) -}}
  {{- range $key := list "ports" "readinessProbe" "livenessProbe" "startupProbe" "shutdown" -}}
    {{- with index $worker $key }}{{ $_ := set $over $key . }}{{ end -}}
  {{- end -}}
  {{- $minReady := $worker.minReadySeconds -}}
  {{- if and (kindIs "invalid" $minReady) (not $worker.readinessProbe) (not $values.minReadySeconds) -}}
    {{- $minReady = sub ($values.progressDeadlineSeconds | default 600) 1 | min 10 -}}
  {{- end -}}
  {{- if not (kindIs "invalid" $minReady) }}{{ $_ := set $over "minReadySeconds" $minReady }}{{ end -}}
  {{- range $key, $base := dict
    "strategy" $values.strategy
    "podDisruptionBudget" (dict "enabled" true)
    "autoscaling" (dict "minReplicas" 2 "maxReplicas" 20 "targetCPUUtilizationPercentage" 70) -}}
    {{- with index $worker $key -}}
      {{- $base = deepCopy $base -}}
      {{- include "microservice.overlay" (dict "base" $base "over" .) -}}
    {{- end -}}
    {{- $_ := set $over $key $base -}}
  {{- end -}}
  {{- include "microservice.entryRoot" (dict "into" .into "root" .root "entry" $worker "over" $over) -}}
  {{- $_ := include "microservice.mainPort" .into | set .into.Values "mainPort" -}}
  {{- $_ := include "microservice.checksums" .root | set .into "checksums" -}}
  {{- $_ := trimPrefix "workers." .key | printf "%s-%s" (include "microservice.fullname" .root) | set .into "objectName" -}}
{{- end -}}
