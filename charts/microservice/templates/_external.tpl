{{/*
microservice.externalName: the name of the ExternalSecret and its SecretStore.
*/}}
{{- define "microservice.externalName" -}}
  {{- printf "%s-external" (include "microservice.fullname" .) -}}
{{- end -}}

{{/*
microservice.externalSecretName: the name of the Secret that comes of them, which ends in a
hash of what is fetched and from where: who asks for something else gets another Secret, and
new pods wait for it. External Secrets deletes the one before when it has written this one.
*/}}
{{- define "microservice.externalSecretName" -}}
  {{- $external := .Values.secret.external -}}
  {{- $asked := dict
    "provider" $external.provider
    "from" (get $external ($external.provider | default "store"))
    "data" (include "microservice.externalData" $external.data | fromJsonArray)
    "dataFrom" ($external.dataFrom | default list)
    "template" ($external.template | default dict) -}}
  {{- $json := include "microservice.withoutNulls" $asked -}}
  {{- $hash := include "microservice.settingsHash" (dict "root" . "secret" true "json" $json) | trunc 10 -}}
  {{- printf "%s-%s" (include "microservice.externalName" .) $hash -}}
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
