{{/*
microservice.problems.statefulset: nothing is written that a StatefulSet does not have, or
that its controller replaces (newVersionedStatefulSetPod and initIdentity, Kubernetes,
pkg/controller/statefulset). What has the chart's default for a Deployment is nobody's
wish.
*/}}
{{- define "microservice.problems.statefulset" -}}
  {{- $fullname := include "microservice.fullname" . }}
  {{- if gt (len $fullname) 52 }}
    kind: StatefulSet labels its pods with its name and 11 characters more, 63 at most, and {{ $fullname }} has {{ len $fullname }}: set
    {{- " fullnameOverride" }}
  {{- end }}
  {{- with get (.Values.extraServices) "headless" }}
    {{- if not (include "microservice.isDisabled" .) }}
      extraServices.headless: with kind: StatefulSet the Service {{ include "microservice.headlessName" $ }} is the chart's own; give yours another name
    {{- end }}
  {{- end }}
  {{- if eq (toString .Values.strategy.type) "Recreate" }}
    strategy.type: Recreate is not for kind: StatefulSet, which stops each pod before it starts the next version of it; set RollingUpdate
  {{- end }}
  {{- $surge := (.Values.strategy.rollingUpdate).maxSurge }}
  {{- if not (has (toString $surge) (list "<nil>" "1")) }}
    strategy.rollingUpdate.maxSurge: {{ $surge }} is not for kind: StatefulSet, which starts no pod beside the old ones; remove it, or set
    {{- " it to null" }}
  {{- end }}
  {{- $deadline := .Values.progressDeadlineSeconds }}
  {{- if not (has (toString $deadline) (list "<nil>" "600")) }}
    progressDeadlineSeconds: {{ $deadline }} is not for kind: StatefulSet, whose rollouts have no deadline; remove it, or set it to null
  {{- end }}
  {{- range $field := list "hostname" "subdomain" }}
    {{- with get ($.Values.podSpec) $field }}
      podSpec.{{ $field }}: {{ . }} is not for kind: StatefulSet, which sets it itself, to {{ eq $field "hostname" | ternary "the pod's name" "its Service" }}; remove it
    {{- end }}
  {{- end }}
  {{- range $key := list "commonLabels" "podLabels" }}
    {{- range $label := list "apps.kubernetes.io/pod-index" "controller-revision-hash" "statefulset.kubernetes.io/pod-name" }}
      {{- if get (index $.Values $key) $label }}
        {{ $key }}: {{ $label }} is a label that Kubernetes sets on pods itself; remove it
      {{- end }}
    {{- end }}
  {{- end }}
  {{- include "microservice.problems.templateClaims" . }}
{{- end -}}

{{/*
microservice.problems.templateClaims: claims that each pod can have, kept or deleted
together, and that no worker or job mounts.
*/}}
{{- define "microservice.problems.templateClaims" -}}
  {{- $claims := include "microservice.templateClaims" . | fromJson }}
  {{- $kept := list }}
  {{- $deleted := list }}
  {{- $single := and (eq (include "microservice.guaranteedReplicas" .) "1") (not .Values.autoscaling.enabled) }}
  {{- range $name, $claim := $claims }}
    {{- $key := printf "volumes.%s.claim" $name }}
    {{- if eq (toString $claim.retain) "false" }}{{ $deleted = append $deleted $key }}{{ else }}{{ $kept = append $kept $key }}{{ end }}
    {{- if and $claim.volumeName (not $single) }}
      {{ $key }}.volumeName: {{ $claim.volumeName }} is one volume, and each pod of a StatefulSet has a claim of its own; remove it, or set
      {{- printf " %s.selector" $key }}
    {{- end }}
  {{- end }}
  {{- if and $kept $deleted }}
    {{ first $deleted }}.retain: false, but {{ first $kept }} is retained: a StatefulSet keeps or deletes all of its claims; set both alike
  {{- end }}
  {{- range $key, $found := .entries }}
    {{- $shared := list }}
    {{- range $name, $volume := $found.root.Values.volumes }}
      {{- if and (hasKey $claims $name) ($volume).claim (not (include "microservice.isDisabled" $volume)) }}
        {{- $shared = append $shared $name }}
      {{- end }}
    {{- end }}
    {{- if $shared }}
      {{ $key }}.volumes: each pod of a StatefulSet has a claim of its own for {{ join ", " $shared }}, which no other pod can mount; name
      {{- " only other volumes" }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "microservice.checks.statefulset" -}}
  {{- include "microservice.problems.statefulset" . }}
{{- end -}}
