"""The keys of a service of a Compose file: what a container runs, and what has no place in a pod."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from ci.base import kubernetes_yaml
from ci.base.suggestions import did_you_mean
from ci.importing.compose import forms
from ci.importing.compose.container import Container, literal
from ci.importing.compose.interpolation import interpolated
from ci.importing.compose.pods import read_pod, read_security
from ci.importing.compose.volumes import read_volumes
from ci.importing.draft import Values

_PULL = {"always": "Always", "never": "Never", "missing": "IfNotPresent", "if_not_present": "IfNotPresent"}


def read(one: Container) -> None:
    """Read all keys of a service; raises ValueError, with the key, for one that Compose would refuse."""
    for step in _STEPS:
        step(one)
    _name_the_rest(one, one.rest, "")
    for field, value in (("securityContext", one.security), ("volumeMounts", one.mounts)):
        if value:
            one.container[field] = value
    one.pod = {"containers": [one.container], **one.pod}
    if one.volumes:
        one.pod["volumes"] = one.volumes


def _read_image(one: Container) -> None:
    image, build = one.take("image"), one.take("build")
    if build is not None:
        context = build if isinstance(build, str) else build.get("context", ".")
        more = (
            {}
            if isinstance(build, str)
            else {name: value for name, value in build.items() if name != "context"}
        )
        dockerfile = more.pop("dockerfile", "")
        wanted = {"context": context, **({"dockerfile": dockerfile} if dockerfile else {})}
        how = f"x-build: {kubernetes_yaml.dump_flow(wanted)} in the values lets invoke image build it"
        one.unneeded("build", f"the cluster pulls an image; {how}")
        for key in more:
            one.left(f"build.{key}", "write it into the Dockerfile, or build the image yourself")
    if not image:
        one.left("image", "there is none: write the one that you push from what is built")
    # Without a value for the tag there is none.
    one.container["image"] = str(image or one.name).removesuffix(":")
    policy = one.take("pull_policy")
    if policy in _PULL:
        one.container["imagePullPolicy"] = _PULL[policy]
    elif policy:
        one.unneeded("pull_policy", "the cluster only pulls")


def _read_command(one: Container) -> None:
    for key, field in (("entrypoint", "command"), ("command", "args")):
        written = one.take(key)
        if written:
            one.container[field] = [literal(word) for word in forms.words(written)]
    for key, field in (("working_dir", "workingDir"), ("tty", "tty"), ("stdin_open", "stdin")):
        if written := one.take(key):
            one.container[field] = written


def _read_ports(one: Container) -> None:
    found: dict[tuple[int, str], Values] = {}
    published = []
    for key in ("ports", "expose"):
        for port in [
            port for written in one.take(key) or [] for port in one.valid(key, forms.ports, written)
        ]:
            protocol = str(port.get("protocol") or "tcp").upper()
            name = {"name": port["name"]} if port.get("name") else {}
            entry = {**name, "containerPort": port["target"], "protocol": protocol}
            found.setdefault((port["target"], protocol), entry)
            if port.get("published") and str(port.get("host_ip")).strip("[]") not in ("127.0.0.1", "::1"):
                published.append(str(port["target"]))
    if published:
        how = "from outside they are reached with ingress, httpRoute or service: {type: LoadBalancer}"
        same = "other services call the same ports as before"
        one.unneeded("ports", f"{', '.join(dict.fromkeys(published))} on the host: {how}; {same}")
    one.ports = list(found.values())
    if one.ports:
        one.container["ports"] = one.ports


def _read_environment(one: Container) -> None:
    found: dict[str, Any] = {}
    for entry in _env_files(one.take("env_file")):
        file = one.folder / str(entry["path"])
        if file.is_file():
            found |= dotenv_values(file, interpolate=False)
            one.unneeded("env_file", f"the variables of {entry['path']} are in env")
        elif entry.get("required", True):
            one.left("env_file", f"{entry['path']} is not there: write its variables into env or a Secret")
    found |= forms.pairs(one.environment)
    env = []
    for name, value in found.items():
        text, defaults, unset = interpolated(forms.text(value))
        one.notes.defaults += defaults
        if unset or value is None:
            one.unset.append(name)
            env.append({"name": name, "value": None})
        else:
            env.append({"name": name, "value": literal(text)})
    if env:
        one.container["env"] = env


def _env_files(written: Any) -> list[Values]:
    entries = written if isinstance(written, list) else [written] if written else []
    return [entry if isinstance(entry, dict) else {"path": entry} for entry in entries]


def _read_health(one: Container) -> None:
    check = one.take("healthcheck") or {}
    action = {} if check.get("disable") else forms.probe(check.get("test"))
    if not action:
        if check and not check.get("disable") and forms.names(check.get("test")) != ["NONE"]:
            one.left("healthcheck", "it is that of the image: write it as readinessProbe")
        return
    if "httpGet" in action:
        one.unneeded(
            "healthcheck.test", "the kubelet sends the request itself; it counts answers below 400 as good"
        )
    if "exec" in action:
        action["exec"]["command"] = [literal(word) for word in action["exec"]["command"]]
    duration = functools.partial(one.valid, "healthcheck", forms.seconds)
    one.container["readinessProbe"] = {
        **action,
        "periodSeconds": duration(check.get("interval", "30s")),
        "timeoutSeconds": duration(check.get("timeout", "30s")),
        "failureThreshold": int(check.get("retries", 3)),
    }
    for key in ("start_period", "start_interval"):
        if key in check:
            one.unneeded(
                f"healthcheck.{key}", "a readiness probe restarts nothing, so a slow start does no harm"
            )


def _read_resources(one: Container) -> None:
    deploy = one.rest.get("deploy") or {}
    resources = deploy.get("resources") or {}
    found: dict[str, dict[str, Any]] = {}
    for block, name, cpu, memory in (
        ("limits", "limits", one.take("cpus"), one.take("mem_limit")),
        ("reservations", "requests", None, one.take("mem_reservation")),
    ):
        written = resources.get(block) or {}
        cpu, memory = written.pop("cpus", cpu), written.pop("memory", memory)
        if cpu:
            found.setdefault(name, {})["cpu"] = f"{math.ceil(float(cpu) * 1000)}m"
        if memory:
            found.setdefault(name, {})["memory"] = one.valid(
                f"deploy.resources.{block}", forms.quantity, memory
            )
    if found:
        one.container["resources"] = found
    scale = one.take("scale")
    one.replicas = deploy.pop("replicas", scale)
    if deploy.get("mode") == "replicated":
        del deploy["mode"]


def _read_relations(one: Container) -> None:
    others = forms.names(one.take("depends_on"))
    if others:
        reason = "nothing waits for another service: the process has to try again, or an initContainer waits"
        one.unneeded("depends_on", f"{', '.join(others)}: {reason}")
    if forms.text(one.rest.get("restart")) in ("no", "false"):
        one.take("restart")
        one.left("restart", "a service is always started again; what ends belongs to migration or cronJobs")
    deploy = one.rest.get("deploy") or {}
    policy = deploy.get("restart_policy") or {}
    if policy.get("condition") == "none":
        deploy.pop("restart_policy")
        one.left("deploy.restart_policy", "a service is always started again; what ends belongs to migration")


_STEPS: tuple[Callable[[Container], None], ...] = (
    _read_image,
    _read_command,
    _read_ports,
    _read_environment,
    _read_health,
    read_volumes,
    _read_resources,
    read_security,
    read_pod,
    _read_relations,
)


@functools.cache
def _keys() -> dict[str, Any]:
    file = Path(__file__).with_name("keys.yaml")
    found: dict[str, Any] = kubernetes_yaml.load(file.read_text(encoding="utf-8"), file.name)
    return found


def _name_the_rest(one: Container, rest: Values, within: str) -> None:
    """Say of each key that is left why it has no place."""
    known = _keys()
    for key, value in rest.items():
        path = f"{within}{key}"
        if path.startswith("x-") or value in (None, {}, [], False):
            continue
        if path in known["left"]:
            one.left(path, known["left"][path])
        elif path in known["unneeded"]:
            one.unneeded(path, known["unneeded"][path])
        elif isinstance(value, dict) and any(other.startswith(f"{path}.") for other in known["left"]):
            _name_the_rest(one, value, f"{path}.")
        else:
            near = did_you_mean(path, [*known["read"], *known["left"], *known["unneeded"]])
            one.left(path, f"Compose has no such key{near}")
