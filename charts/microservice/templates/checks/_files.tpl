{{/*
microservice.problems.inFiles: what the checks in checks/ find, one problem a line. They
are read where their keys are used: Helm parses all of templates/ at each render, which
takes longer than all else.
*/}}
{{- define "microservice.problems.inFiles" -}}
  {{- with .Values }}
    {{- $containers := or .initContainers .extraContainers }}
    {{- $jobs := or .cronJobs .migration.enabled }}
    {{- $volumes := include "microservice.writtenVolumes" . }}
    {{- $files := or .config.files .config.binaryFiles .secret.files .secret.binaryFiles }}
    {{- $annotations := or .podAnnotations .commonAnnotations }}
    {{- $service := or (omit .service "annotations" "enabled" "extraPorts" "labels" "type") (ne (toString .service.type) "ClusterIP") }}
    {{- $service = or $service .service.annotations .service.labels .service.extraPorts .extraServices }}
    {{- $resources := or $containers $jobs .podSpec (.resources).claims (omit ((.resources).requests | default dict) "cpu" "memory") }}
    {{- $resources = or $resources (ne (toJson (.resources).limits) `{"cpu":"","memory":""}`) }}
    {{- $ranges := or .networkPolicy.spec (.networkPolicy.ingress).from .networkPolicy.egress }}
    {{- include "microservice.inFiles" (dict "root" $ "files" (list
      (list "addresses" (or $ranges $service))
      (list "references" (or $containers $jobs $volumes .env .envFrom))
      (list "service" $service)
      (list "pod" (or $annotations .podSpec))
      (list "resources" $resources)
      (list "security" (or $containers $annotations .securityContext .podSecurityContext))
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
      (list "jobs" $jobs))) }}
  {{- end }}
{{- end -}}

{{/*
microservice.risks.inFiles: the same for risks, each after its rule.
*/}}
{{- define "microservice.risks.inFiles" -}}
  {{- with .Values }}
    {{- $contexts := or .securityContext .podSecurityContext .initContainers .extraContainers (ne (toString .podSecurityStandard) "restricted") }}
    {{- $volumes := include "microservice.writtenVolumes" . }}
    {{- $pod := or .podSpec .podAnnotations .commonAnnotations .priorityClassName .tolerations $volumes (contains "hostPort" (toJson .ports)) }}
    {{- include "microservice.inFiles" (dict "root" $ "files" (list
      (list "guardrails_security" (or $contexts $pod .extraObjects))
      (list "guardrails_rights" (or .rbac.rules .rbac.clusterRules .serviceAccount.automount .extraObjects)))) }}
  {{- end }}
{{- end -}}

{{/*
microservice.writtenVolumes: the values -> "true" where somebody wrote a volume, or
changed the default one.
*/}}
{{- define "microservice.writtenVolumes" -}}
  {{- if ne (toJson .volumes) (include "microservice.tmpDefault" . | printf `{"tmp":{"emptyDir":%s,"mountPath":"/tmp"}}`) }}true{{ end }}
{{- end -}}

{{/*
microservice.inFiles: (dict "root" ROOT "files" LIST): what files of checks/ print, of
which the list has (list NAME USED); one whose USED is empty is not read.
*/}}
{{- define "microservice.inFiles" -}}
  {{- $texts := list }}
  {{- range .files }}
    {{- if last . }}{{ $texts = $.root.Files.Get (first . | printf "checks/%s.tpl") | append $texts }}{{ end }}
  {{- end }}
  {{- with $texts }}{{ tpl (join "\n" .) $.root }}{{ end }}
{{- end -}}
