{{/*
microservice.testContainers: what `helm test` asks, as a JSON list: a container
for each TCP port of the Service, at its DNS name. The port that the readiness
probe asks for a path has to answer that one with a success, and any other to
take a connection. UDP and SCTP have none that could be looked at. Empty where
there is no Service, or a headless one, whose name leads past its ports. In
arguments Kubernetes takes $$ for $.
*/}}
{{- define "microservice.testContainers" -}}
  {{- if not (hasKey . "microservice.testContainers") -}}
    {{- $list := list -}}
    {{- if and .Values.tests.enabled (ne (toString .Values.service.clusterIP) "None") -}}
      {{- $base := dict
        "image" (include "microservice.imageReference" (list . .Values.tests.image))
        "command" (list "sh" "-c" (include "microservice.testScript" .))
        "resources" (dict "requests" (dict "cpu" "10m" "memory" "16Mi") "limits" (dict "cpu" "100m" "memory" "64Mi"))
        "securityContext" (include "microservice.securityContext" (list . dict) | fromJson) -}}
      {{- with .Values.tests.image.pullPolicy }}{{ $_ := set $base "imagePullPolicy" . }}{{ end -}}
      {{- $ports := include "microservice.ports" . | fromJson -}}
      {{- $host := printf "%s.%s.svc" (include "microservice.fullname" .) .Release.Namespace -}}
      {{- $probe := (include "microservice.probe" (list . .Values.readinessProbe) | fromJson).httpGet | default dict -}}
      {{- $asked := (get $ports (toString $probe.port) | default dict).containerPort | default $probe.port | toString -}}
      {{- range include "microservice.servicePorts" . | fromJsonArray -}}
        {{- $target := .targetPort | default .port | toString -}}
        {{- $target = (get $ports $target | default dict).containerPort | default $target | toString -}}
        {{- $args := list "nc" "-w" "2" $host (toString .port) -}}
        {{- if and (eq $target $asked) (not $probe.host) (ne (toString $probe.scheme) "HTTPS") -}}
          {{- $args = list "wget" "-q" "-O" "/dev/null" -}}
          {{- range $probe.httpHeaders -}}
            {{- $args = concat $args (list "--header" (printf "%s: %s" .name .value)) -}}
          {{- end -}}
          {{- $args = append $args (printf "http://%s:%v/%s" $host .port ($probe.path | default "" | trimPrefix "/")) -}}
        {{- end -}}
        {{- if eq (.protocol | default "TCP") "TCP" -}}
          {{- $escaped := prepend $args (printf "%s:%v" $host .port) | toJson | replace "$" "$$" | fromJsonArray -}}
          {{- $list = append $list (merge (dict "name" (.name | default "port") "args" $escaped) $base) -}}
        {{- end -}}
      {{- end -}}
    {{- end -}}
    {{- $_ := set . "microservice.testContainers" (toJson $list) -}}
  {{- end -}}
  {{- get . "microservice.testContainers" -}}
{{- end -}}

{{/*
microservice.testScript: asks by its arguments, of which the first is only told,
until there is an answer, for two minutes at the most. Not every busybox has
nc -z or wget -T.
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
microservice.testSelectorMap: what finds the test pods, as a JSON map.
*/}}
{{- define "microservice.testSelectorMap" -}}
  {{- include "microservice.selectorMap" (dict "Values" .Values "Release" .Release "Chart" .Chart "component" "test") -}}
{{- end -}}
