{{/*
microservice.statefulSet: the StatefulSet.
*/}}
{{- define "microservice.statefulSet" -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "microservice.metadata" (dict
    "root" .
    "name" (include "microservice.fullname" .)
    "labels" .Values.deploymentLabels
    "annotations" .Values.deploymentAnnotations) | nindent 2 }}
spec:
  {{- /* Of OrderedReady pods one that never becomes ready is not replaced, a rollback's neither (kubernetes#67250). */}}
  {{- $scaled := or .Values.autoscaling.enabled .Values.autoscaling.external }}
  {{- include "microservice.fields" (list
    "replicas" (empty $scaled | ternary .Values.replicaCount "")
    "minReadySeconds" .Values.minReadySeconds
    "revisionHistoryLimit" .Values.revisionHistoryLimit
    "serviceName" (include "microservice.headlessName" .)
    "podManagementPolicy" "Parallel"
    "updateStrategy" (include "microservice.updateStrategy" . | fromJson)
    "persistentVolumeClaimRetentionPolicy" (include "microservice.claimRetention" . | fromJson)) | nindent 2 }}
  selector:
    matchLabels:
      {{- include "microservice.selectorLabels" . | nindent 6 }}
  template:
    {{- include "microservice.podTemplate" . | nindent 4 }}
  {{- with include "microservice.claimTemplates" . }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/*
microservice.headlessService: the Service behind the names of its pods.
*/}}
{{- define "microservice.headlessService" -}}
  {{- $root := set (pick . "Values" "Release" "Chart") "component" "headless" }}
apiVersion: v1
kind: Service
metadata:
  {{- include "microservice.metadata" (dict "root" $root "name" (include "microservice.headlessName" .)) | nindent 2 }}
spec:
  type: ClusterIP
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    {{- include "microservice.selectorLabels" . | nindent 4 }}
  {{- with include "microservice.fields" (list "ports" (include "microservice.headlessPorts" . | fromJsonArray)) }}
  {{- . | nindent 2 }}
  {{- end }}
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
