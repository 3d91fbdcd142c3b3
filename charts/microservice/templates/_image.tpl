{{/*
microservice.image: the main container's image.
*/}}
{{- define "microservice.image" -}}
  {{- include "microservice.imageReference" (dict "root" . "image" .Values.image) -}}
{{- end -}}

{{/*
microservice.imageReference: (dict "root" . "image" IMAGE) ->
[registry/]repository[:tag][@digest]. The tag may bring the digest with it. An
umbrella chart's global.imageRegistry, usually a mirror, replaces the image's own
registry, also one that is written in the repository.
*/}}
{{- define "microservice.imageReference" -}}
  {{- $mirror := (.root.Values.global).imageRegistry -}}
  {{- with $mirror | default .image.registry }}{{ . }}/{{ end -}}
  {{- if $mirror }}{{ include "microservice.withoutRegistry" .image.repository }}{{ else }}{{ .image.repository }}{{ end -}}
  {{- with .image.tag }}:{{ . }}{{ end -}}
  {{- if not (contains "@" (.image.tag | default "")) }}{{ with .image.digest }}@{{ . }}{{ end }}{{ end -}}
{{- end -}}

{{/*
microservice.withoutRegistry: an image -> the same without the registry's host, which has a
dot or a colon, or is localhost (github.com/distribution/reference).
*/}}
{{- define "microservice.withoutRegistry" -}}
  {{- regexReplaceAll "^([^/]*[.:][^/]*|localhost)/" . "" -}}
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
