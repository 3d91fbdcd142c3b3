{{/*
namespace.problems.limits: the bounds of a LimitRange are in order, and those
of a claim include storage. The rules: Kubernetes, pkg/apis/core,
ValidateLimitRange.
*/}}
{{- define "namespace.problems.limits" -}}
  {{- range $type, $bounds := .Values.limitRange.limits }}
    {{- $below := dict }}
    {{- range $bound := list "min" "defaultRequest" "default" "max" }}
      {{- range $resource, $amount := index ($bounds | default dict) $bound }}
        {{- if not (kindIs "invalid" $amount) }}
          {{- $amount = toJson $amount | trimAll "\"" }}
          {{- $key := printf "limitRange.limits.%s.%s.%s" $type $bound $resource }}
          {{- with get $below $resource }}
            {{- if include "namespace.exceeds" (dict "quantity" .amount "limit" $amount) }}
              {{ .key }}: {{ .amount }} is above {{ $key }}: {{ $amount }}; lower the first, or raise the second
            {{- end }}
          {{- end }}
          {{- $_ := set $below $resource (dict "key" $key "amount" $amount) }}
        {{- end }}
      {{- end }}
    {{- end }}
    {{- if and (eq $type "PersistentVolumeClaim") $bounds (not $below.storage) }}
      limitRange.limits.PersistentVolumeClaim has no storage: set max or min, such as max: {storage: 50Gi}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
namespace.problems.ratios: a ratio of limit to request is at least 1, and no more than
max and min allow. The rules: Kubernetes, pkg/apis/core, ValidateLimitRange.
*/}}
{{- define "namespace.problems.ratios" -}}
  {{- range $type, $bounds := .Values.limitRange.limits }}
    {{- range $resource, $ratio := ($bounds).maxLimitRequestRatio }}
      {{- if not (kindIs "invalid" $ratio) }}
        {{- $ratio = toJson $ratio | trimAll "\"" }}
        {{- $key := printf "limitRange.limits.%s.maxLimitRequestRatio.%s" $type $resource }}
        {{- $min := index ($bounds.min | default dict) $resource }}
        {{- $max := index ($bounds.max | default dict) $resource }}
        {{- if include "namespace.exceeds" (dict "quantity" "1" "limit" $ratio) }}
          {{ $key }}: {{ $ratio }} is below 1, and no limit is below its request; raise it
        {{- else if not (or (kindIs "invalid" $min) (kindIs "invalid" $max)) }}
          {{- $times := include "namespace.quantity" $ratio | divf 1 }}
          {{- $min = toJson $min | trimAll "\"" }}
          {{- $max = toJson $max | trimAll "\"" }}
          {{- if include "namespace.exceeds" (dict "quantity" $min "limit" $max "times" $times) }}
            {{ $key }}: {{ $ratio }} is more than max: {{ $max }} divided by min: {{ $min }}; lower it
          {{- end }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
namespace.problems.defaults: a container with the default resources fits into a pod, and
into each ratio. Resources that can't be overcommitted have one number.
*/}}
{{- define "namespace.problems.defaults" -}}
  {{- $limits := .Values.limitRange.limits }}
  {{- range $resource, $default := include "namespace.containerDefaults" . | fromJson }}
    {{- $request := $default.request }}
    {{- $limit := $default.limit | default $request }}
    {{- $max := index (($limits.Pod).max | default dict) $resource }}
    {{- if not (kindIs "invalid" $max) }}
      {{- $max = toJson $max | trimAll "\"" }}
      {{- if include "namespace.exceeds" (dict "quantity" $limit.amount "limit" $max) }}
        {{ $limit.key }}: {{ $limit.amount }} is above limitRange.limits.Pod.max.{{ $resource }}: {{ $max }}, so no pod with the default could
        {{- " start; lower the first, or raise the second" }}
      {{- end }}
    {{- end }}
    {{- range $type, $bounds := $limits }}
      {{- $ratio := index (($bounds).maxLimitRequestRatio | default dict) $resource }}
      {{- if and $default.limit (not (kindIs "invalid" $ratio)) }}
        {{- $times := toJson $ratio | trimAll "\"" | include "namespace.quantity" }}
        {{- if include "namespace.exceeds" (dict "quantity" $limit.amount "limit" $request.amount "times" $times) }}
          {{ $limit.key }}: {{ $limit.amount }} is more than limitRange.limits.{{ $type }}.maxLimitRequestRatio.{{ $resource }}:
          {{- printf " %v times %s: %s, so no pod with the defaults could start" $ratio $request.key $request.amount }}; lower the first, or
          {{- " raise one of the others" }}
        {{- end }}
      {{- end }}
    {{- end }}
    {{- if and (regexMatch "^hugepages-|/" $resource) (ne $limit.amount $request.amount) }}
      {{ $request.key }}: {{ $request.amount }} has to be {{ $limit.key }}: {{ $limit.amount }}, since {{ $resource }} can't be overcommitted;
      {{- " write the same in both" }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
namespace.problems.quota: a container with the default resources fits into the quota, and
so do the limits of all pods whose requests do: a limit is never below its request.
*/}}
{{- define "namespace.problems.quota" -}}
  {{- if .Values.resourceQuota.enabled }}
    {{- $hard := .Values.resourceQuota.hard }}
    {{- range $key, $limits := $hard }}
      {{- $resource := trimPrefix "limits." $key }}
      {{- range $other := list (printf "requests.%s" $resource) $resource }}
        {{- $requests := index $hard $other }}
        {{- if and (hasPrefix "limits." $key) (not (or (kindIs "invalid" $limits) (kindIs "invalid" $requests))) }}
          {{- $limits = toJson $limits | trimAll "\"" }}
          {{- $requests = toJson $requests | trimAll "\"" }}
          {{- if include "namespace.exceeds" (dict "quantity" $requests "limit" $limits) }}
            resourceQuota.hard.{{ $key }}: {{ $limits }} is below resourceQuota.hard.{{ $other }}: {{ $requests }}, which no pods could use up;
            {{- " raise the first, or lower the second" }}
          {{- end }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- $defaults := (.Values.limitRange.limits).Container | default dict }}
  {{- if and .Values.resourceQuota.enabled .Values.limitRange.enabled }}
    {{- range $kind, $default := dict "requests" "defaultRequest" "limits" "default" }}
      {{- range $resource, $amount := index $defaults $default }}
        {{- $hard := index ($.Values.resourceQuota.hard | default dict) (printf "%s.%s" $kind $resource) }}
        {{- if not (or (kindIs "invalid" $hard) (kindIs "invalid" $amount)) }}
          {{- $amount = toJson $amount | trimAll "\"" }}
          {{- $hard = toJson $hard | trimAll "\"" }}
          {{- if include "namespace.exceeds" (dict "quantity" $amount "limit" $hard) }}
            limitRange.limits.Container.{{ $default }}.{{ $resource }}: {{ $amount }} is above
            {{- printf " resourceQuota.hard.%s.%s: %s," $kind $resource $hard }} so no pod could start;
            {{- " lower the first, or raise the second" }}
          {{- end }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
