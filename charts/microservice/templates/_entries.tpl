{{/*
microservice.collectEntries: a root -> nothing; keeps in it, as "entries", the pods that
the release has beside the service's: a map of the key where each is written
(workers.mail, cronJobs.clean, migration) -> {"entry": what is written there, "root": the
root of its pod}; tests are among them where somebody wrote what their pod is like. Kept in
the root because a template can only return text.
*/}}
{{- define "microservice.collectEntries" -}}
  {{- if not (hasKey . "entries") -}}
    {{- $entries := dict -}}
    {{- range $name, $entry := .Values.workers -}}
      {{- if and $entry (not (include "microservice.isDisabled" $entry)) -}}
        {{- $_ := set $entries (printf "workers.%s" $name) (dict "entry" $entry "component" (printf "worker-%s" $name)) -}}
      {{- end -}}
    {{- end -}}
    {{- range $name, $entry := .Values.cronJobs -}}
      {{- if and $entry (not (include "microservice.isDisabled" $entry)) -}}
        {{- $_ := set $entries (printf "cronJobs.%s" $name) (dict "entry" $entry "component" "cron") -}}
      {{- end -}}
    {{- end -}}
    {{- if .Values.migration.enabled -}}
      {{- $_ := set $entries "migration" (dict "entry" .Values.migration "component" "migration") -}}
    {{- end -}}
    {{- range $key, $entry := $entries -}}
      {{- $root := dict "component" .component -}}
      {{- $kind := hasPrefix "worker-" .component | ternary "microservice.workerRoot" "microservice.jobRoot" -}}
      {{- include $kind (dict "into" $root "root" $ "entry" .entry "key" $key) -}}
      {{- $_ := set $entry "root" $root -}}
    {{- end -}}
    {{- $tests := omit .Values.tests "enabled" "image" -}}
    {{- if and .Values.tests.enabled (ne (toJson $tests) (include "microservice.testDefaults" .)) -}}
      {{- include "microservice.testRoot" . -}}
      {{- $_ := set $entries "tests" (dict "entry" $tests "root" .test) -}}
    {{- end -}}
    {{- $_ := set . "entries" $entries -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.entryRoot: (dict "into" DICT "root" . "entry" MAP "job" BOOL "over" MAP) ->
nothing; makes of an empty dict the root whose microservice.podSpec is the pod of an
entry: a worker, a job or the tests. It has image, variables, settings, account, security
and placement of the service. What the entry says is laid over that, and over all of it
the values of "over". Of the service's containers it has the main one alone, and of its
volumes those of microservice.entryVolumes.
*/}}
{{- define "microservice.entryRoot" -}}
  {{- $values := .root.Values -}}
  {{- $entry := .entry -}}
  {{- $over := dict
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
    "extraContainers" list
    "volumes" (include "microservice.entryVolumes" . | fromJson) -}}
  {{- range $key := list "env" "image" "nodeSelector" -}}
    {{- with index $entry $key -}}
      {{- $_ := include "microservice.merged" (list (index $values $key) .) | fromJson | set $over $key -}}
    {{- end -}}
  {{- end -}}
  {{- range $key, $common := dict "podAnnotations" $values.commonAnnotations "podLabels" $values.commonLabels -}}
    {{- $inherited := index $values $key -}}
    {{- if or $common $inherited (index $entry $key) -}}
      {{- $names := concat (keys ($common | default dict)) (keys ($inherited | default dict)) -}}
      {{- $foreign := include "microservice.foreign" (set $ "names" $names) | fromJson -}}
      {{- $_ := include "microservice.merged" (list $inherited $foreign (index $entry $key)) | fromJson | set $over $key -}}
    {{- end -}}
  {{- end -}}
  {{- range $key, $own := dict
    "affinity" $entry.affinity
    "resources" $entry.resources
    "securityContext" $entry.securityContext
    "containerSecurityContext" (and $values.containerSecurityContext $entry.securityContext) -}}
    {{- with $own -}}
      {{- $merged := index $values $key | default dict | deepCopy -}}
      {{- include "microservice.overlay" (dict "base" $merged "over" . "nulls" true) -}}
      {{- $_ := set $over $key $merged -}}
    {{- end -}}
  {{- end -}}
  {{- range $key := list "command" "args" -}}
    {{- $_ := set $over $key (index $entry $key) -}}
  {{- end -}}
  {{- range $key := list "initContainers" "extraContainers" "tolerations" "terminationGracePeriodSeconds" -}}
    {{- $value := index $entry $key -}}
    {{- if not (kindIs "invalid" $value) }}{{ $_ := set $over $key $value }}{{ end -}}
  {{- end -}}
  {{- /* A digest would decide over the tag that is written here. */ -}}
  {{- with $entry.image -}}
    {{- if and (or .repository .tag) (not .digest) }}{{ $_ := unset $over.image "digest" }}{{ end -}}
  {{- end -}}
  {{- with $entry.serviceAccountName -}}
    {{- $_ := dict "create" false "name" . "automount" $values.serviceAccount.automount | set $over "serviceAccount" -}}
    {{- $_ := set $over "rbac" dict -}}
  {{- end -}}
  {{- with ($values.containerSpec).volumeDevices -}}
    {{- $devices := list -}}
    {{- range . }}{{ if hasKey $over.volumes .name }}{{ $devices = append $devices . }}{{ end }}{{ end -}}
    {{- $_ := omit $values.containerSpec "volumeDevices" | set $over "containerSpec" -}}
    {{- if $devices }}{{ $_ := set $over.containerSpec "volumeDevices" $devices }}{{ end -}}
  {{- end -}}
  {{- range $key, $value := .over }}{{ $_ := set $over $key $value }}{{ end -}}
  {{- include "microservice.derive" (dict "into" .into "root" .root "over" $over) -}}
  {{- $_ := include "microservice.collectSettings" .root -}}
  {{- $_ := set .into "settings" .root.settings -}}
  {{- include "microservice.resolve" .into -}}
{{- end -}}

{{/*
microservice.entryVolumes: (dict "root" . "entry" MAP) -> the volumes of an entry's pod, as
JSON: with `volumes: true` all of the service, else /tmp and the files of config and
secret; a map adds those that it names, as the service has them or as it says. A /tmp on a
claim becomes an emptyDir, unless the entry names it.
*/}}
{{- define "microservice.entryVolumes" -}}
  {{- $volumes := .root.Values.volumes | default dict -}}
  {{- $own := kindIs "map" .entry.volumes | ternary .entry.volumes dict -}}
  {{- if or $own (not .entry.volumes) -}}
    {{- $all := $volumes -}}
    {{- $volumes = pick $volumes "tmp" "config" "secret" -}}
    {{- range $name, $volume := $volumes -}}
      {{- if or ($volume).claim ($volume).persistentVolumeClaim -}}
        {{- $_ := unset $volumes $name -}}
        {{- if eq $name "tmp" -}}
          {{- $_ := set $volumes "tmp" (merge (pick $volume "emptyDir" "mountPath" "mounts") (dict "emptyDir" dict)) -}}
        {{- end -}}
      {{- end -}}
    {{- end -}}
    {{- range $name, $volume := $own -}}
      {{- $merged := get $all $name | default dict | deepCopy -}}
      {{- include "microservice.overlay" (dict "base" $merged "over" $volume) -}}
      {{- $_ := set $volumes $name (kindIs "invalid" $volume | ternary (dict "enabled" false) $merged) -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $volumes -}}
{{- end -}}

{{/*
microservice.foreign: (dict "root" . "into" DICT "entry" MAP "job" BOOL "names" LIST) ->
those of the annotations or labels that an entry would inherit although they are not about
its pod, as a JSON map of the name -> null: security profiles of containers that it does
not have, and for jobs and tests what microservice.injects matches.
*/}}
{{- define "microservice.foreign" -}}
  {{- $foreign := dict -}}
  {{- $containers := list -}}
  {{- if ne .into.component "test" -}}
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
