{{/*
microservice.image: the main container's image, [registry/]repository[:tag][@digest].
An umbrella chart's global.imageRegistry, usually a mirror, wins over the chart's own.
*/}}
{{- define "microservice.image" -}}
{{- with (.Values.global).imageRegistry | default .Values.image.registry }}{{ . }}/{{ end -}}
{{- .Values.image.repository -}}
{{- with .Values.image.tag }}:{{ . }}{{ end -}}
{{- with .Values.image.digest }}@{{ . }}{{ end -}}
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
