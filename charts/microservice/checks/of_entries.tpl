{{/*
microservice.ofEntries: (dict "root" . "found" LIST): what these checks print for the
entries, without the lines that were found for the service: what an entry inherits as it
is. In the others the keys that an entry has are those of the entry: resources is
cronJobs.clean.resources.
*/}}
{{- define "microservice.ofEntries" -}}
  {{- $keys := "affinity|args|autoscaling|command|env|extraContainers|image|initContainers|livenessProbe|minReadySeconds|nodeSelector|podAnnotations" }}
  {{- $keys = printf "(%s|podDisruptionBudget|podLabels|ports|readinessProbe|replicaCount|resources|securityContext|shutdown" $keys }}
  {{- $keys = printf "%s|startupProbe|strategy|terminationGracePeriodSeconds|tolerations|volumes)" $keys }}
  {{- range $key, $entry := .root.entries }}
    {{- $text := "" }}
    {{- range .checks }}{{ $text = include . $entry.root | trim | printf "%s\n%s" $text }}{{ end }}
    {{- range trim $text | empty | ternary list (include "microservice.lines" $text | fromJsonArray) }}
      {{- if not (has . $.found) }}
        {{- $line := regexReplaceAll (printf " %s(\\.[a-zA-Z]|\\[[0-9]|: [0-9])" $keys) . (printf " %s.$1$2" $key) }}
        {{- $line = regexReplaceAll (printf "^([a-zA-Z]+: )?%s([.:\\[ ])" $keys) $line (printf "${1}%s.$2$3" $key) }}
        {{- if not (contains $key $line) }}
          {{- $line = regexReplaceAll "^([a-zA-Z]+: )?" $line (printf "${1}%s: " $key) }}
        {{- end }}
        {{- $line }}{{ print "\n" }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
