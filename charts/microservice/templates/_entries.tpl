{{/*
microservice.collectEntries: a root -> nothing; keeps in it, as "entries", the pods that
the release has beside the service's: a map of the key where each is written
(workers.mail, cronJobs.clean, migration) -> {"entry": what is written there, "root": the
root of its pod, "problems", "risks": the checks of it}; tests are among them where
somebody wrote what their pod is like. Kept in the root because a template can only return
text.
*/}}
{{- define "microservice.collectEntries" -}}
  {{- if not (hasKey . "entries") -}}
    {{- $tests := and .Values.tests.enabled (ne (omit .Values.tests "enabled" "image" | toJson) (include "microservice.testDefaults" .)) -}}
    {{- if or .Values.workers .Values.cronJobs .Values.migration.enabled $tests -}}
      {{- $files := list "entries" "workers" "jobs" "entry_checks" -}}
      {{- include "microservice.lazily" (dict "root" . "run" "microservice.findEntries" "files" $files) -}}
    {{- else -}}
      {{- $_ := set . "entries" dict -}}
    {{- end -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.entryBase: (dict "values" DICT "root" . "component" NAME "entry" MAP "job" BOOL)
-> nothing; sets in a dict the values of the pod of an entry: a worker, a job or the tests.
Of the service's containers it has the main one alone, and it runs where the service does.
What the entry says is laid over that. The test pod has no annotations and labels of the
service's.
*/}}
{{- define "microservice.entryBase" -}}
  {{- $own := .values -}}
  {{- $entry := .entry -}}
  {{- $service := .root.Values -}}
  {{- range $key, $value := dict
    "kind" "Deployment"
    "service" dict
    "extraServices" dict
    "ports" dict
    "mainPort" ""
    "readinessProbe" dict
    "livenessProbe" dict
    "startupProbe" dict
    "lifecycle" dict
    "shutdown" dict
    "initContainers" list
    "extraContainers" list -}}
    {{- $_ := set $own $key $value -}}
  {{- end -}}
  {{- with $entry.nodeSelector -}}
    {{- $_ := include "microservice.merged" (list $service.nodeSelector .) | fromJson | set $own "nodeSelector" -}}
  {{- end -}}
  {{- if not (kindIs "invalid" $entry.tolerations) }}{{ $_ := set $own "tolerations" $entry.tolerations }}{{ end -}}
  {{- with $entry.affinity -}}
    {{- $affinity := $service.affinity | default dict | deepCopy -}}
    {{- include "microservice.overlay" (dict "base" $affinity "over" . "nulls" true) -}}
    {{- $_ := set $own "affinity" $affinity -}}
  {{- end -}}
  {{- range $key, $common := dict "podAnnotations" $service.commonAnnotations "podLabels" $service.commonLabels -}}
    {{- $inherited := eq $.component "test" | ternary dict (index $service $key) -}}
    {{- if or $common $inherited (index $entry $key) -}}
      {{- $names := concat (keys ($common | default dict)) (keys ($inherited | default dict)) -}}
      {{- $foreign := include "microservice.foreign" (set $ "names" $names) | fromJson -}}
      {{- $_ := include "microservice.merged" (list $inherited $foreign (index $entry $key)) | fromJson | set $own $key -}}
    {{- end -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.foreign: (dict "root" . "component" NAME "entry" MAP "job" BOOL "names" LIST) ->
those of the annotations or labels that an entry would inherit although they are not about
its pod, as a JSON map of the name -> null: security profiles of containers that it does
not have, and for jobs and tests what microservice.injects matches.
*/}}
{{- define "microservice.foreign" -}}
  {{- $foreign := dict -}}
  {{- $containers := list -}}
  {{- if ne .component "test" -}}
    {{- $containers = list ((.root.Values.containerSpec).name | default (include "microservice.name" .root)) -}}
  {{- end -}}
  {{- range concat (.entry.initContainers | default list) (.entry.extraContainers | default list) -}}
    {{- $containers = append $containers .name -}}
  {{- end -}}
  {{- range .names -}}
    {{- $profile := or (hasPrefix "container.apparmor.security." .) (hasPrefix "container.seccomp.security." .) -}}
    {{- if or (and $profile (not (has (base .) $containers))) (and $.job (regexMatch (include "microservice.injects" .) .)) -}}
      {{- $_ := set $foreign . nil -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $foreign -}}
{{- end -}}

{{/*
microservice.injects: a regular expression for annotations and labels by which meshes,
injectors and scrapers find their pods. With an injected sidecar a job would never end,
and nobody scrapes it. Labels that give a pod an identity, such as
azure.workload.identity/use, are none.
*/}}
{{- define "microservice.injects" -}}
  ^([a-z0-9-]+\.)*
  {{- "(istio\\.io|linkerd\\.io|kuma\\.io|consul\\.hashicorp\\.com|openservicemesh\\.io|appmesh\\.k8s\\.aws|" -}}
  {{- "dapr\\.io|vault\\.hashicorp\\.com|vault\\.security\\.banzaicloud\\.io|conjur\\.org|operator\\.1password\\.io|" -}}
  {{- "prometheus\\.io|opentelemetry\\.io|jaegertracing\\.io|datadoghq\\.com|grafana\\.com)/" -}}
{{- end -}}
