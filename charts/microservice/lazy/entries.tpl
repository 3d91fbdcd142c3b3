{{/*
microservice.findEntries: what microservice.collectEntries does where there are entries.
*/}}
{{- define "microservice.findEntries" -}}
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
  {{- include "microservice.entryChecks" $entries -}}
  {{- $_ := set . "entries" $entries -}}
{{- end -}}

{{/*
microservice.entryRoot: (dict "into" DICT "root" . "entry" MAP "job" BOOL "over" MAP) ->
nothing; makes of an empty dict the root whose microservice.podSpec is the pod of an
entry: the service's, without what microservice.entryBase and microservice.entryVolumes take
away; what the entry says is laid over that, and over all of it the values of "over".
*/}}
{{- define "microservice.entryRoot" -}}
  {{- $values := .root.Values -}}
  {{- $entry := .entry -}}
  {{- include "microservice.derive" (dict "into" .into "root" .root) -}}
  {{- $own := .into.Values -}}
  {{- include "microservice.entryBase" (dict "values" $own "root" .root "component" .into.component "entry" $entry "job" .job) -}}
  {{- $_ := include "microservice.entryVolumes" . | fromJson | set $own "volumes" -}}
  {{- range $key := list "env" "image" -}}
    {{- with index $entry $key -}}
      {{- $_ := include "microservice.merged" (list (index $values $key) .) | fromJson | set $own $key -}}
    {{- end -}}
  {{- end -}}
  {{- range $key, $layer := dict
    "resources" $entry.resources
    "securityContext" $entry.securityContext
    "containerSecurityContext" (and $values.containerSecurityContext $entry.securityContext) -}}
    {{- with $layer -}}
      {{- $merged := index $values $key | default dict | deepCopy -}}
      {{- include "microservice.overlay" (dict "base" $merged "over" . "nulls" true) -}}
      {{- $_ := set $own $key $merged -}}
    {{- end -}}
  {{- end -}}
  {{- range $key := list "command" "args" -}}
    {{- $_ := set $own $key (index $entry $key) -}}
  {{- end -}}
  {{- range $key := list "initContainers" "extraContainers" "terminationGracePeriodSeconds" -}}
    {{- $value := index $entry $key -}}
    {{- if not (kindIs "invalid" $value) }}{{ $_ := set $own $key $value }}{{ end -}}
  {{- end -}}
  {{- /* A digest would decide over the tag that is written here. */ -}}
  {{- with $entry.image -}}
    {{- if and (or .repository .tag) (not .digest) }}{{ $_ := unset $own.image "digest" }}{{ end -}}
  {{- end -}}
  {{- with $entry.serviceAccountName -}}
    {{- $_ := dict "create" false "name" . "automount" $values.serviceAccount.automount | set $own "serviceAccount" -}}
    {{- $_ := set $own "rbac" dict -}}
  {{- end -}}
  {{- with ($values.containerSpec).volumeDevices -}}
    {{- $devices := list -}}
    {{- range . }}{{ if hasKey $own.volumes .name }}{{ $devices = append $devices . }}{{ end }}{{ end -}}
    {{- $_ := omit $values.containerSpec "volumeDevices" | set $own "containerSpec" -}}
    {{- if $devices }}{{ $_ := set $own.containerSpec "volumeDevices" $devices }}{{ end -}}
  {{- end -}}
  {{- range $key, $value := .over }}{{ $_ := set $own $key $value }}{{ end -}}
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
