"""Users, rights, and what the pod shares with its node."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ci.importing.compose import forms
from ci.importing.compose.container import Container
from ci.importing.draft import Values

_ARCHITECTURES = {"linux/amd64": "amd64", "linux/arm64": "arm64", "linux/arm64/v8": "arm64"}


def read_security(one: Container) -> None:
    """Read the user, the capabilities and other rights."""
    if user := one.take("user"):
        parts = forms.text(user).split(":")
        if all(part.isdigit() for part in parts):
            one.security |= dict(zip(("runAsUser", "runAsGroup"), map(int, parts), strict=False))
        elif parts[0] == "root":
            one.security["runAsUser"] = 0
        else:
            one.left(
                "user", f"Kubernetes takes numbers: write that of {parts[0]} as securityContext.runAsUser"
            )
    if one.take("read_only"):
        one.security["readOnlyRootFilesystem"] = True
    if one.take("privileged"):
        one.security["privileged"] = True
    capabilities = {
        field: [str(name).removeprefix("CAP_") for name in names]
        for field, names in (("add", one.take("cap_add")), ("drop", one.take("cap_drop")))
        if names
    }
    if capabilities:
        one.security["capabilities"] = capabilities
    for option in one.take("security_opt") or []:
        name, _, value = str(option).replace("=", ":").partition(":")
        if name == "no-new-privileges":
            one.security["allowPrivilegeEscalation"] = value == "false"
        elif (name, value) == ("seccomp", "unconfined"):
            one.security["seccompProfile"] = {"type": "Unconfined"}
        else:
            one.left("security_opt", f"write {name} as securityContext")
    context: Values = {}
    if sysctls := forms.pairs(one.take("sysctls")):
        context["sysctls"] = [{"name": name, "value": forms.text(value)} for name, value in sysctls.items()]
    groups = one.rest.get("group_add") or []
    if groups and all(forms.text(group).isdigit() for group in groups):
        context["supplementalGroups"] = [int(group) for group in one.take("group_add")]
    if context:
        one.pod["securityContext"] = context


def read_pod(one: Container) -> None:
    """Read what is of the pod as a whole."""
    if grace := one.take("stop_grace_period"):
        one.pod["terminationGracePeriodSeconds"] = one.valid("stop_grace_period", forms.seconds, grace)
    for key, field in (("network_mode", "hostNetwork"), ("pid", "hostPID"), ("ipc", "hostIPC")):
        value = one.take(key)
        if value == "host":
            one.pod[field] = True
            if field == "hostNetwork":
                # By which it finds other services.
                one.pod["dnsPolicy"] = "ClusterFirstWithHostNet"
        elif str(value or "").startswith(("service:", "container:")):
            one.left(key, f"what shares it with {str(value).partition(':')[2]} is one pod: extraContainers")
        elif value:
            one.unneeded(key, "each pod has its own")
    if hosts := one.take("extra_hosts"):
        one.pod["hostAliases"] = list(_aliases(one, hosts))
    servers, search, options = (forms.names(one.take(key)) for key in ("dns", "dns_search", "dns_opt"))
    named = [dict(zip(("name", "value"), option.split(":", 1), strict=False)) for option in options]
    config = {"nameservers": servers, "searches": search, "options": named}
    if config := {field: value for field, value in config.items() if value}:
        one.pod["dnsConfig"] = config
    platform = one.rest.get("platform")
    if platform in _ARCHITECTURES:
        one.pod["nodeSelector"] = {"kubernetes.io/arch": _ARCHITECTURES[one.take("platform")]}
    elif one.take("platform"):
        one.left("platform", "write it as nodeSelector: {kubernetes.io/arch: ...}")
    one.annotations = {
        name: forms.text(value) for name, value in forms.pairs(one.take("annotations")).items()
    }


def _aliases(one: Container, written: Any) -> Iterator[Values]:
    if isinstance(written, list):
        entries = [re.split(r"[:=]", str(entry), maxsplit=1) for entry in written]
    else:
        entries = [[name, str(address)] for name, address in written.items()]
    for name, address in entries:
        if address == "host-gateway":
            one.left("extra_hosts", f"{name} is the machine that Compose runs on; a pod may be on any node")
        else:
            yield {"ip": address.strip("[]"), "hostnames": [name]}
