{{/*
microservice.problems.image: the image to run has no default, an image has one
whole digest, and a registry's Secret needs a name.
*/}}
{{- define "microservice.problems.image" -}}
  {{- if not .Values.image.repository }}
    image.repository is missing: set the image to run, such as --set image.repository=myrepo/api
  {{- end }}
  {{- if not (or .Values.image.tag .Values.image.digest) }}
    image.tag is missing: set the version of the image to run, such as --set-string image.tag=1.2.3, or image.digest
  {{- end }}
  {{- $tests := .Values.tests.image | default dict }}
  {{- if and .Values.tests.enabled (not (and $tests.repository (or $tests.tag $tests.digest))) }}
    tests.image is incomplete: set the image to test with, such as {repository: busybox, tag: 1.37.0}, or tests.enabled: false
  {{- end }}
  {{- range $key, $image := dict "image" .Values.image "tests.image" $tests }}
    {{- $parts := splitList "@" (toString $image.tag) }}
    {{- if gt (len (first $parts)) 128 }}
      {{ $key }}.tag: {{ first $parts }} has {{ len (first $parts) }} characters; a tag may have 128
    {{- end }}
    {{- range append (rest $parts) $image.digest | compact }}
      {{- if ne (len .) 71 }}
        {{ $key }}: {{ . }} is not a digest: 64 digits after sha256:
      {{- end }}
    {{- end }}
    {{- if and $image.digest (contains "@" (toString $image.tag)) (not (hasSuffix $image.digest $image.tag)) }}
      {{ $key }}.tag: {{ $image.tag }} and {{ $key }}.digest: {{ $image.digest }} are two images: remove the digest of one
    {{- end }}
  {{- end }}
  {{- range $index, $entry := (.Values.global).imagePullSecrets }}
    {{- if or (not $entry) (and (kindIs "map" $entry) (not $entry.name)) }}
      global.imagePullSecrets[{{ $index }}] has no name: set {name: regcred}, or just regcred
    {{- end }}
  {{- end }}
{{- end -}}
