{{/*
microservice.problems.pod: fields of podSpec that exclude or need each other, and what an
annotation of a pod costs to delete it (ValidatePodSpec and ValidatePodSpecificAnnotations
of Kubernetes; for overhead and nodeName the admission of pods).
*/}}
{{- define "microservice.problems.pod" -}}
  {{- range $key := list "commonAnnotations" "podAnnotations" }}
    {{- with get $.Values $key }}
      {{- $cost := index . "controller.kubernetes.io/pod-deletion-cost" }}
      {{- if and (kindIs "string" $cost) (not (regexMatch "^(0|-?[1-9][0-9]{0,9})$" $cost)) }}
        {{ $key }}["controller.kubernetes.io/pod-deletion-cost"]: {{ quote $cost }} must be a whole number, such as "100"
      {{- end }}
    {{- end }}
  {{- end }}
  {{- with .Values.podSpec }}
    {{- if eq (toString .hostUsers) "false" }}
      {{- range $field := list "hostNetwork" "hostPID" "hostIPC" }}
        {{- if index $.Values.podSpec $field }}
          podSpec.{{ $field }}: true excludes podSpec.hostUsers: false; remove one of them
        {{- end }}
      {{- end }}
      {{- $containers := dict "containerSpec" $.Values.containerSpec }}
      {{- $_ := include "microservice.collectContainers" $ }}
      {{- range $.containers }}
        {{- $_ := set $containers .key .container }}
      {{- end }}
      {{- range $key, $container := $containers }}
        {{- if ($container).volumeDevices }}
          {{ $key }}.volumeDevices: excludes podSpec.hostUsers: false; remove one of them
        {{- end }}
      {{- end }}
    {{- end }}
    {{- $addresses := dict }}
    {{- range $index, $alias := .hostAliases }}
      {{- $_ := set $addresses (printf "podSpec.hostAliases[%d].ip" $index) $alias.ip }}
    {{- end }}
    {{- range $index, $address := (.dnsConfig).nameservers }}
      {{- $_ := set $addresses (printf "podSpec.dnsConfig.nameservers[%d]" $index) $address }}
    {{- end }}
    {{- with $addresses }}{{ include "microservice.problems.addresses" . }}{{ end }}
    {{- if and .shareProcessNamespace .hostPID }}
      podSpec.hostPID: true excludes podSpec.shareProcessNamespace: true; remove one of them
    {{- end }}
    {{- if and (eq (toString .dnsPolicy) "None") (not (.dnsConfig).nameservers) }}
      podSpec.dnsPolicy: None needs podSpec.dnsConfig.nameservers; set them, such as [10.0.0.53]
    {{- end }}
    {{- if and .hostNetwork (eq (toString .dnsPolicy) "ClusterFirst") }}
      podSpec.dnsPolicy: ClusterFirst has no effect with podSpec.hostNetwork: true; remove it, or set Default for the node's DNS
    {{- end }}
    {{- if .hostnameOverride }}
      {{- range $field := list "hostNetwork" "setHostnameAsFQDN" }}
        {{- if index $.Values.podSpec $field }}
          podSpec.hostnameOverride: {{ $.Values.podSpec.hostnameOverride }} excludes podSpec.{{ $field }}: true; remove one of them
        {{- end }}
      {{- end }}
    {{- end }}
    {{- if and .overhead (not .runtimeClassName) }}
      podSpec.overhead has to be that of a RuntimeClass; remove it, or set podSpec.runtimeClassName
    {{- end }}
    {{- if and .nodeName .schedulingGates }}
      podSpec.nodeName: {{ .nodeName }} excludes podSpec.schedulingGates, which hold back the scheduler; remove one of them
    {{- end }}
    {{- range $index, $sysctl := ($.Values.podSecurityContext).sysctls }}
      {{- $name := replace "/" "." .name }}
      {{- range $field, $pattern := dict "hostNetwork" "^net\\." "hostIPC" "^(kernel\\.(shm|msg|sem$)|fs\\.mqueue\\.)" }}
        {{- if and (index $.Values.podSpec $field) (regexMatch $pattern $name) }}
          podSecurityContext.sysctls[{{ $index }}]: {{ $name }} is the node's own with podSpec.{{ $field }}: true; remove one of them
        {{- end }}
      {{- end }}
    {{- end }}
    {{- if (.os).name }}
      {{- include "microservice.problems.os" $ }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.os: nothing is set that the pods' operating system does not have
(validateLinux and validateWindows of Kubernetes).
*/}}
{{- define "microservice.problems.os" -}}
  {{- $contexts := dict
    "podSecurityContext" (include "microservice.podSecurityContext" . | fromJson)
    (include "microservice.mainContext" .) (include "microservice.securityContext" (dict "root" . "own" .Values.containerSecurityContext) | fromJson) }}
  {{- $_ := include "microservice.collectContainers" . }}
  {{- range .containers }}
    {{- $context := include "microservice.securityContext" (dict "root" $ "own" .container.securityContext) | fromJson }}
    {{- $_ := set $contexts (printf "%s.securityContext" .key) $context }}
  {{- end }}
  {{- $linux := dict }}
  {{- range $key, $context := $contexts }}
    {{- $linux = merge $linux (omit $context "runAsNonRoot" "windowsOptions") }}
    {{- if and (hasKey $context "windowsOptions") (eq $.Values.podSpec.os.name "linux") }}
      {{ $key }}.windowsOptions: excludes podSpec.os: {name: linux}; remove one of them
    {{- end }}
  {{- end }}
  {{- if eq .Values.podSpec.os.name "windows" }}
    {{- with keys $linux | sortAlpha }}
      podSpec.os: windows has no {{ join ", " . }}: set podSecurityStandard: privileged, and remove what a securityContext or
      {{- " podSecurityContext writes of it" }}
    {{- end }}
    {{- range $field := list "hostIPC" "hostPID" "hostUsers" "shareProcessNamespace" }}
      {{- $value := toString (index $.Values.podSpec $field) }}
      {{- if or (eq $value "true") (and (eq $value "false") (has $field (list "hostUsers" "shareProcessNamespace"))) }}
        podSpec.{{ $field }}: {{ $value }} excludes podSpec.os: {name: windows}; remove it
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "microservice.checks.pod" -}}
  {{- include "microservice.problems.pod" . }}
{{- end -}}
