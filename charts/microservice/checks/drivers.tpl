{{/*
microservice.problems.drivers: (dict "key" KEY "source" SOURCE): a source of one of the
drivers that CSI has replaced, whose fields the schema leaves open, has what its driver
needs. The rules: validateVolumeSource (Kubernetes, pkg/apis/core/validation).
*/}}
{{- define "microservice.problems.drivers" -}}
  {{- $required := dict
    "awsElasticBlockStore" (list "volumeID")
    "azureDisk" (list "diskName" "diskURI")
    "azureFile" (list "secretName" "shareName")
    "cephfs" (list "monitors")
    "cinder" (list "volumeID")
    "flexVolume" (list "driver")
    "gcePersistentDisk" (list "pdName")
    "gitRepo" (list "repository")
    "iscsi" (list "iqn" "targetPortal")
    "portworxVolume" (list "volumeID")
    "rbd" (list "image" "monitors")
    "vsphereVolume" (list "volumePath") }}
  {{- range $driver, $source := .source }}
    {{- $key := printf "%s.%s" $.key $driver }}
    {{- range get $required $driver | default list }}
      {{- if not (get $source .) }}
        {{ $key }}.{{ . }} is missing, which the driver needs
      {{- end }}
    {{- end }}
    {{- if eq $driver "fc" }}
      {{- if eq (empty $source.targetWWNs) (empty $source.wwids) }}
        {{ $key }}: set either targetWWNs, with lun, or wwids
      {{- else if and $source.targetWWNs (kindIs "invalid" $source.lun) }}
        {{ $key }}.lun is missing, which targetWWNs need
      {{- end }}
    {{- end }}
    {{- range $field := list "lun" "partition" }}
      {{- $number := get $source $field }}
      {{- if or (kindIs "float64" $number) (kindIs "int64" $number) }}
        {{- if or (lt (float64 $number) 0.0) (gt (float64 $number) 255.0) }}
          {{ $key }}.{{ $field }}: {{ $number }} is not between 0 and 255
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
