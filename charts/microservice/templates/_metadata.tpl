{{/*
microservice.metadata: an object's metadata.
(dict "root" . "name" NAME "labels" MAP "annotations" MAP "clusterScoped" true), of
which the last three may be left out. The namespace is written out, so that objects
land where -n said even if another tool than Helm applies them.
*/}}
{{- define "microservice.metadata" -}}
name: {{ .name | quote }}
  {{- if not .clusterScoped }}
namespace: {{ .root.Release.Namespace | quote }}
  {{- end }}
labels:
  {{- if .labels }}
    {{- $labels := include "microservice.merged" (list .labels (include "microservice.labelMap" .root | fromJson)) | fromJson }}
  {{- include "microservice.toYaml" $labels | nindent 2 }}
  {{- else }}
  {{- include "microservice.labels" .root | nindent 2 }}
  {{- end }}
  {{- if or .root.Values.commonAnnotations .annotations .root.hook }}
    {{- $annotations := include "microservice.merged" (list .root.Values.commonAnnotations .annotations .root.hook) | fromJson }}
    {{- with include "microservice.toYaml" $annotations }}
annotations:
  {{- . | nindent 2 }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.keptAnnotations: (dict "root" . "annotations" MAP) -> the annotations of an
object that outlives its place in the render, as JSON. To Argo CD, Helm's word only means
that the object outlives the Application, so it gets two of its own: not to delete the
object before, and not to call the Application out of sync because of it. What somebody
wrote of either stays, and decides.
*/}}
{{- define "microservice.keptAnnotations" -}}
  {{- $annotations := include "microservice.merged" (list .root.Values.commonAnnotations .annotations) | fromJson -}}
  {{- range $name, $option := dict
    "argocd.argoproj.io/sync-options" "Prune=false"
    "argocd.argoproj.io/compare-options" "IgnoreExtraneous" -}}
    {{- $written := get $annotations $name | default "" -}}
    {{- $key := splitList "=" $option | first -}}
    {{- if not (regexMatch (printf "(^|,)\\s*%s\\b" $key) $written) -}}
      {{- $_ := list $written $option | compact | join "," | set $annotations $name -}}
    {{- end -}}
  {{- end -}}
  {{- set $annotations "helm.sh/resource-policy" "keep" | toJson -}}
{{- end -}}

{{/*
microservice.podMetadata: the pod template's metadata, without the chart's version: a new
chart alone restarts nothing. A job starts with the settings of its time, so it needs no
checksum, and has to end on its node, so nothing says that it may be moved.
*/}}
{{- define "microservice.podMetadata" -}}
  {{- $selector := include "microservice.selectorMap" . | fromJson }}
  {{- $version := pick (include "microservice.labelMap" . | fromJson) "app.kubernetes.io/version" }}
  {{- $checksums := dict }}
  {{- $movable := dict }}
  {{- if or (not .component) .objectName }}
    {{- $checksums = include "microservice.checksums" . | fromJson }}
    {{- $movable = include "microservice.movableVolumes" . | fromJson }}
  {{- end }}
  {{- $labels := include "microservice.merged" (list $version .Values.commonLabels .Values.podLabels $selector) | fromJson -}}
labels:
  {{- include "microservice.labelYaml" (dict "root" . "labels" $labels) | nindent 2 }}
  {{- $annotations := include "microservice.merged" (list $movable .Values.commonAnnotations .Values.podAnnotations $checksums) | fromJson }}
  {{- with include "microservice.once" (dict "root" . "run" "microservice.fields" "of" (list "annotations" $annotations)) }}
{{ . }}
  {{- end }}
{{- end -}}

{{/*
microservice.movableVolumes: the annotation by which the cluster autoscaler removes a node
although the pod has a volume there, as a JSON map: for /tmp, unless it is another volume
than an emptyDir, which holds nothing that a new pod would miss.
*/}}
{{- define "microservice.movableVolumes" -}}
  {{- $tmp := get (include "microservice.volumeList" . | fromJson) "tmp" | default dict -}}
  {{- if hasKey ($tmp.source | default dict) "emptyDir" -}}
    {"cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes": "tmp"}
  {{- else -}}
    {}
  {{- end -}}
{{- end -}}
