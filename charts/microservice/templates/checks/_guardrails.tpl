{{/*
microservice.problems.guardrails: guardrails have a mode, and switch off only rules
that exist. Where they enforce, risks are problems.
*/}}
{{- define "microservice.problems.guardrails" -}}
  {{- if or (kindIs "map" .Values.guardrails) (kindIs "map" (.Values.global).guardrails) }}
    {{- $settings := include "microservice.guardrails" . | fromJson }}
    {{- if not $settings.mode }}
      guardrails.mode is missing: set warn or enforce; a map replaces a word, such as guardrails: enforce, of another values file
    {{- end }}
    {{- $rules := regexFindAll "\\w+" (include "microservice.guardrails.rules" .) -1 }}
    {{- range $name := keys $settings.allow | sortAlpha }}
      {{- if not (has $name $rules) }}
        guardrails.allow: there is no rule {{ quote $name }}; a finding ends with the name of its rule, and README.md lists all
      {{- end }}
    {{- end }}
  {{- end }}
  {{- if eq (include "microservice.guardrails" . | fromJson).mode "enforce" }}
    {{- range include "microservice.risks" . | fromJsonArray }}
      guardrails: {{ . }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.risks: what works but is unsafe in production, as a JSON list of
sentences with key, remedy and rule, without what guardrails.allow accepts.
*/}}
{{- define "microservice.risks" -}}
  {{- $risks := list }}
  {{- $found := include "microservice.checked" (dict
    "root" .
    "files" (include "microservice.riskFiles" . | fromJsonArray)
    "kind" "risks"
    "run" "microservice.allRisks") }}
  {{- with include "microservice.lines" $found | fromJsonArray }}
    {{- $allow := (include "microservice.guardrails" $ | fromJson).allow }}
    {{- range . }}
      {{- $found := splitn ": " 2 . }}
      {{- if not (hasKey $allow $found._0) }}
        {{- $risks = printf "%s (to accept it: guardrails.allow.%s)" $found._1 $found._0 | append $risks }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- toJson $risks }}
{{- end -}}

{{/*
microservice.allRisks: one risk a line, after its rule.
*/}}
{{- define "microservice.allRisks" -}}
  {{- $found := include "microservice.serviceRisks" . }}
  {{- $found }}
  {{- if .entries }}
    {{- include "microservice.ofEntries" (dict "root" . "found" (include "microservice.lines" $found | fromJsonArray)) }}
  {{- end }}
{{- end -}}

{{- define "microservice.serviceRisks" -}}
  {{- include "microservice.risks.rollout" . }}
  {{- if has "guardrails_availability" .files }}{{ include "microservice.checks.guardrails_availability" . }}{{ end }}
  {{- include "microservice.risks.shutdown" . }}
  {{- include "microservice.risks.images" . }}
  {{- include "microservice.risks.resources" . }}
  {{- include "microservice.risks.exposure" . }}
  {{- include "microservice.risks.ingress" . }}
  {{- include "microservice.risks.secrets" . }}
  {{- include "microservice.inFiles" . }}
{{- end -}}
