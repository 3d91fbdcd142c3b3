{{/*
microservice.problems.blocks: null for a block removes all its defaults, which is
never intended. A block is also missing where --reuse-values keeps the defaults of an older
chart, which did not have it.
*/}}
{{- define "microservice.problems.blocks" -}}
  {{- range $block, $instead := dict
    "autoscaling" "autoscaling.enabled: false"
    "config" "config.data: {}"
    "httpRoute" "httpRoute.enabled: false"
    "image" "image.repository and image.tag"
    "ingress" "ingress.enabled: false"
    "migration" "migration.enabled: false"
    "metrics" "metrics.rules: []"
    "networkPolicy" "networkPolicy.enabled: false"
    "podDisruptionBudget" "podDisruptionBudget.enabled: false"
    "ports" "ports.http.enabled: false"
    "rbac" "rbac.rules: []"
    "resources" "resources.limits: null"
    "secret" "secret.data: {}"
    "service" "service.enabled: false"
    "serviceAccount" "serviceAccount.create: false"
    "shutdown" "shutdown.drainSeconds: 0"
    "strategy" "strategy.type: Recreate"
    "tests" "tests.enabled: false"
    "volumes" "volumes.tmp.enabled: false" }}
    {{- if kindIs "invalid" (index $.Values $block) }}
      {{ $block }}: null removes all its defaults; delete the line, or set what you mean, such as {{ $instead }}
      {{- " (nobody wrote null? use --reset-then-reuse-values, not --reuse-values)" }}
    {{- end }}
  {{- end }}
{{- end -}}
