{{/*
microservice.selectorMap: what finds the application's pods, as a JSON map. A
selector can never change, so it holds nothing that a new version could change. The
pods of workers, jobs and tests have another component, which their root names.
*/}}
{{- define "microservice.selectorMap" -}}
  {{- if not .selectorMap -}}
    {{- $selector := dict
      "app.kubernetes.io/name" (include "microservice.name" .)
      "app.kubernetes.io/instance" .Release.Name
      "app.kubernetes.io/component" (.component | default "app") -}}
    {{- $_ := set . "selectorMap" (toJson $selector) -}}
  {{- end -}}
  {{- .selectorMap -}}
{{- end -}}

{{/*
microservice.labelMap: the labels of every object, as a JSON map. commonLabels can't
replace the chart's own, except app.kubernetes.io/version: by default the image's
tag, as far as a label can hold it.
*/}}
{{- define "microservice.labelMap" -}}
  {{- if not .labelMap -}}
    {{- $common := .Values.commonLabels -}}
    {{- $own := include "microservice.selectorMap" . | fromJson -}}
    {{- $_ := set $own "app.kubernetes.io/managed-by" .Release.Service -}}
    {{- $chart := printf "%s-%s" .Chart.Name .Chart.Version -}}
    {{- $_ := set $own "helm.sh/chart" ($chart | replace "+" "_" | trunc 63 | trimAll "-_.") -}}
    {{- with .Values.image.tag | default "" | splitList "@" | first | trunc 63 | trimAll "-_." -}}
      {{- $_ := set $own "app.kubernetes.io/version" (get $common "app.kubernetes.io/version" | default .) -}}
    {{- end -}}
    {{- $_ := include "microservice.merged" (list $common $own) | set . "labelMap" -}}
  {{- end -}}
  {{- .labelMap -}}
{{- end -}}

{{/*
microservice.selectorLabels, microservice.labels: the same as YAML.
*/}}
{{- define "microservice.selectorLabels" -}}
  {{- if not .selectorLabels -}}
    {{- $labels := include "microservice.selectorMap" . | fromJson -}}
    {{- $_ := include "microservice.labelYaml" (dict "root" . "labels" $labels) | set . "selectorLabels" -}}
  {{- end -}}
  {{- .selectorLabels -}}
{{- end -}}
{{- define "microservice.labels" -}}
  {{- if not .labels -}}
    {{- $labels := include "microservice.labelMap" . | fromJson -}}
    {{- $_ := include "microservice.labelYaml" (dict "root" . "labels" $labels) | set . "labels" -}}
  {{- end -}}
  {{- .labels -}}
{{- end -}}

{{/*
microservice.labelYaml: (dict "root" . "labels" MAP) -> the same for other labels. Those of
workers and jobs differ in the component, which comes in last: no label's value has a <.
*/}}
{{- define "microservice.labelYaml" -}}
  {{- $key := "app.kubernetes.io/component" -}}
  {{- $labels := set (omit .labels "") $key "<component>" -}}
  {{- include "microservice.once" (dict "root" .root "run" "microservice.toYaml" "of" $labels) | replace "<component>" (get .labels $key) -}}
{{- end -}}

{{/*
microservice.selectorArgument: the selector for kubectl's -l.
*/}}
{{- define "microservice.selectorArgument" -}}
  {{- $terms := list -}}
  {{- range $label, $value := include "microservice.selectorMap" . | fromJson -}}
    {{- $terms = append $terms (printf "%s=%s" $label $value) -}}
  {{- end -}}
  {{- join "," $terms -}}
{{- end -}}
