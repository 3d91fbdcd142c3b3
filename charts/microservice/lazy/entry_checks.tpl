{{/*
microservice.entryChecks: entries -> nothing; keeps in each, as "problems" and "risks", the
names of the templates that check it.
*/}}
{{- define "microservice.entryChecks" -}}
  {{- range $kind, $table := dict
    "problems" (include "microservice.problemChecks" . | fromJson)
    "risks" (include "microservice.riskChecks" . | fromJson) -}}
    {{- range $found := $ -}}
      {{- $checks := $table.inherited | default list -}}
      {{- range $key, $value := $found.entry -}}
        {{- if not (kindIs "invalid" $value) }}{{ $checks = get $table $key | default list | concat $checks }}{{ end -}}
      {{- end -}}
      {{- $_ := uniq $checks | set $found $kind -}}
    {{- end -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.problemChecks, microservice.riskChecks: the checks of a pod that run for
workers, jobs and the migration too, on the roots of their pods: JSON of a key that an
entry may have -> the templates that run where it has. "inherited" is a key of all.
*/}}
{{- define "microservice.problemChecks" -}}
  {{- $containers := list "microservice.checks.ports" "microservice.checks.handlers" "microservice.checks.shutdown"
    "microservice.checks.references" "microservice.checks.pod" "microservice.checks.resources" "microservice.checks.security"
    "microservice.checks.containers" "microservice.checks.mounts" "microservice.checks.lists" -}}
  {{- dict
    "inherited" (list "microservice.checks.env_sources")
    "image" (list "microservice.problems.image")
    "podLabels" (list "microservice.checks.pod_labels")
    "podAnnotations" (list "microservice.checks.pod" "microservice.checks.security")
    "env" (list "microservice.problems.env" "microservice.checks.references")
    "resources" (list "microservice.checks.resources" "microservice.checks.lists")
    "securityContext" (list "microservice.checks.security" "microservice.checks.mounts")
    "volumes" (list "microservice.checks.references" "microservice.checks.volumes" "microservice.checks.mounts")
    "initContainers" $containers
    "extraContainers" $containers
    "ports" (list "microservice.checks.ports")
    "readinessProbe" (list "microservice.checks.probes" "microservice.checks.handlers")
    "livenessProbe" (list "microservice.checks.probes" "microservice.checks.handlers")
    "startupProbe" (list "microservice.checks.probes" "microservice.checks.handlers")
    "shutdown" (list "microservice.checks.shutdown")
    "strategy" (list "microservice.problems.rollout")
    "minReadySeconds" (list "microservice.problems.rollout")
    "podDisruptionBudget" (list "microservice.problems.disruption")
    "autoscaling" (list "microservice.problems.autoscaling" "microservice.checks.metric_targets") | toJson -}}
{{- end -}}
{{- define "microservice.riskChecks" -}}
  {{- $containers := list "microservice.risks.images" "microservice.risks.resources"
    "microservice.checks.guardrails_security" -}}
  {{- $pod := list "microservice.checks.guardrails_security" -}}
  {{- dict
    "image" (list "microservice.risks.images")
    "podAnnotations" $pod
    "tolerations" $pod
    "securityContext" $pod
    "resources" (list "microservice.risks.resources")
    "volumes" (list "microservice.checks.guardrails_availability" "microservice.risks.images" "microservice.checks.guardrails_security")
    "initContainers" $containers
    "extraContainers" $containers
    "livenessProbe" (list "microservice.checks.guardrails_availability")
    "terminationGracePeriodSeconds" (list "microservice.risks.shutdown")
    "podDisruptionBudget" (list "microservice.checks.guardrails_availability") | toJson -}}
{{- end -}}
