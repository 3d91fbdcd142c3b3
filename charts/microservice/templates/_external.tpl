{{/*
microservice.externalData: secret.external.data as an ExternalSecret has it, as
a JSON list: a variable's name, and where its value lies.
*/}}
{{- define "microservice.externalData" -}}
  {{- $list := list -}}
  {{- range $name, $remote := . -}}
    {{- if not (kindIs "invalid" $remote) -}}
      {{- $list = append $list (dict "secretKey" $name "remoteRef" (kindIs "map" $remote | ternary $remote (dict "key" $remote))) -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $list -}}
{{- end -}}

{{/*
microservice.externalDataFrom: likewise the secrets that are taken as a whole.
*/}}
{{- define "microservice.externalDataFrom" -}}
  {{- $list := list -}}
  {{- range . }}{{ $list = append $list (dict "extract" (dict "key" .)) }}{{ end -}}
  {{- toJson $list -}}
{{- end -}}
