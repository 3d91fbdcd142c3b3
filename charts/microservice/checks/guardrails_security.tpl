{{/*
microservice.risks.security: containers have no more access to their node than they
need. The default standard is only checked where values override it.
*/}}
{{- define "microservice.risks.security" -}}
  {{- with .Values }}
    {{- $restricted := eq (toString .podSecurityStandard) "restricted" }}
    {{- $pod := dict "key" "podSecurityContext" "own" .podSecurityContext }}
    {{- if or (not $restricted) .securityContext .containerSecurityContext .podSecurityContext .initContainers .extraContainers }}
      {{- $context := include "microservice.podSecurityContext" $ | fromJson }}
      {{- $layers := list $pod (dict "key" "securityContext" "own" .securityContext) }}
      {{- $_ := include "microservice.collectContainers" $ }}
      {{- range $container := prepend $.containers (dict "container" (dict "securityContext" .containerSecurityContext)) }}
        {{- $own := $container.container.securityContext }}
        {{- $key := $container.key | empty | ternary "containerSecurityContext" (printf "%s.securityContext" $container.key) }}
        {{- include "microservice.risks.context" (dict
          "pod" $context
          "context" (include "microservice.securityContext" (dict "root" $ "own" $own) | fromJson)
          "layers" (append $layers (dict "key" $key "own" $own))
          "complete" (ne (toString (($.Values.podSpec).os).name) "windows")
          "restricted" $restricted) }}
      {{- end }}
    {{- end }}
    {{- include "microservice.risks.podContext" $pod }}
  {{- end }}
{{- end -}}

{{/*
microservice.risks.context: (dict "pod" CONTEXT "context" CONTEXT "layers" LIST
"complete" BOOL "restricted" BOOL) -> the risks of a container's security context:
what the Pod Security Standards forbid, and more if it is to be restricted. The
layers, each {"key", "own"}, are what was written for it, the last one first in
effect; with "complete" what nobody wrote is a risk too. The capabilities below are
those that the standard baseline allows.
*/}}
{{- define "microservice.risks.context" -}}
  {{- $inherited := pick .pod "appArmorProfile" "runAsGroup" "runAsNonRoot" "runAsUser" "seccompProfile" "seLinuxOptions" "windowsOptions" }}
  {{- $context := include "microservice.merged" (list $inherited .context) | fromJson }}
  {{- $at := dict }}
  {{- range $layer := .layers }}
    {{- range $field, $_ := $layer.own }}{{ $_ := set $at $field $layer.key }}{{ end }}
  {{- end }}
  {{- $added := list }}
  {{- range ($context.capabilities).add }}{{ $added = append $added (upper . | trimPrefix "CAP_") }}{{ end }}
  {{- range list "AUDIT_WRITE" "CHOWN" "DAC_OVERRIDE" "FOWNER" "FSETID" "KILL" "MKNOD" "NET_BIND_SERVICE" "SETFCAP" "SETGID" "SETPCAP"
    "SETUID" "SYS_CHROOT" }}
    {{- $added = without $added . }}
  {{- end }}
  {{- $free := or $context.privileged (has "SYS_ADMIN" $added) }}
  {{- if $context.privileged }}
    privileged: {{ $at.privileged }}.privileged: true gives full access to the node; add only the capabilities that are needed
  {{- end }}
  {{- with $added }}
    capabilities: {{ $at.capabilities }}.capabilities.add: {{ join ", " . }} can give access to the node or its network; remove what is not
    {{- " needed" }}
  {{- end }}
  {{- if and .restricted .complete (not $free) (not (has "ALL" ($context.capabilities).drop)) }}
    capabilities: {{ $at.capabilities }}.capabilities.drop: without ALL the container keeps capabilities that
    {{- " it may not need; set [ALL]" }}
  {{- end }}
  {{- if and (not $free) (or $context.allowPrivilegeEscalation (and .complete (ne (toString $context.allowPrivilegeEscalation) "false"))) }}
    privilegeEscalation: {{ $at.allowPrivilegeEscalation | default "securityContext" }}.allowPrivilegeEscalation: unless it is false, a process
    {{- " can become root by a setuid program; set false" }}
  {{- end }}
  {{- range $profile := list "seccompProfile" "appArmorProfile" }}
    {{- if eq (toString (get $context $profile | default dict).type) "Unconfined" }}
      unconfined: {{ get $at $profile }}.{{ $profile }}.type: Unconfined switches this protection off; set RuntimeDefault
    {{- end }}
  {{- end }}
  {{- if and .complete (not $free) (not $context.seccompProfile) }}
    unconfined: {{ $at.seccompProfile | default "podSecurityContext" }}.seccompProfile: without one every system call is allowed; set type:
    {{- " RuntimeDefault" }}
  {{- end }}
  {{- if eq (toString $context.runAsUser) "0" }}
    rootUser: {{ $at.runAsUser }}.runAsUser: 0 is root; set the number of another user
  {{- else if and .complete (not (or $context.runAsNonRoot $context.runAsUser)) }}
    rootUser: {{ $at.runAsNonRoot | default $at.runAsUser | default "securityContext" }}: the container may run as root; set runAsNonRoot: true, and
    {{- " runAsUser if the image's user is not a number" }}
  {{- end }}
  {{- if eq (toString $context.runAsGroup) "0" }}
    rootGroup: {{ $at.runAsGroup }}.runAsGroup: 0 can read and write files of the group root; set another group
  {{- end }}
  {{- if or (eq (toString $context.readOnlyRootFilesystem) "false") (and .restricted .complete (not $context.readOnlyRootFilesystem)) }}
    writableRoot: {{ $at.readOnlyRootFilesystem }}.readOnlyRootFilesystem: unless it is true, an intruder can change the
    {{- " program; set true, and volumes for what it writes" }}
  {{- end }}
  {{- if eq (toString $context.procMount) "Unmasked" }}
    procMount: {{ $at.procMount }}.procMount: Unmasked shows the kernel's settings to the container; remove it
  {{- end }}
  {{- with $context.seLinuxOptions }}
    {{- $types := list "<nil>" "" "container_t" "container_init_t" "container_kvm_t" "container_engine_t" }}
    {{- if or .user .role (not (has (toString .type) $types)) }}
      seLinuxOptions: {{ $at.seLinuxOptions }}.seLinuxOptions: a user, a role, or a type other than container_t can lift SELinux's
      {{- " protection; remove it" }}
    {{- end }}
  {{- end }}
  {{- if ($context.windowsOptions).hostProcess }}
    hostProcess: {{ $at.windowsOptions }}.windowsOptions.hostProcess: true gives full access to the node; remove it
  {{- end }}
{{- end -}}

{{/*
microservice.risks.podContext: {"key", "own"} -> the risks of what only a pod's
security context has. The sysctls are those that the Pod Security Standards allow.
*/}}
{{- define "microservice.risks.podContext" -}}
  {{- $key := .key }}
  {{- with .own }}
    {{- if or (eq (toString .fsGroup) "0") (has "0" (toStrings .supplementalGroups)) }}
      rootGroup: {{ $key }}: the group 0 of fsGroup or supplementalGroups can read and write files of root; set another group
    {{- end }}
    {{- range .sysctls }}
      {{- if not (has .name (list "kernel.shm_rmid_forced" "net.ipv4.ip_local_port_range" "net.ipv4.ip_unprivileged_port_start"
        "net.ipv4.tcp_syncookies" "net.ipv4.ping_group_range" "net.ipv4.ip_local_reserved_ports" "net.ipv4.tcp_keepalive_time"
        "net.ipv4.tcp_fin_timeout" "net.ipv4.tcp_keepalive_intvl" "net.ipv4.tcp_keepalive_probes" "net.ipv4.tcp_rmem" "net.ipv4.tcp_wmem")) }}
        sysctls: {{ $key }}.sysctls: {{ .name }} can affect other pods of the node; remove it
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.risks.pod: the pod is apart from its node and from other pods there.
*/}}
{{- define "microservice.risks.pod" -}}
  {{- include "microservice.risks.podFields" (dict "key" "podSpec" "spec" .Values.podSpec) }}
  {{- if (.Values.podSpec).shareProcessNamespace }}
    sharedProcesses: podSpec.shareProcessNamespace: true lets containers read each other's memory and files; remove it
  {{- end }}
  {{- range $key, $annotations := dict "podAnnotations" .Values.podAnnotations "commonAnnotations" .Values.commonAnnotations }}
    {{- range $name, $value := $annotations }}
      {{- if and (hasPrefix "container.apparmor.security.beta.kubernetes.io/" $name) (eq (toString $value) "unconfined") }}
        unconfined: {{ $key }}: {{ $name }}: unconfined switches AppArmor off; remove it
      {{- end }}
    {{- end }}
  {{- end }}
  {{- range $name, $volume := .Values.volumes }}
    {{- if and ($volume).hostPath (not (include "microservice.isDisabled" $volume)) }}
      hostPath: volumes.{{ $name }}.hostPath mounts the node's file system; use another source, such as claim: {size: 1Gi}
    {{- end }}
  {{- end }}
  {{- if contains "hostPort" (pick .Values "ports" "initContainers" "extraContainers" | toJson) }}
    {{- range $entry := include "microservice.allPorts" . | fromJsonArray }}
      {{- with $entry.port.hostPort }}
        hostPort: {{ $entry.key }}.hostPort: {{ int64 . }} allows one pod per node, and can bypass NetworkPolicies; use a Service of type
        {{- " NodePort or LoadBalancer" }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- if hasPrefix "system-" (toString .Values.priorityClassName) }}
    systemPriority: priorityClassName: {{ .Values.priorityClassName }} evicts the cluster's own pods; use a class of your own
  {{- end }}
  {{- range .Values.tolerations }}
    {{- if not (or .key (has .effect (list "NoSchedule" "PreferNoSchedule"))) }}
      allTolerations: tolerations: an entry without key keeps pods on nodes that are broken or drained; name the taint's key
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.risks.podFields: (dict "key" KEY "spec" PODSPEC) -> namespaces that a pod
shares with its node.
*/}}
{{- define "microservice.risks.podFields" -}}
  {{- with .spec }}
    {{- range $field := list "hostNetwork" "hostPID" "hostIPC" }}
      {{- if index $.spec $field }}
        hostNamespaces: {{ $.key }}.{{ $field }}: true shares the node's namespace with the pod; remove it
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "microservice.checks.guardrails_security" -}}
  {{- include "microservice.risks.security" . }}
  {{- include "microservice.risks.pod" . }}
{{- end -}}
