{{/*
namespace.problems.limits: the bounds of a LimitRange are in order, and those
of a claim include storage. The rules: Kubernetes, pkg/apis/core,
ValidateLimitRange.
*/}}
{{- define "namespace.problems.limits" -}}
  {{- range $type, $bounds := .Values.limitRange.limits }}
    {{- $below := dict }}
    {{- range $bound := list "min" "defaultRequest" "default" "max" }}
      {{- range $resource, $amount := get ($bounds | default dict) $bound | default dict }}
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
namespace.problems.quota: a container with the default resources fits into the quota.
*/}}
{{- define "namespace.problems.quota" -}}
  {{- $defaults := (.Values.limitRange.limits).Container | default dict }}
  {{- if and .Values.resourceQuota.enabled .Values.limitRange.enabled }}
    {{- range $kind, $default := dict "requests" "defaultRequest" "limits" "default" }}
      {{- range $resource, $amount := get $defaults $default | default dict }}
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
