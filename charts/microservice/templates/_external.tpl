{{/*
microservice.externalName: the name of the ExternalSecret, its SecretStore, and the
Secret that comes of them.
*/}}
{{- define "microservice.externalName" -}}
  {{- printf "%s-external" (include "microservice.fullname" .) -}}
{{- end -}}

{{/*
microservice.externalData: secret.external.data in the form of an ExternalSecret, as a
JSON list: each variable's name, and where its value lies.
*/}}
{{- define "microservice.externalData" -}}
  {{- $list := list -}}
  {{- range $name, $remote := . -}}
    {{- if not (kindIs "invalid" $remote) -}}
      {{- if not (kindIs "map" $remote) }}{{ $remote = dict "key" $remote }}{{ end -}}
      {{- $list = append $list (dict "secretKey" $name "remoteRef" $remote) -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $list -}}
{{- end -}}

{{/*
microservice.externalDataFrom: the same for secret.external.dataFrom, whose secrets are
fetched as a whole.
*/}}
{{- define "microservice.externalDataFrom" -}}
  {{- $list := list -}}
  {{- range . }}{{ $list = append $list (dict "extract" (dict "key" .)) }}{{ end -}}
  {{- toJson $list -}}
{{- end -}}
