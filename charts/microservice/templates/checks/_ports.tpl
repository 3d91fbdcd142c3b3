{{/*
microservice.problems.ports: mainPort names a port that is declared, and a
port has a number that it shares with none of its kind. A container's ports are
apart from another container's; those of the node and the Service are not. A
name is one port's of all containers, and one of the Service.
*/}}
{{- define "microservice.problems.ports" -}}
{{- $problems := list -}}
{{- $ports := include "microservice.ports" . | fromJson -}}
{{- if and .Values.mainPort (not (hasKey $ports .Values.mainPort)) -}}
{{- $problems = append $problems (printf "mainPort: %s is none of the ports declared under ports (%s)" .Values.mainPort (keys $ports | sortAlpha | join ", " | default "none")) -}}
{{- end -}}
{{- range $name, $port := $ports -}}
{{- if not $port.containerPort -}}
{{- $problems = append $problems (printf "ports.%s has no containerPort: write the port that the process listens on" $name) -}}
{{- end -}}
{{- end -}}
{{- $seen := dict -}}
{{- if or (gt (len $ports) 1) .Values.service.extraPorts .Values.initContainers .Values.extraContainers (contains "nodePort" (toJson $ports)) -}}
{{- $several := gt (len (include "microservice.servicePorts" . | fromJsonArray)) 1 -}}
{{- range $entry := include "microservice.allPorts" . | fromJsonArray -}}
{{- range $field := list "containerPort" "hostPort" "servicePort" "nodePort" -}}
{{- with get $entry.port $field -}}
{{- $slot := printf "%s %d/%s" $field (int64 .) ($entry.port.protocol | default "TCP") -}}
{{- $place := printf "%s %s" $slot (eq $field "containerPort" | ternary $entry.container "") -}}
{{- with get $seen $place -}}
{{- $problems = append $problems (printf "%s and %s both have %s: give each its own, or take one away" . $entry.key $slot) -}}
{{- end -}}
{{- $_ := set $seen $place $entry.key -}}
{{- end -}}
{{- end -}}
{{- range $field := list "containerPort" "servicePort" -}}
{{- if and (get $entry.port $field) $entry.port.name -}}
{{- $place := printf "%s of the name %s" $field $entry.port.name -}}
{{- with get $seen $place -}}
{{- $problems = append $problems (printf "%s and %s are both named %s: give each a name of its own" . $entry.key $entry.port.name) -}}
{{- end -}}
{{- $_ := set $seen $place $entry.key -}}
{{- end -}}
{{- end -}}
{{- if and $entry.port.servicePort $several (not $entry.port.name) -}}
{{- $problems = append $problems (printf "%s has no name: a Service with several ports needs one for each, such as name: metrics" $entry.key) -}}
{{- end -}}
{{- if and $entry.port.nodePort (not $entry.port.servicePort) -}}
{{- $problems = append $problems (printf "%s.nodePort: %d needs a servicePort beside it, or the port is not on the Service" $entry.key (int64 $entry.port.nodePort)) -}}
{{- else if and $entry.port.nodePort (has (toString $.Values.service.type) (list "ClusterIP" "<nil>")) -}}
{{- $problems = append $problems (printf "%s.nodePort: %d needs service.type: NodePort or LoadBalancer" $entry.key (int64 $entry.port.nodePort)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
