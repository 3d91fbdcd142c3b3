{{/*
microservice.withFurther: (dict "root" . "block" "ingress" "further" "extraIngresses") -> the
objects of a block and of a map of further ones that are switched on, as a JSON list of
{"key": where each is written, "name": its name, "written": what is written there}.
*/}}
{{- define "microservice.withFurther" -}}
  {{- if not (get .root .further) -}}
    {{- $fullname := include "microservice.fullname" .root -}}
    {{- $list := list -}}
    {{- with index .root.Values .block -}}
      {{- if .enabled }}{{ $list = append $list (dict "key" $.block "name" $fullname "written" .) }}{{ end -}}
    {{- end -}}
    {{- range $name, $entry := index .root.Values .further -}}
      {{- if and (kindIs "map" $entry) (not (include "microservice.isDisabled" $entry)) -}}
        {{- $key := printf "%s.%s" $.further $name -}}
        {{- $list = append $list (dict "key" $key "name" (printf "%s-%s" $fullname $name) "written" $entry) -}}
      {{- end -}}
    {{- end -}}
    {{- $_ := toJson $list | set .root .further -}}
  {{- end -}}
  {{- get .root .further -}}
{{- end -}}
