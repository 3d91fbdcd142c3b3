{{/*
microservice.problemFiles: the files of checks/ with problems to look for, as a JSON list.
They are read where their keys are used: Helm parses all of templates/ at each render,
which takes longer than all else.
*/}}
{{- define "microservice.problemFiles" -}}
  {{- with .Values }}
    {{- $containers := or .initContainers .extraContainers }}
    {{- $volumes := include "microservice.writtenVolumes" . }}
    {{- $files := or .config.files .config.binaryFiles .secret.files .secret.binaryFiles }}
    {{- $annotations := or .podAnnotations .commonAnnotations }}
    {{- $service := or (omit .service "annotations" "enabled" "extraPorts" "labels" "type") (ne (toString .service.type) "ClusterIP") }}
    {{- $service = or $service .service.annotations .service.labels .service.extraPorts .extraServices }}
    {{- $resources := or $containers .podSpec (.resources).claims (omit ((.resources).requests) "cpu" "memory") }}
    {{- $resources = or $resources (ne (toJson (.resources).limits) `{"cpu":"","memory":""}`) }}
    {{- $labels := or .deploymentLabels .config.labels .secret.labels (.secret.external).labels .serviceAccount.labels .rbac.labels }}
    {{- $labels = or $labels .service.labels .ingress.labels .httpRoute.labels .networkPolicy.labels .autoscaling.labels }}
    {{- $labels = or $labels .podDisruptionBudget.labels .metrics.labels (.metrics.serviceMonitor).labels (.metrics.podMonitor).labels }}
    {{- $labels = or $labels .migration.labels .cronJobs .extraServices .extraIngresses .extraRoutes $volumes }}
    {{- $ranges := or .networkPolicy.spec (.networkPolicy.ingress).from .networkPolicy.egress }}
    {{- $ports := or (include "microservice.writtenPorts" .) .service.extraPorts .extraServices $containers .podSpec }}
    {{- $probes := include "microservice.writtenProbes" . }}
    {{- $podLabels := pick . "commonLabels" "podLabels" | toJson }}
    {{- $ingress := or .ingress.clusterIssuer .ingress.defaultBackend (not .ingress.hosts) (contains `"paths":` (toJson .ingress.hosts)) }}
    {{- $ingress = or $ingress $ports (not .service.enabled) (contains "/ingress.class" (toJson (list .ingress.annotations .commonAnnotations))) }}
    {{- include "microservice.used" (list
      (list "env_sources" (or .env $containers $volumes $files .containerSpec))
      (list "ports" $ports)
      (list "probes" $probes)
      (list "handlers" (or .lifecycle $containers $probes))
      (list "shutdown" (or .lifecycle $containers (not (kindIs "invalid" .shutdown.drainSeconds))))
      (list "ingress" (or (and .ingress.enabled $ingress) .extraIngresses .httpRoute.enabled .extraRoutes (.metrics.serviceMonitor).enabled))
      (list "metric_targets" .autoscaling.metrics)
      (list "labels" $labels)
      (list "pod_labels" (or (contains "-" $podLabels) (contains "/" $podLabels)))
      (list "addresses" (or $ranges $service $ports))
      (list "references" (or $containers $volumes .env .envFrom))
      (list "service" $service)
      (list "pod" (or $annotations .podSpec))
      (list "resources" $resources)
      (list "security" (or $containers $annotations .securityContext .containerSecurityContext .podSecurityContext))
      (list "secret" (ne (.secret.type | default "Opaque") "Opaque"))
      (list "rbac" (or .serviceAccount.annotations .rbac.rules .rbac.clusterRules))
      (list "statefulset" (eq (toString .kind) "StatefulSet"))
      (list "volumes" (or $volumes $files .containerSpec))
      (list "containers" $containers)
      (list "mounts" (or $containers $volumes .containerSpec))
      (list "lists" (or $containers .topologySpreadConstraints (.resources).claims .podSpec .containerSpec .podSecurityContext))
      (list "routes" (or .httpRoute.enabled .extraRoutes))
      (list "network_policy" $ranges)
      (list "metrics" (or (.metrics.serviceMonitor).enabled (.metrics.podMonitor).enabled))
      (list "external" (.secret.external).enabled)
      (list "entries" (or .workers .cronJobs .migration.enabled))
      (list "jobs" .cronJobs)) }}
  {{- end }}
{{- end -}}

{{/*
microservice.riskFiles: the same for risks.
*/}}
{{- define "microservice.riskFiles" -}}
  {{- with .Values }}
    {{- $contexts := or .securityContext .containerSecurityContext .podSecurityContext .initContainers .extraContainers (ne (toString .podSecurityStandard) "restricted") }}
    {{- $volumes := include "microservice.writtenVolumes" . }}
    {{- $pod := or .podSpec .podAnnotations .commonAnnotations .priorityClassName .tolerations $volumes (contains "hostPort" (toJson .ports)) }}
    {{- $budget := print .podDisruptionBudget.enabled .podDisruptionBudget.minAvailable .podDisruptionBudget.maxUnavailable }}
    {{- $probes := or (include "microservice.writtenProbes" .) (include "microservice.isDisabled" .readinessProbe) (include "microservice.writtenPorts" .) }}
    {{- include "microservice.used" (list
      (list "guardrails_availability" (or $volumes $probes (ne $budget "true <nil> <nil>") .service.publishNotReadyAddresses))
      (list "guardrails_security" (or $contexts $pod .extraObjects))
      (list "guardrails_rights" (or .rbac.rules .rbac.clusterRules .serviceAccount.automount .extraObjects))) }}
  {{- end }}
{{- end -}}

{{/*
microservice.writtenVolumes, .writtenPorts, .writtenProbes: the values -> "true" where somebody
wrote a volume, a port or a probe, or changed the default one, but for a probe's seconds.
*/}}
{{- define "microservice.writtenVolumes" -}}
  {{- if ne (toJson .volumes) (include "microservice.tmpDefault" . | printf `{"tmp":{"emptyDir":%s,"mountPath":"/tmp"}}`) }}true{{ end }}
{{- end -}}
{{- define "microservice.writtenPorts" -}}
  {{- if or .mainPort (ne (toJson .ports) `{"http":{"containerPort":8000,"servicePort":80}}`) }}true{{ end }}
{{- end -}}
{{- define "microservice.writtenProbes" -}}
  {{- $ready := omit (.readinessProbe) "enabled" "failureThreshold" "initialDelaySeconds" "periodSeconds" "timeoutSeconds" }}
  {{- if or .startupProbe .livenessProbe (ne (toJson $ready) `{"httpGet":{"path":"/health"}}`) }}true{{ end }}
{{- end -}}

{{/*
microservice.used: a list of (list NAME USED) -> the names of which USED is not empty, as
a JSON list.
*/}}
{{- define "microservice.used" -}}
  {{- $names := list }}
  {{- range . }}{{ if last . }}{{ $names = first . | append $names }}{{ end }}{{ end }}
  {{- toJson $names }}
{{- end -}}

{{/*
microservice.checked: (dict "root" . "files" LIST "kind" "problems" or "risks" "run" TEMPLATE):
what a template prints that runs checks, of which some are in files of checks/: those of the
list, for the service, and those that its entries use. Each entry keeps its own, as "checks".
*/}}
{{- define "microservice.checked" -}}
  {{- include "microservice.collectEntries" .root }}
  {{- $used := .files }}
  {{- if .root.entries }}{{ $used = append $used "of_entries" }}{{ end }}
  {{- range $found := .root.entries }}
    {{- $_ := index $found $.kind | set $found "checks" }}
    {{- range $found.checks }}
      {{- if hasPrefix "microservice.checks." . }}{{ $used = trimPrefix "microservice.checks." . | append $used }}{{ end }}
    {{- end }}
  {{- end }}
  {{- $_ := set .root "files" .files }}
  {{- if $used }}
    {{- $texts := list }}
    {{- range uniq $used }}{{ $texts = $.root.Files.Get (printf "checks/%s.tpl" .) | append $texts }}{{ end }}
    {{- tpl (printf "{{ include %q . }}" .run | append $texts | join "\n") .root }}
  {{- else }}
    {{- include .run .root }}
  {{- end }}
{{- end -}}

{{/*
microservice.inFiles: what the files print that the service uses. addresses.tpl has no
check of its own, and those of the others here come earlier.
*/}}
{{- define "microservice.inFiles" -}}
  {{- range without .files "addresses" "env_sources" "guardrails_availability" "handlers" "ingress" "pod_labels" "ports" "probes" "shutdown" }}
    {{- include (printf "microservice.checks.%s" .) $ }}{{ print "\n" }}
  {{- end }}
{{- end -}}
