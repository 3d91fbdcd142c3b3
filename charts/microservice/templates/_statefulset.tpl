{{/*
microservice.headlessName: the name of the Service behind the names of a StatefulSet's
pods. A monitor must not find it beside the Service, so it has another component.
*/}}
{{- define "microservice.headlessName" -}}
  {{- printf "%s-headless" (include "microservice.fullname" .) -}}
{{- end -}}

{{/*
microservice.templateClaims: the claims that each pod of a StatefulSet has of its own, as
a JSON map of the volume's name -> claim; empty for a Deployment.
*/}}
{{- define "microservice.templateClaims" -}}
  {{- $claims := dict -}}
  {{- if eq (toString .Values.kind) "StatefulSet" -}}
    {{- range $name, $volume := .Values.volumes -}}
      {{- if and ($volume).claim (not (include "microservice.isDisabled" $volume)) -}}
        {{- $_ := set $claims $name $volume.claim -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
  {{- toJson $claims -}}
{{- end -}}

{{/*
microservice.claimRetention: what becomes of these claims without their StatefulSet, as
JSON; empty where they stay, as they always do without their pod alone.
*/}}
{{- define "microservice.claimRetention" -}}
  {{- $policy := dict -}}
  {{- range include "microservice.templateClaims" . | fromJson -}}
    {{- if eq (toString .retain) "false" }}{{ $policy = dict "whenDeleted" "Delete" "whenScaled" "Retain" }}{{ end -}}
  {{- end -}}
  {{- toJson $policy -}}
{{- end -}}
