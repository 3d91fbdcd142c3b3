{{/*
microservice.scheduling: the pod's affinity and topologySpreadConstraints, as YAML.
*/}}
{{- define "microservice.scheduling" -}}
  {{- $written := .Values.topologySpreadConstraints -}}
  {{- if or .Values.affinity $written -}}
    {{- $selector := dict "matchLabels" (include "microservice.selectorMap" . | fromJson) -}}
    {{- $list := list -}}
    {{- if kindIs "invalid" $written }}{{ $list = (include "microservice.spread" . | fromYaml).topologySpreadConstraints }}{{ end -}}
    {{- range $written -}}
      {{- $list = append $list (set (omit . "") "labelSelector" (kindIs "invalid" .labelSelector | ternary $selector .labelSelector)) -}}
    {{- end -}}
    {{- include "microservice.fields" (list
      "affinity" (include "microservice.affinity" . | fromJson)
      "topologySpreadConstraints" $list) -}}
  {{- else if kindIs "invalid" $written -}}
    {{- include "microservice.spread" . -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.spread: both by default (null), as YAML: text costs Helm a tenth of maps. Pods
are spread softly over zones and nodes. Those of each ReplicaSet are counted on their own, so
that the last version's don't push the next one's aside (ignored by Kubernetes 1.30 in an
affinity); a StatefulSet removes a pod before it makes the next one. Nodes stand here twice:
where they have no zone, the scheduler ignores all constraints beside the one for zones.
*/}}
{{- define "microservice.spread" -}}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
    - podAffinityTerm:
        labelSelector:
          matchLabels:
            {{- include "microservice.selectorLabels" . | nindent 12 }}
        matchLabelKeys:
        - pod-template-hash
        topologyKey: kubernetes.io/hostname
      weight: 100
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
- labelSelector:
    matchLabels:
      {{- include "microservice.selectorLabels" $ | nindent 6 }}
    {{- if ne (toString $.Values.kind) "StatefulSet" }}
  matchLabelKeys:
  - pod-template-hash
    {{- end }}
  maxSkew: 1
  topologyKey: {{ . }}
  whenUnsatisfiable: ScheduleAnyway
  {{- end -}}
{{- end -}}

{{/*
microservice.affinity: the pod's, as JSON: as the user wrote it, with the
application's own pods as the labelSelector of each pod (anti-)affinity term that
has none.
*/}}
{{- define "microservice.affinity" -}}
  {{- $affinity := deepCopy (.Values.affinity | default dict) -}}
  {{- if kindIs "invalid" .Values.topologySpreadConstraints -}}
    {{- $default := (include "microservice.spread" . | fromYaml).affinity -}}
    {{- if not (hasKey $affinity "podAntiAffinity") }}{{ $affinity = merge $affinity $default }}{{ end -}}
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
