{{/*
microservice.problemChecks, microservice.riskChecks: the checks of a pod that run for
workers, jobs and the migration too, on the roots of their pods: a JSON list of [TEMPLATE,
KEY, ...]. A check runs where an entry has one of the keys, or without keys always.
*/}}
{{- define "microservice.problemChecks" -}}
  {{- list
    (list "microservice.problems.image" "image")
    (list "microservice.problems.labels" "podLabels")
    (list "microservice.problems.rollout" "strategy")
    (list "microservice.problems.disruption" "podDisruptionBudget" "replicaCount" "autoscaling")
    (list "microservice.problems.env" "env")
    (list "microservice.problems.envSources")
    (list "microservice.problems.ports" "ports" "initContainers" "extraContainers")
    (list "microservice.problems.probes" "ports" "readinessProbe" "livenessProbe" "startupProbe")
    (list "microservice.problems.handlers" "initContainers" "extraContainers")
    (list "microservice.problems.shutdown" "shutdown" "terminationGracePeriodSeconds" "initContainers" "extraContainers")
    (list "microservice.problems.autoscaling" "autoscaling")
    (list "microservice.checks.references" "env" "volumes" "initContainers" "extraContainers")
    (list "microservice.checks.pod" "podAnnotations" "initContainers" "extraContainers")
    (list "microservice.checks.resources" "resources" "initContainers" "extraContainers")
    (list "microservice.checks.security" "podAnnotations" "securityContext" "initContainers" "extraContainers")
    (list "microservice.checks.volumes" "volumes")
    (list "microservice.checks.containers" "initContainers" "extraContainers")
    (list "microservice.checks.mounts" "volumes" "securityContext" "initContainers" "extraContainers")
    (list "microservice.checks.lists" "resources" "initContainers" "extraContainers") | toJson -}}
{{- end -}}
{{- define "microservice.riskChecks" -}}
  {{- list
    (list "microservice.risks.disruption" "podDisruptionBudget")
    (list "microservice.risks.claims" "volumes" "replicaCount" "autoscaling")
    (list "microservice.risks.health" "livenessProbe")
    (list "microservice.risks.shutdown" "terminationGracePeriodSeconds")
    (list "microservice.risks.images" "image" "volumes" "initContainers" "extraContainers")
    (list "microservice.risks.resources" "resources" "initContainers" "extraContainers")
    (list "microservice.risks.secrets" "command" "args" "env" "readinessProbe" "livenessProbe" "startupProbe" "initContainers" "extraContainers")
    (list "microservice.checks.guardrails_security" "podAnnotations" "securityContext" "tolerations" "volumes" "ports" "initContainers"
      "extraContainers") | toJson -}}
{{- end -}}

{{/*
microservice.usedChecks: (dict "entry" MAP "checks" LIST) -> the templates of those that
run for an entry, as a JSON list.
*/}}
{{- define "microservice.usedChecks" -}}
  {{- $used := list }}
  {{- range $check := .checks }}
    {{- $runs := eq (len $check) 1 }}
    {{- range rest $check }}{{ if not (index $.entry . | kindIs "invalid") }}{{ $runs = true }}{{ end }}{{ end }}
    {{- if $runs }}{{ $used = first $check | append $used }}{{ end }}
  {{- end }}
  {{- toJson $used }}
{{- end -}}

{{/*
microservice.ofEntries: (dict "root" . "found" LIST): what these checks print for the
entries, without the lines that were found for the service: what an entry inherits as it
is. In the others the keys that an entry has are those of the entry: resources is
cronJobs.clean.resources.
*/}}
{{- define "microservice.ofEntries" -}}
  {{- $keys := "affinity|args|autoscaling|command|env|extraContainers|image|initContainers|livenessProbe|nodeSelector|podAnnotations" }}
  {{- $keys = printf "(%s|podDisruptionBudget|podLabels|ports|readinessProbe|replicaCount|resources|securityContext|shutdown" $keys }}
  {{- $keys = printf "%s|startupProbe|strategy|terminationGracePeriodSeconds|tolerations|volumes)" $keys }}
  {{- range $key, $entry := .root.entries }}
    {{- $text := "" }}
    {{- range .checks }}{{ $text = include . $entry.root | printf "%s\n%s" $text }}{{ end }}
    {{- range include "microservice.lines" $text | fromJsonArray }}
      {{- if not (has . $.found) }}
        {{- $line := regexReplaceAll (printf " %s(\\.[a-zA-Z]|\\[[0-9]|: [0-9])" $keys) . (printf " %s.$1$2" $key) }}
        {{- $line = regexReplaceAll (printf "^([a-zA-Z]+: )?%s([.:\\[ ])" $keys) $line (printf "${1}%s.$2$3" $key) }}
        {{- if not (contains $key $line) }}
          {{- $line = regexReplaceAll "^([a-zA-Z]+: )?" $line (printf "${1}%s: " $key) }}
        {{- end }}
        {{- $line }}{{ print "\n" }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
