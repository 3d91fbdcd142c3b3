{{/*
microservice.problems.mounts: the options of a mount are not lost and go together,
and no block device is mounted as a file system, nor a file system used as a
device. The rules: ValidateVolumeMounts and ValidateVolumeDevices (Kubernetes,
pkg/apis/core/validation).
*/}}
{{- define "microservice.problems.mounts" -}}
  {{- $volumes := include "microservice.volumeList" . | fromJson }}
  {{- $mounts := list }}
  {{- $blocks := list }}
  {{- $devices := list }}
  {{- range $name, $volume := $volumes }}
    {{- $key := printf "volumes.%s" $name }}
    {{- $entry := get ($.Values.volumes | default dict) $name | default dict }}
    {{- $claim := or $entry.claim (($volume.source.ephemeral).volumeClaimTemplate).spec }}
    {{- $block := eq (toString ($claim).volumeMode) "Block" }}
    {{- if $block }}{{ $blocks = append $blocks $name }}{{ end }}
    {{- if or $block (and (not $claim) $volume.source.persistentVolumeClaim) }}{{ $devices = append $devices $name }}{{ end }}
    {{- if and $volume.mounts (not $entry.mountPath) }}
      {{- range $option := list "subPath" "subPathExpr" "readOnly" "recursiveReadOnly" "mountPropagation" "bindMountOptions" }}
        {{- if not (get $entry $option) }}
        {{- else if $entry.mounts }}
          {{ $key }}.{{ $option }} has no effect beside {{ $key }}.mounts: write it into each entry there
        {{- else if ne $option "readOnly" }}
          {{ $key }}.{{ $option }} has no effect without {{ $key }}.mountPath: set that too
        {{- end }}
      {{- end }}
    {{- end }}
    {{- range $index, $mount := $volume.mounts }}
      {{- $place := $key }}
      {{- $index = empty $entry.mountPath | ternary $index (sub $index 1) }}
      {{- if ge $index 0 }}{{ $place = printf "%s.mounts[%d]" $key $index }}{{ end }}
      {{- $mounts = append $mounts (merge (dict "name" $name "key" $place) $mount) }}
    {{- end }}
  {{- end }}
  {{- $used := list (dict
    "mounts" $mounts
    "key" "containerSpec"
    "devices" (.Values.containerSpec).volumeDevices
    "own" .Values.containerSecurityContext) }}
  {{- $_ := include "microservice.collectContainers" . }}
  {{- range .containers }}
    {{- $mounts := list }}
    {{- $key := .key }}
    {{- range $index, $mount := .container.volumeMounts }}
      {{- $mounts = append $mounts (merge (dict "key" (printf "%s.volumeMounts[%d]" $key $index)) $mount) }}
    {{- end }}
    {{- $used = append $used (dict "mounts" $mounts "key" $key "devices" .container.volumeDevices "own" .container.securityContext) }}
  {{- end }}
  {{- range $container := $used }}
    {{- $names := list }}
    {{- $places := list }}
    {{- range .mounts }}
      {{- $names = append $names .name }}
      {{- $places = append $places .mountPath }}
      {{- if has .name $blocks }}
        {{ .key }}.mountPath: volume {{ quote .name }} is a block device (volumeMode: Block): list it in
        {{- printf " %s.volumeDevices instead" $container.key }}
      {{- end }}
      {{- if and .subPath .subPathExpr }}
        {{ .key }}.subPathExpr: {{ .key }}.subPath is set too; set one of them to null
      {{- end }}
      {{- if has .recursiveReadOnly (list "Enabled" "IfPossible") }}
        {{- if not .readOnly }}
          {{ .key }}.recursiveReadOnly: {{ .recursiveReadOnly }} needs readOnly: true
        {{- end }}
        {{- if ne (.mountPropagation | default "None") "None" }}
          {{ .key }}.mountPropagation: {{ .mountPropagation }} excludes recursiveReadOnly: {{ .recursiveReadOnly }}; remove one of them
        {{- end }}
      {{- end }}
      {{- if eq (toString .mountPropagation) "Bidirectional" }}
        {{- $context := include "microservice.securityContext" (dict "root" $ "own" $container.own) | fromJson }}
        {{- if not $context.privileged }}
          {{ .key }}.mountPropagation: Bidirectional is for privileged containers only; use HostToContainer, or set
          {{- " securityContext.privileged: true" }}
        {{- end }}
      {{- end }}
    {{- end }}
    {{- range $index, $device := .devices }}
      {{- $key := printf "%s.volumeDevices[%d]" $container.key $index }}
      {{- if and (hasKey $volumes .name) (not (has .name $devices)) }}
        {{ $key }}: volume {{ quote .name }} is no claim with volumeMode: Block; mount it instead, or make it one
      {{- else if has .name $names }}
        {{ $key }}: volume {{ quote .name }} is mounted too; remove the device, or the mount
      {{- end }}
      {{- if has .devicePath $places }}
        {{ $key }}.devicePath: {{ quote .devicePath }} is the path of another volume too; give each its own
      {{- end }}
      {{- $places = append $places .devicePath }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "microservice.checks.mounts" -}}
  {{- include "microservice.problems.mounts" . }}
{{- end -}}
