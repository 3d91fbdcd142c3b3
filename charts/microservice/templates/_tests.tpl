{{/*
microservice.testContainers: the containers of the pod that `helm test` runs, as a
JSON list: one for each TCP port of the Services, which asks it at the Service's DNS
name. The port that the readiness probe asks by HTTP has to answer the probe's path
with a success; any other has to accept a connection. No UDP or SCTP port can be
asked like this. The list is empty without a Service, and for a headless one, whose
name leads past its ports.
*/}}
{{- define "microservice.testContainers" -}}
  {{- if not .testContainers -}}
    {{- $list := list -}}
    {{- if .Values.tests.enabled -}}
      {{- $base := include "microservice.testContainer" . | fromJson -}}
      {{- $ports := include "microservice.ports" . | fromJson -}}
      {{- $probe := (include "microservice.readinessProbe" . | fromJson).httpGet | default dict -}}
      {{- $asked := (get $ports (toString $probe.port) | default dict).containerPort | default $probe.port | toString -}}
      {{- range $service := include "microservice.services" . | fromJsonArray -}}
        {{- $host := printf "%s.%s.svc" .name $.Release.Namespace -}}
        {{- range eq (toString .written.clusterIP) "None" | ternary list .ports -}}
          {{- if include "microservice.isTCP" . -}}
            {{- $target := .targetPort | default .port | toString -}}
            {{- $target = (get $ports $target | default dict).containerPort | default $target | toString -}}
            {{- $args := list (printf "%s:%v" $host .port) -}}
            {{- if and (eq $target $asked) (not $probe.host) (ne (toString $probe.scheme) "HTTPS") -}}
              {{- $args = concat $args (list "wget" "-q" "-O" "/dev/null") -}}
              {{- range $probe.httpHeaders -}}
                {{- $args = concat $args (list "--header" (printf "%s: %s" .name .value)) -}}
              {{- end -}}
              {{- $args = append $args (printf "http://%s:%v/%s" $host .port ($probe.path | default "" | trimPrefix "/")) -}}
            {{- else -}}
              {{- $args = concat $args (list "nc" "-w" "2" $host (toString .port)) -}}
            {{- end -}}
            {{- /* In arguments Kubernetes reads $$ as $. */ -}}
            {{- $args = toJson $args | replace "$" "$$" | fromJsonArray -}}
            {{- $name := printf "%s-%v" $service.name .port | include "microservice.shortened" -}}
            {{- if eq $service.key "service" }}{{ $name = .name | default "port" }}{{ end -}}
            {{- $list = append $list (merge (dict "name" $name "args" $args) $base) -}}
          {{- end -}}
        {{- end -}}
      {{- end -}}
    {{- end -}}
    {{- $_ := set . "testContainers" (toJson $list) -}}
  {{- end -}}
  {{- .testContainers -}}
{{- end -}}

{{/*
microservice.testContainer: what these containers have in common, as JSON.
*/}}
{{- define "microservice.testContainer" -}}
  {{- include "microservice.testRoot" . -}}
  {{- $container := dict
    "image" (include "microservice.imageReference" (dict "root" . "image" .Values.tests.image))
    "command" (list "sh" "-c" (include "microservice.testScript" .))
    "resources" (include "microservice.resources" .test | fromJson)
    "securityContext" (include "microservice.securityContext" (dict "root" .test) | fromJson) -}}
  {{- with .Values.tests.image.pullPolicy }}{{ $_ := set $container "imagePullPolicy" . }}{{ end -}}
  {{- toJson $container -}}
{{- end -}}

{{/*
microservice.testScript: runs the command in its arguments until it succeeds, for
two minutes at most. $0 is what to print. Not every busybox has nc -z or wget -T.
*/}}
{{- define "microservice.testScript" -}}
for try in 1 2 3 4 5 6 7 8 9 10; do
  if timeout 9 "$@" </dev/null >/dev/null; then echo "ok: $0"; exit; fi
  sleep 2
done
echo "failed: $0"
exit 1
{{- end -}}

{{/*
microservice.testRoot: the root -> nothing; keeps in it, as "test", the root of the test
pod: an entry (microservice.entryBase) with the service's placement and nothing else of
its pod; by its labels others might take it for one that serves. It only opens
connections, so it is restricted whatever the service may do; of the service's contexts it
has the user and groups, unless they are root's.
*/}}
{{- define "microservice.testRoot" -}}
  {{- if not .test -}}
    {{- $values := dict
      "podSecurityStandard" "restricted"
      "resources" .Values.tests.resources
      "podAnnotations" dict
      "podLabels" dict
      "podSpec" dict
      "env" dict
      "volumes" dict
      "topologySpreadConstraints" list -}}
    {{- range $key := list "securityContext" "podSecurityContext" -}}
      {{- $context := pick (index $.Values $key) "runAsUser" "runAsGroup" "fsGroup" -}}
      {{- range $field, $id := $context -}}
        {{- if eq (toString $id) "0" }}{{ $_ := unset $context $field }}{{ end -}}
      {{- end -}}
      {{- $_ := set $values $key $context -}}
    {{- end -}}
    {{- $root := dict "component" "test" -}}
    {{- include "microservice.derive" (dict "into" $root "root" . "over" $values) -}}
    {{- include "microservice.entryBase" (dict "values" $root.Values "root" . "component" "test" "entry" .Values.tests "job" true) -}}
    {{- $_ := set . "test" $root -}}
  {{- end -}}
{{- end -}}

{{/*
microservice.testDefaults: what values.yaml says of the test pod, as JSON.
*/}}
{{- define "microservice.testDefaults" -}}
  {"resources":{"limits":{"cpu":"500m","memory":"128Mi"},"requests":{"cpu":"100m","memory":"128Mi"}}}
{{- end -}}
