{{/*
microservice.topologySpreadConstraints: the pod's, as a JSON list. null: spread
softly over zones and nodes; the pods of each ReplicaSet are counted for
themselves, so that those of the last version don't push the next one aside.
*/}}
{{- define "microservice.topologySpreadConstraints" -}}
  {{- $constraints := .Values.topologySpreadConstraints -}}
  {{- if kindIs "invalid" $constraints -}}
    {{- $soft := dict "maxSkew" 1 "whenUnsatisfiable" "ScheduleAnyway" "matchLabelKeys" (list "pod-template-hash") -}}
    {{- $constraints = list
      (merge (dict "topologyKey" "topology.kubernetes.io/zone") $soft)
      (merge (dict "topologyKey" "kubernetes.io/hostname") $soft) -}}
  {{- end -}}
  {{- $selector := dict "matchLabels" (include "microservice.selectorMap" . | fromJson) -}}
  {{- $list := list -}}
  {{- range $constraints -}}
    {{- $list = append $list (merge (omit . "labelSelector") (dict "labelSelector" (kindIs "invalid" .labelSelector | ternary $selector .labelSelector))) -}}
  {{- end -}}
  {{- toJson $list -}}
{{- end -}}

{{/*
microservice.affinity: affinity as the user wrote it; a pod (anti-)affinity
term without labelSelector means the application's own pods. As JSON.
The default spread is there a second time for nodes: where no node says its
zone, the scheduler passes over every constraint beside the one for zones.
*/}}
{{- define "microservice.affinity" -}}
  {{- $affinity := deepCopy (.Values.affinity | default dict) -}}
  {{- if and (kindIs "invalid" .Values.topologySpreadConstraints) (not (hasKey $affinity "podAntiAffinity")) -}}
    {{- $apart := dict "weight" 100 "podAffinityTerm" (dict "topologyKey" "kubernetes.io/hostname") -}}
    {{- $_ := set $affinity "podAntiAffinity" (dict "preferredDuringSchedulingIgnoredDuringExecution" (list $apart)) -}}
  {{- end -}}
  {{- if $affinity -}}
    {{- $selector := dict "matchLabels" (include "microservice.selectorMap" . | fromJson) -}}
    {{- range $kind := list "podAffinity" "podAntiAffinity" -}}
      {{- $rules := get $affinity $kind | default dict -}}
      {{- $terms := $rules.requiredDuringSchedulingIgnoredDuringExecution | default list -}}
      {{- range $rules.preferredDuringSchedulingIgnoredDuringExecution -}}
        {{- $terms = append $terms .podAffinityTerm -}}
      {{- end -}}
      {{- range $terms -}}
        {{- if kindIs "invalid" .labelSelector }}{{ $_ := set . "labelSelector" $selector }}{{ end -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $affinity -}}
{{- end -}}
