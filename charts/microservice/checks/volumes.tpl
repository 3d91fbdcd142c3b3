{{/*
microservice.problems.volumes: every volume has one source and a valid name, no
two are mounted at the same path, and the main container's devices are declared.
The rules for claims and projected sources: ValidatePersistentVolumeClaimSpec and
validateProjectionSources (Kubernetes, pkg/apis/core/validation).
*/}}
{{- define "microservice.problems.volumes" -}}
  {{- $volumes := include "microservice.volumeList" . | fromJson }}
  {{- range (.Values.containerSpec).volumeDevices }}
    {{- if not (hasKey $volumes .name) }}
      containerSpec.volumeDevices: no volume {{ quote .name }} is declared under volumes
      {{- printf " (%s)" (keys $volumes | sortAlpha | join ", " | default "none") }}
    {{- end }}
  {{- end }}
  {{- $places := dict }}
  {{- range $name, $volume := $volumes }}
    {{- $sources := omit $volume.source "items" "defaultMode" "optional" }}
    {{- if or (ne (len $volume.source) 1) (not $sources) }}
      {{- $several := printf "several sources (%s)" (keys $volume.source | sortAlpha | join ", ") }}
      volumes.{{ $name }} has {{ empty $sources | ternary "no source" $several }}: set one, such as emptyDir: {}, configMap:
      {{- " {name: settings} or claim: {size: 1Gi}" }}
    {{- end }}
    {{- if gt (len $name) 63 }}
      volumes.{{ $name }}: the name has {{ len $name }} characters; a volume's may have 63: shorten it
    {{- end }}
    {{- $entry := get ($.Values.volumes | default dict) $name | default dict }}
    {{- with $entry.claim }}
      {{- include "microservice.problems.claim" (dict "key" (printf "volumes.%s.claim" $name) "claim" .) }}
    {{- end }}
    {{- with (($volume.source.ephemeral).volumeClaimTemplate).spec }}
      {{- $key := printf "volumes.%s.ephemeral.volumeClaimTemplate.spec" $name }}
      {{- include "microservice.problems.claim" (dict "key" $key "claim" .) }}
    {{- end }}
    {{- $files := pick $volume.source "configMap" "secret" "downwardAPI" }}
    {{- if or $files $volume.source.projected }}
      {{- $sources := empty $files | ternary ($volume.source.projected).sources (list $files) }}
      {{- include "microservice.problems.files" (dict "root" $ "key" (printf "volumes.%s" $name) "sources" $sources) }}
    {{- end }}
    {{- $key := or $entry.mountPath $entry.mounts | empty | ternary (printf "%s.mountPath" $name) (printf "volumes.%s" $name) }}
    {{- range $volume.mounts }}
      {{- $place := trimSuffix "/" .mountPath }}
      {{- with get $places $place }}
        {{ .key }} and {{ $key }} are both mounted at {{ quote $place }}: give each its own mountPath, or disable one:
        {{- printf " volumes.%s.enabled: false" .name }}
      {{- end }}
      {{- $_ := set $places $place (dict "key" $key "name" $name) }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.claim: (dict "key" KEY "claim" MAP): access modes that may
stand together, and one thing to copy from, of a kind that can be copied.
*/}}
{{- define "microservice.problems.claim" -}}
  {{- $key := .key }}
  {{- $claim := .claim }}
  {{- $modes := $claim.accessModes | default list | uniq }}
  {{- if and (has "ReadWriteOncePod" $modes) (gt (len $modes) 1) }}
    {{ $key }}.accessModes: ReadWriteOncePod excludes the others ({{ without $modes "ReadWriteOncePod" | join ", " }}); remove it, or them
  {{- end }}
  {{- range $field := list "dataSource" "dataSourceRef" }}
    {{- with get $claim $field }}
      {{- if and (not .apiGroup) (ne (toString .kind) "PersistentVolumeClaim") }}
        {{ $key }}.{{ $field }}.kind: {{ quote .kind }} needs apiGroup, such as apiGroup: snapshot.storage.k8s.io for a VolumeSnapshot
      {{- end }}
    {{- end }}
  {{- end }}
  {{- if and $claim.dataSource $claim.dataSourceRef }}
    {{- $source := pick $claim.dataSource "apiGroup" "kind" "name" | include "microservice.withoutNulls" }}
    {{- $reference := pick $claim.dataSourceRef "apiGroup" "kind" "name" | include "microservice.withoutNulls" }}
    {{- if or $claim.dataSourceRef.namespace (ne $source $reference) }}
      {{ $key }} has dataSource and another dataSourceRef: remove one of them
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.files: (dict "root" . "key" KEY "sources" LIST): the files of a
volume, from one source or from several projected ones, have a path each, a trust
bundle is found by one name, a signer has a domain, and a file about resources names a
container.
*/}}
{{- define "microservice.problems.files" -}}
  {{- $key := .key }}
  {{- $root := .root }}
  {{- $paths := list }}
  {{- range $index, $source := .sources }}
    {{- range $kind, $written := pick $source "configMap" "secret" "downwardAPI" }}
      {{- range $item := ($written).items }}
        {{- $paths = append $paths .path }}
        {{- with .resourceFieldRef }}
          {{- $place := printf "%s: the file %q: resourceFieldRef" $key $item.path }}
          {{- include "microservice.problems.resourceField" (dict "root" $root "key" $place "field" .) }}
        {{- end }}
      {{- end }}
    {{- end }}
    {{- range $kind, $written := pick $source "clusterTrustBundle" "podCertificate" }}
      {{- $label := "[a-z0-9](-*[a-z0-9])*" }}
      {{- $signer := ($written).signerName }}
      {{- if and $signer (not (regexMatch (printf `^%[1]s(\.%[1]s)+/%[1]s(\.%[1]s)*$` $label) $signer)) }}
        {{ $key }}.projected.sources[{{ $index }}].{{ $kind }}.signerName: {{ quote $signer }} is not a signer, such as example.com/name
      {{- end }}
    {{- end }}
    {{- with $source.podCertificate }}
      {{- $own := list .credentialBundlePath .keyPath .certificateChainPath | compact }}
      {{- $paths = concat $paths $own }}
      {{- if not $own }}
        {{ $key }}.projected.sources[{{ $index }}].podCertificate has no path: set credentialBundlePath, or keyPath and
        {{- " certificateChainPath" }}
      {{- end }}
    {{- end }}
    {{- with $source.clusterTrustBundle }}
      {{- $paths = append $paths .path }}
      {{- if or (eq (kindIs "invalid" .name) (kindIs "invalid" .signerName)) (not (or .name .signerName)) }}
        {{ $key }}.projected.sources[{{ $index }}].clusterTrustBundle: set either name or signerName
      {{- else if and .name (not (kindIs "invalid" .labelSelector)) }}
        {{ $key }}.projected.sources[{{ $index }}].clusterTrustBundle.labelSelector is for signerName alone; remove it, or name
      {{- end }}
    {{- end }}
  {{- end }}
  {{- range uniq $paths }}
    {{- if gt (len $paths) (without $paths . | len | add1) }}
      {{ $key }}: two files have the path {{ quote . }}; give each its own
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "microservice.checks.volumes" -}}
  {{- include "microservice.problems.volumes" . }}
{{- end -}}
