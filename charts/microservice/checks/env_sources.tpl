{{/*
microservice.problems.envSources: what a variable is read from when its container
starts is in the pod: the resources of a container, or a file in an emptyDir
(validateFileKeyRefVolumes, Kubernetes, pkg/apis/core/validation). A job or worker has
none of the service's other containers, and by default few volumes.
*/}}
{{- define "microservice.problems.envSources" -}}
  {{- $variables := dict }}
  {{- range $name, $source := .Values.env }}
    {{- if kindIs "map" $source }}{{ $_ := set $variables (printf "env.%s" $name) $source }}{{ end }}
  {{- end }}
  {{- $_ := include "microservice.collectContainers" . }}
  {{- range .containers }}
    {{- $key := .key }}
    {{- range $index, $variable := .container.env }}
      {{- with $variable.valueFrom }}{{ $_ := set $variables (printf "%s.env[%d].valueFrom" $key $index) . }}{{ end }}
    {{- end }}
  {{- end }}
  {{- range $key, $source := $variables }}
    {{- with $source.resourceFieldRef }}
      {{- include "microservice.problems.resourceField" (dict "root" $ "key" (printf "%s.resourceFieldRef" $key) "field" .) }}
    {{- end }}
    {{- with ($source.fileKeyRef).volumeName }}
      {{- $volumes := include "microservice.emptyDirs" $ | fromJsonArray }}
      {{- if not (has . $volumes) }}
        {{- $more := empty $.component | ternary "" ", and name it in the volumes of this entry, or set the variable to null" }}
        {{ $key }}.fileKeyRef.volumeName: the pod has no emptyDir {{ quote . }} ({{ join ", " $volumes | default "none" }}); declare
        {{- printf " it under volumes%s" $more }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.resourceField: (dict "root" . "key" KEY "field" MAP): a
resourceFieldRef is about a container of the pod, and has a unit of the resource
(validateContainerResourceDivisor, Kubernetes, pkg/apis/core/validation).
*/}}
{{- define "microservice.problems.resourceField" -}}
  {{- $names := list ((.root.Values.containerSpec).name | default (include "microservice.name" .root)) }}
  {{- $_ := include "microservice.collectContainers" .root }}
  {{- range .root.containers }}{{ $names = append $names .container.name }}{{ end }}
  {{- with .field.containerName }}
    {{- if not (has . $names) }}
      {{ $.key }}.containerName: the pod has no container {{ quote . }} ({{ join ", " $names }})
    {{- end }}
  {{- end }}
  {{- with .field.divisor }}
    {{- $divisor := include "microservice.quantity" . | float64 }}
    {{- if and (hasSuffix ".cpu" $.field.resource) (gt $divisor 1.0) }}
      {{ $.key }}.divisor: {{ . }} is no unit of cpu: use 1 for cores or 1m for thousandths
    {{- else if and (not (hasSuffix ".cpu" $.field.resource)) (gt $divisor 0.0) (lt $divisor 1.0) }}
      {{ $.key }}.divisor: {{ . }} is no unit of bytes: use 1, or one such as 1Mi
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.emptyDirs: the names of the pod's volumes that are emptyDirs, as a JSON list.
*/}}
{{- define "microservice.emptyDirs" -}}
  {{- $names := list -}}
  {{- range $name, $volume := include "microservice.volumeList" . | fromJson -}}
    {{- if hasKey $volume.source "emptyDir" }}{{ $names = append $names $name }}{{ end -}}
  {{- end -}}
  {{- toJson $names -}}
{{- end -}}

{{- define "microservice.checks.env_sources" -}}
  {{- include "microservice.problems.envSources" . }}
{{- end -}}
