{{/*
namespace.problems.limits: the bounds of a LimitRange are in order, and a
claim's say something of its size. As the API server has it: pkg/apis/core,
ValidateLimitRange.
*/}}
{{- define "namespace.problems.limits" -}}
{{- $problems := list -}}
{{- range $type, $bounds := .Values.limitRange.limits -}}
{{- $below := dict -}}
{{- range $bound := list "min" "defaultRequest" "default" "max" -}}
{{- range $resource, $amount := get ($bounds | default dict) $bound | default dict -}}
{{- if not (kindIs "invalid" $amount) -}}
{{- $amount = toJson $amount | trimAll "\"" -}}
{{- $key := printf "limitRange.limits.%s.%s.%s" $type $bound $resource -}}
{{- $lower := get $below $resource -}}
{{- if and $lower (include "namespace.exceeds" (list (index $lower 1) $amount)) -}}
{{- $problems = append $problems (printf "%s: %s is above %s: %s; lower the first, or raise the second" (index $lower 0) (index $lower 1) $key $amount) -}}
{{- end -}}
{{- $_ := set $below $resource (list $key $amount) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and (eq $type "PersistentVolumeClaim") $bounds (not $below.storage) -}}
{{- $problems = append $problems "limitRange.limits.PersistentVolumeClaim has no storage: write max or min, such as max: {storage: 50Gi}" -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{/*
namespace.problems.quota: a container that says nothing fits into the quota.
*/}}
{{- define "namespace.problems.quota" -}}
{{- $problems := list -}}
{{- $defaults := (.Values.limitRange.limits).Container | default dict -}}
{{- if and .Values.resourceQuota.enabled .Values.limitRange.enabled -}}
{{- range $kind, $default := dict "requests" "defaultRequest" "limits" "default" -}}
{{- range $resource, $amount := get $defaults $default | default dict -}}
{{- $hard := index ($.Values.resourceQuota.hard | default dict) (printf "%s.%s" $kind $resource) -}}
{{- if not (or (kindIs "invalid" $hard) (kindIs "invalid" $amount)) -}}
{{- $amount = toJson $amount | trimAll "\"" -}}
{{- $hard = toJson $hard | trimAll "\"" -}}
{{- if include "namespace.exceeds" (list $amount $hard) -}}
{{- $problems = append $problems (printf "limitRange.limits.Container.%s.%s: %s is above resourceQuota.hard.%s.%s: %s, so that no pod could start; lower the first, or raise the second" $default $resource $amount $kind $resource $hard) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
