{{/*
microservice.lazily: (dict "root" . "run" TEMPLATE "files" LIST) -> what a template prints that
is in files of lazy/, which Helm does not parse at each render. Each call parses them again.
*/}}
{{- define "microservice.lazily" -}}
  {{- $texts := list -}}
  {{- range .files }}{{ $texts = $.root.Files.Get (printf "lazy/%s.tpl" .) | append $texts }}{{ end -}}
  {{- tpl (printf "{{ include %q . }}" .run | append $texts | join "") .root -}}
{{- end -}}
