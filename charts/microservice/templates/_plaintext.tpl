{{/*
microservice.collectTexts: (dict "into" {"variables", "texts"} "key" PREFIX "container"
MAP) -> nothing; adds what the container has of both: key -> name -> value, and key ->
text.
*/}}
{{- define "microservice.collectTexts" -}}
  {{- $into := .into }}
  {{- $key := .key }}
  {{- $lists := dict "env" .container.env }}
  {{- $texts := pick .container "command" "args" }}
  {{- $handlers := pick .container "startupProbe" "livenessProbe" "readinessProbe" }}
  {{- range $hook, $handler := pick (.container.lifecycle) "postStart" "preStop" }}
    {{- $_ := set $handlers (printf "lifecycle.%s" $hook) $handler }}
  {{- end }}
  {{- range $name, $handler := $handlers }}
    {{- $_ := set $texts (printf "%s.exec.command" $name) ((($handler).exec).command) }}
    {{- $_ := set $lists (printf "%s.httpGet.httpHeaders" $name) ((($handler).httpGet).httpHeaders) }}
  {{- end }}
  {{- range $name, $text := $texts }}
    {{- with $text }}{{ $_ := set $into.texts (print $key $name) (join "\n" .) }}{{ end }}
  {{- end }}
  {{- range $name, $list := $lists }}
    {{- with $list }}
      {{- $variables := dict }}
      {{- range . }}{{ $_ := set $variables .name .value }}{{ end }}
      {{- $_ := set $into.variables (print $key $name) $variables }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
microservice.secretName: a regular expression for names of secrets. What a name ends in
counts: PASSWORD_FILE and TOKEN_URL are none.
*/}}
{{- define "microservice.secretName" -}}
  (?i:passwor[dt]|passwd|passphrase|[_.-]pass|[_.-]pwd|secret|token|credentials?|httpHeaders\.authorization|secret_key_base
  {{- `|(?:api|secret|private|access|encryption|signing|master|auth|account|shared|hmac|ssh)[_.-]?key)` }}
{{- end -}}

{{/*
microservice.secretForm: a regular expression for what only secrets look like: a URL or
DSN with a password, a private key, and the tokens of well-known services.
*/}}
{{- define "microservice.secretForm" -}}
  [a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@?#"']*:[^\s/:@?#"'$<{*%[][^\s/@"']*@[^\s"'/]|\S+:[^\s:@/$<{*[]+@(?:tcp|unix)\(
  {{- `|(?i:[;?&\s](?:password|passwd|pwd|accountkey|sharedaccesskey|sig)=[^\s;&$<{*%('"]{3})` }}
  {{- `|-----BEGIN [A-Z0-9 ]*PRIVATE KEY|\beyJ[\w-]{9}[\w-]*\.eyJ|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_\w{9}|\bgithub_pat_\w{9}` }}
  {{- `|\bglpat-[\w-]{9}|\bxox[abeoprs]-[\w-]{9}|hooks\.slack\.com/services/T|\bAIza[\w-]{9}|\b[rs]k_live_\w{9}|\bnpm_\w{9}` }}
  {{- `|\bpypi-AgE|\bSG\.[\w-]{9}[\w-]*\.[\w-]{9}|\bsk-(?:ant|proj)-\w{9}|\bhvs\.[\w-]{9}|\bdop_v1_\w{9}` }}
{{- end -}}

{{/*
microservice.mayHaveForm: a text -> "true" where microservice.secretForm may match: each of
its forms has one of these. Most texts have none, and to compile that expression takes
longer than all other checks of a text.
*/}}
{{- define "microservice.mayHaveForm" -}}
  {{- include "microservice.hasAny" (list . "://" "@" "word=" "wd=" "key=" "sig=" "private key" "eyj" "akia" "asia" "ghp_" "gho_" "ghu_" "ghs_" "ghr_"
    "github_pat_" "glpat-" "xox" "hooks.slack.com" "aiza" "k_live_" "npm_" "pypi-" "sg." "sk-" "hvs." "dop_v1_") }}
{{- end -}}

{{/*
microservice.mayHaveName: a text -> "true" where microservice.secretName may match, as above.
*/}}
{{- define "microservice.mayHaveName" -}}
  {{- include "microservice.hasAny" (list . "pass" "pwd" "secret" "token" "credential" "authorization" "key") }}
{{- end -}}

{{/*
microservice.hasAny: (list TEXT WORD WORD ...) -> "true" where the text has one of the words,
which are in lower case.
*/}}
{{- define "microservice.hasAny" -}}
  {{- $text := first . | lower }}
  {{- range rest . }}{{ if contains . $text }}true{{ break }}{{ end }}{{ end }}
{{- end -}}

{{/*
microservice.noSecret: a regular expression for values that no secret has, whatever its
name: switches, counts, paths, URLs, and references to where the secret is.
*/}}
{{- define "microservice.noSecret" -}}
  ^(?i:true|false|yes|no|on|off|null|none|string|required|optional|enabled|disabled|x{4,}|\*+|redacted|[0-9]{1,2}|\.{0,2}/\S*
  {{- `|[a-z][a-z0-9+.-]*://.*|(?:arn|vault|bao|file|env|ssm|secretref|base64):\S*|ENC\[.*|ENC\(.*` }}
  {{- `|\w+\.[\w.]*(?:password|secret|token|key))$|\$[({]|\{\{|<[^>]*>|%[({s]` }}
{{- end -}}

{{/*
microservice.secretVariables: lines of KEY, a tab and a value -> the keys of those
that look like secrets, as a JSON list.
*/}}
{{- define "microservice.secretVariables" -}}
  {{- $found := list }}
  {{- $named := list }}
  {{- if include "microservice.mayHaveName" . }}
    {{- $named = regexFindAll (printf "(?m)^\\S*%s[_.-]?[0-9]{0,2}\\t\\S.*$" (include "microservice.secretName" .)) . -1 }}
  {{- end }}
  {{- range $named }}
    {{- $key := regexFind "^\\S+" . }}
    {{- $value := trimPrefix $key . | trim }}
    {{- $public := regexMatch "(?i)public|[_.-](?:max|min)[_.-]|(?:bos|eos|pad|sep|stop|unk)[_.-]?token|(?:pull|tls|cert|certificate|image|k8s|kube|kubernetes)[_.-]?secret" $key }}
    {{- if not (or $public (regexMatch (include "microservice.noSecret" $) $value)) }}
      {{- $found = append $found $key }}
    {{- end }}
  {{- end }}
  {{- if include "microservice.mayHaveForm" . }}
    {{- range regexFindAll (printf "(?m)^\\S+\\t.*(?:%s)" (include "microservice.secretForm" .)) . -1 }}
      {{- $found = append $found (regexFind "^\\S+" .) }}
    {{- end }}
  {{- end }}
  {{- toJson $found }}
{{- end -}}

{{/*
microservice.holdsSecret: the text of a file or command -> "true" where it looks as if
there was a secret in it: by its form, or behind a name, as in password = "x" and
--token x.
*/}}
{{- define "microservice.holdsSecret" -}}
  {{- if and (include "microservice.mayHaveForm" .) (regexMatch (include "microservice.secretForm" .) .) }}true
  {{- else if include "microservice.mayHaveName" . }}
    {{- $assigned := `["']?[ \t]*[:=][ \t]*(?:"[^"\s]+"|'[^'\s]+'|[^\s"',;#{}()&!*[]+)[ \t]*(?:[,;}#].*)?$` }}
    {{- $option := `(?:^|\s)--?[\w.-]*%[1]s(?:=|\s+)[^\s"'-]\S*|(?:^|[\s;&"'])[\w]*%[1]s=[^\s"'&;]+` }}
    {{- $names := include "microservice.secretName" . }}
    {{- range regexFindAll (printf "(?m)%s%s|%s" $names $assigned (printf $option $names)) . -1 }}
      {{- $value := regexReplaceAll `^(?:[\s"'\w.-]*?[:=]\s*|\S+\s+)` (trim .) "" | trimAll "\"' ,;}" }}
      {{- if not (regexMatch (include "microservice.noSecret" $) $value) }}true{{ break }}{{ end }}
    {{- end }}
  {{- end }}
{{- end -}}
