{{/*
microservice.image: the main container's image.
*/}}
{{- define "microservice.image" -}}
  {{- include "microservice.imageReference" (list . .Values.image) -}}
{{- end -}}

{{/*
microservice.imageReference: (list ROOT IMAGE) -> [registry/]repository[:tag][@digest].
An umbrella chart's global.imageRegistry, usually a mirror, wins over the image's own.
*/}}
{{- define "microservice.imageReference" -}}
  {{- $image := index . 1 -}}
  {{- with ((index . 0).Values.global).imageRegistry | default $image.registry }}{{ . }}/{{ end -}}
  {{- $image.repository -}}
  {{- with $image.tag }}:{{ . }}{{ end -}}
  {{- with $image.digest }}@{{ . }}{{ end -}}
{{- end -}}

{{/*
microservice.imagePullSecrets: those of the umbrella chart and of this one, as
a JSON list of {name}, each once. A global one may be a bare name.
*/}}
{{- define "microservice.imagePullSecrets" -}}
  {{- $secrets := list -}}
  {{- range concat ((.Values.global).imagePullSecrets | default list) (.Values.imagePullSecrets | default list) -}}
    {{- $secrets = append $secrets (kindIs "map" . | ternary . (dict "name" .)) -}}
  {{- end -}}
  {{- $secrets | uniq | toJson -}}
{{- end -}}
