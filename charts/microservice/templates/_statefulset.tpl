{{/*
microservice.headlessName: the name of the Service behind the names of a StatefulSet's
pods. A monitor must not find it beside the Service, so it has another component.
*/}}
{{- define "microservice.headlessName" -}}
  {{- printf "%s-headless" (include "microservice.fullname" .) -}}
{{- end -}}

{{/*
microservice.headlessPorts: its ports, as a JSON list: those of the main container. A
headless Service leads past its numbers.
*/}}
{{- define "microservice.headlessPorts" -}}
  {{- $list := list -}}
  {{- range $name, $port := include "microservice.ports" . | fromJson -}}
    {{- $entry := dict "name" $name "port" $port.containerPort "targetPort" $name "protocol" "TCP" -}}
    {{- $list = append $list (merge (pick $port "protocol" "appProtocol") $entry) -}}
  {{- end -}}
  {{- toJson $list -}}
{{- end -}}

{{/*
microservice.updateStrategy: what of `strategy` a StatefulSet has, as JSON. It starts no
pod beside the old ones, so at least one is missing: the default of 0 is left out.
*/}}
{{- define "microservice.updateStrategy" -}}
  {{- $strategy := dict "type" "RollingUpdate" -}}
  {{- $unavailable := (.Values.strategy.rollingUpdate).maxUnavailable -}}
  {{- if not (has (toString $unavailable) (list "<nil>" "0" "0%")) -}}
    {{- $_ := set $strategy "rollingUpdate" (dict "maxUnavailable" $unavailable) -}}
  {{- end -}}
  {{- toJson $strategy -}}
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

{{/*
microservice.claimTemplates: their templates, as YAML. Kubernetes refuses to change one,
so nothing is in it that the claim doesn't say: no label of the chart, no common one.
*/}}
{{- define "microservice.claimTemplates" -}}
  {{- $templates := list -}}
  {{- range $name, $claim := include "microservice.templateClaims" . | fromJson -}}
    {{- $metadata := merge (dict "name" $name) (pick $claim "labels" "annotations") -}}
    {{- $spec := include "microservice.claimSpec" $claim | fromJson -}}
    {{- $template := dict "apiVersion" "v1" "kind" "PersistentVolumeClaim" "metadata" $metadata "spec" $spec -}}
    {{- $templates = append $templates $template -}}
  {{- end -}}
  {{- include "microservice.fields" (list "volumeClaimTemplates" $templates) -}}
{{- end -}}
