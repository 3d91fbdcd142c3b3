{{/*
microservice.topologySpreadConstraints: the pod's, as a JSON list. By default (null)
pods are spread softly over zones and nodes. The pods of each ReplicaSet are counted
on their own, so that the last version's don't push the next one's aside; a StatefulSet
removes a pod before it makes the next one.
*/}}
{{- define "microservice.topologySpreadConstraints" -}}
  {{- $selector := dict "matchLabels" (include "microservice.selectorMap" . | fromJson) -}}
  {{- $list := list -}}
  {{- if kindIs "invalid" .Values.topologySpreadConstraints -}}
    {{- $soft := dict "labelSelector" $selector "maxSkew" 1 "whenUnsatisfiable" "ScheduleAnyway" -}}
    {{- if ne (toString .Values.kind) "StatefulSet" }}{{ $_ := set $soft "matchLabelKeys" (list "pod-template-hash") }}{{ end -}}
    {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" -}}
      {{- $list = append $list (set (omit $soft "") "topologyKey" .) -}}
    {{- end -}}
  {{- end -}}
  {{- range .Values.topologySpreadConstraints -}}
    {{- $list = append $list (set (omit . "") "labelSelector" (kindIs "invalid" .labelSelector | ternary $selector .labelSelector)) -}}
  {{- end -}}
  {{- toJson $list -}}
{{- end -}}

{{/*
microservice.affinity: the pod's, as JSON: as the user wrote it, with the
application's own pods as the labelSelector of each pod (anti-)affinity term that
has none. The default spread over nodes stands here a second time: where nodes have
no zone, the scheduler ignores all spread constraints beside the one for zones. There
too each ReplicaSet is on its own (ignored by Kubernetes 1.30).
*/}}
{{- define "microservice.affinity" -}}
  {{- $affinity := deepCopy (.Values.affinity | default dict) -}}
  {{- if and (kindIs "invalid" .Values.topologySpreadConstraints) (not (hasKey $affinity "podAntiAffinity")) -}}
    {{- $apart := dict "weight" 100 "podAffinityTerm" (dict "topologyKey" "kubernetes.io/hostname" "matchLabelKeys" (list "pod-template-hash")) -}}
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
