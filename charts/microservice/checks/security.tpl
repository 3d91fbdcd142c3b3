{{/*
microservice.problems.security: no container has both runAsNonRoot and user 0. The
message names where each is set: the container, securityContext,
podSecurityContext or podSecurityStandard. Then what ValidateSecurityContext and
validateWindowsHostProcessPod of Kubernetes refuse.
*/}}
{{- define "microservice.problems.security" -}}
  {{- $written := pick .Values "securityContext" "containerSecurityContext" "podSecurityContext" "initContainers" "extraContainers" | toJson }}
  {{- if contains `"runAsUser":0` $written }}
    {{- $standard := eq (toString .Values.podSecurityStandard) "restricted" | ternary "podSecurityStandard: restricted" "" }}
    {{- range $key, $found := include "microservice.securityContexts" . | fromJson }}
      {{- if and $found.context.runAsNonRoot (eq (toString $found.context.runAsUser) "0") }}
        {{- $user := "podSecurityContext" }}
        {{- $rule := $standard | default "podSecurityContext" }}
        {{- range $layer := list (dict "securityContext" $.Values.securityContext) (dict $key $found.own) }}
          {{- range $where, $written := $layer }}
            {{- if eq (toString ($written).runAsUser) "0" }}
              {{- $user = $where }}
            {{- end }}
            {{- if ($written).runAsNonRoot }}
              {{- $rule = $where }}
            {{- end }}
          {{- end }}
        {{- end }}
        {{ $user }}.runAsUser: 0 is root, which runAsNonRoot of {{ $rule }} forbids; set another user, or runAsNonRoot: false
      {{- end }}
    {{- end }}
  {{- end }}
  {{- $checked := or (contains "allowPrivilegeEscalation" $written) (contains "Unmasked" $written) }}
  {{- if or $checked (contains "localhostProfile" $written) (contains "hostProcess" $written) (contains "runAsUserName" $written) }}
    {{- $contexts := dict "podSecurityContext" (include "microservice.podSecurityContext" . | fromJson) }}
    {{- range $key, $found := include "microservice.securityContexts" . | fromJson }}
      {{- $_ := set $contexts $key $found.context }}
    {{- end }}
    {{- $host := toString ($contexts.podSecurityContext.windowsOptions).hostProcess }}
    {{- $processes := without (list $host) "<nil>" }}
    {{- $where := list }}
    {{- range $key, $context := $contexts }}
      {{- $full := or $context.privileged (has "CAP_SYS_ADMIN" ($context.capabilities).add) }}
      {{- if and $full (eq (toString $context.allowPrivilegeEscalation) "false") }}
        {{ $key }}.allowPrivilegeEscalation: false excludes privileged: true and CAP_SYS_ADMIN; remove one of them
      {{- end }}
      {{- if and (eq (toString $context.procMount) "Unmasked") (ne (toString ($.Values.podSpec).hostUsers) "false") }}
        {{ $key }}.procMount: Unmasked needs podSpec.hostUsers: false
      {{- end }}
      {{- with ($context.seccompProfile).localhostProfile }}
        {{- if regexMatch "^/|(^|/)\\.\\.(/|$)" . }}
          {{ $key }}.seccompProfile.localhostProfile: {{ quote . }} must be a path below the kubelet's folder of profiles, without
          {{- " / at its start and without .." }}
        {{- end }}
      {{- end }}
      {{- $user := toString ($context.windowsOptions).runAsUserName | splitList "\\" | last }}
      {{- if gt (len $user) 104 }}
        {{ $key }}.windowsOptions.runAsUserName: {{ $user }} has {{ len $user }} characters; a user's name may have 104
      {{- end }}
      {{- $process := toString ($context.windowsOptions).hostProcess }}
      {{- if and (eq $process "true") (not ($.Values.podSpec).hostNetwork) }}
        {{ $key }}.windowsOptions.hostProcess: true needs podSpec.hostNetwork: true
      {{- end }}
      {{- if ne $process "<nil>" }}{{ $where = append $where $key }}{{ end }}
      {{- if ne $key "podSecurityContext" }}
        {{- $processes = append $processes (without (list $process $host "false") "<nil>" | first) }}
      {{- end }}
    {{- end }}
    {{- if gt (len (uniq $processes)) 1 }}
      {{ last $where }}.windowsOptions.hostProcess: has to be the same in every container; set it in podSecurityContext alone
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.problems.profiles: annotations of the pods that were the form of AppArmor and
seccomp profiles name a container, have a value that there is, and agree with the fields
(ValidateAppArmorPodAnnotations and ValidateSeccompPodAnnotations of Kubernetes).
*/}}
{{- define "microservice.problems.profiles" -}}
  {{- $written := pick .Values "commonAnnotations" "podAnnotations" }}
  {{- $json := toJson $written }}
  {{- if or (contains "apparmor.security.beta" $json) (contains "seccomp.security.alpha" $json) }}
    {{- $found := include "microservice.securityContexts" . | fromJson }}
    {{- $contexts := dict ((.Values.containerSpec).name | default (include "microservice.name" .)) (index $found (include "microservice.mainContext" .)).context }}
    {{- $_ := include "microservice.collectContainers" . }}
    {{- range .containers }}
      {{- $_ := set $contexts .container.name (index $found (printf "%s.securityContext" .key)).context }}
    {{- end }}
    {{- $pod := include "microservice.podSecurityContext" . | fromJson }}
    {{- $types := dict "runtime/default" "RuntimeDefault" "docker/default" "RuntimeDefault" "unconfined" "Unconfined" }}
    {{- range $key, $annotations := $written }}
      {{- range $annotation, $value := $annotations }}
        {{- $place := printf "%s[%q]" $key $annotation }}
        {{- $field := "" }}
        {{- $set := "" }}
        {{- if hasPrefix "container.apparmor.security.beta.kubernetes.io/" $annotation }}
          {{- $field = "appArmorProfile" }}
          {{- $context := get $contexts (base $annotation) }}
          {{- $set = (index (merge dict ($context | default dict) $pod) $field).type }}
          {{- if not $context }}
            {{ $place }}: no container is called {{ base $annotation }}; remove it, or write appArmorProfile in a securityContext
          {{- end }}
        {{- else if hasPrefix "container.seccomp.security.alpha.kubernetes.io/" $annotation }}
          {{- $field = "seccompProfile" }}
          {{- $set = (index (get $contexts (base $annotation) | default dict) $field).type }}
        {{- else if eq $annotation "seccomp.security.alpha.kubernetes.io/pod" }}
          {{- $field = "seccompProfile" }}
          {{- $set = (index $pod $field).type }}
        {{- end }}
        {{- if and $field $value }}
          {{- $type := hasPrefix "localhost/" $value | ternary "Localhost" (get $types $value) }}
          {{- if not $type }}
            {{ $place }}: {{ quote $value }} is not a profile (runtime/default, unconfined or localhost/<path>); remove it, or
            {{- printf " write %s in a securityContext" $field }}
          {{- else if and $set (ne $set $type) }}
            {{ $place }}: {{ quote $value }} conflicts with {{ $field }}: {type: {{ $set }}}; remove the annotation
          {{- end }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.securityContexts: what every container runs with, as a JSON map of
the key where it is written -> {"own": as written there, "context": the result,
laid over the pod's user}. That of the main container has the key microservice.mainContext.
*/}}
{{- define "microservice.securityContexts" -}}
  {{- $own := dict (include "microservice.mainContext" .) .Values.containerSecurityContext -}}
  {{- range $kind := list "initContainers" "extraContainers" -}}
    {{- range $index, $container := index $.Values $kind -}}
      {{- $_ := set $own (printf "%s[%d].securityContext" $kind $index) $container.securityContext -}}
    {{- end -}}
  {{- end -}}
  {{- $pod := pick (include "microservice.podSecurityContext" . | fromJson) "runAsUser" "runAsNonRoot" -}}
  {{- $contexts := dict -}}
  {{- range $key, $layer := $own -}}
    {{- $context := include "microservice.securityContext" (dict "root" $ "own" $layer) | fromJson -}}
    {{- $context = include "microservice.merged" (list $pod $context) | fromJson -}}
    {{- $_ := set $contexts $key (dict "own" $layer "context" $context) -}}
  {{- end -}}
  {{- toJson $contexts -}}
{{- end -}}

{{- define "microservice.checks.security" -}}
  {{- include "microservice.problems.security" . }}
  {{- include "microservice.problems.profiles" . }}
{{- end -}}
