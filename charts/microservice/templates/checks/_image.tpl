{{/*
microservice.problems.image: which image to run only the user can know, and
what a registry's Secret is called.
*/}}
{{- define "microservice.problems.image" -}}
  {{- if not .Values.image.repository }}
    image.repository is missing: say which image to run, such as --set image.repository=myrepo/api
  {{- end }}
  {{- if not (or .Values.image.tag .Values.image.digest) }}
    image.tag is missing: say which version of the image to run, such as --set-string image.tag=1.2.3, or give image.digest
  {{- end }}
  {{- $tests := .Values.tests.image | default dict }}
  {{- if and .Values.tests.enabled (not (and $tests.repository (or $tests.tag $tests.digest))) }}
    tests.image: write which image to test with, such as {repository: busybox, tag: 1.37.0}, or tests.enabled: false
  {{- end }}
  {{- range $index, $entry := (.Values.global).imagePullSecrets }}
    {{- if or (not $entry) (and (kindIs "map" $entry) (not $entry.name)) }}
      global.imagePullSecrets[{{ $index }}] has no name: write {name: regcred}, or regcred alone
    {{- end }}
  {{- end }}
{{- end -}}
