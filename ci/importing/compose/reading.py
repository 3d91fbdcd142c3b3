"""Reads a service of a Compose file as objects."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ci.base import kubernetes_yaml
from ci.base.errors import UserError
from ci.base.suggestions import did_you_mean
from ci.importing import plaintext
from ci.importing.charts.objects import deployment, made, service
from ci.importing.compose.container import Container, Notes, dns_label
from ci.importing.compose.interpolation import interpolated
from ci.importing.compose.service import read as read_service
from ci.importing.draft import Values
from ci.importing.source import Source
from ci.kubernetes.manifests import Object, key_of

_NAME = "app.kubernetes.io/name"
_RESOLVE = "docker compose config | invoke import - --from compose"
_TOP = ("configs", "include", "models", "name", "networks", "secrets", "services", "version", "volumes")
# What a variable without a value is asked about with: only its name can tell.
_UNKNOWN = "unknown-value"


def read(files: Sequence[str], name: str, secrets: bool) -> Source:
    """Return the service called ``name``, or the only one, with the others that run its image.

    ``files`` is one file, or "-". What looks like a secret is in a Secret unless ``secrets``. Raises
    UserError for a file that Compose would refuse, and for what only Compose itself can put together.
    """
    if len(files) != 1:
        raise UserError(
            f"Compose lays files over each other in a way of its own; import its result: {_RESOLVE}"
        )
    top, folder = _loaded(files[0])
    notes = Notes()
    _check_top(top, notes)
    services: dict[str, Values] = top["services"]
    main = _chosen(services, name, _sharing)
    companions = [other for other in _sharing(services, main) if not services[other].get("ports")]
    first = _completed_first(services, main)
    made_first = [other for other in companions if other in first]
    containers = {}
    for other in [main, *companions]:
        if dns_label(other) != other:
            notes.left.append(
                f"services.{other}: is called {dns_label(other)}: a name has no other characters"
            )
        containers[other] = _read(other, services, top, folder, notes)
    objects = [*_of_main(containers[main], notes, secrets)]
    for other in companions:
        objects += _companion(containers[other], main, other in made_first, notes, secrets)
    for other in services:
        if other not in containers:
            notes.unneeded.append(
                f"services.{other}: has a release of its own: import it with --service {other}"
            )
    if notes.defaults:
        names = ", ".join(dict.fromkeys(notes.defaults))
        notes.unneeded.append(f"variables {names}: their defaults count here, not .env and the environment")
    keyed = {key: one for one in objects if (key := key_of(one))}
    secret = _secret(containers[main].name)
    if not secrets:
        keyed, keys = plaintext.without_secrets(keyed, secret)
        notes.secret_keys += keys
    if notes.secret_keys:
        notes.left.append(plaintext.to_make(secret, notes.secret_keys))
    return Source(keyed, list(dict.fromkeys(notes.left)), list(dict.fromkeys(notes.unneeded)))


def _loaded(file: str) -> tuple[Values, Path]:
    if file == "-":
        place, content, folder = "standard input", sys.stdin.buffer.read(), Path()
    else:
        place, folder = file, Path(file).parent
        if not Path(file).is_file():
            raise UserError(f"{file}: there is no such Compose file")
        content = Path(file).read_bytes()
    try:
        top = kubernetes_yaml.load(content.decode("utf-8-sig"), place)
    except UnicodeDecodeError as error:
        raise UserError(
            f"{place}: byte {error.start + 1} is not UTF-8; a Compose file is YAML text"
        ) from None
    services = top.get("services") if isinstance(top, dict) else None
    if not isinstance(services, dict) or not services:
        raise UserError(f"{place}: no Compose file: it has no services")
    for name, written in services.items():
        if not isinstance(written, dict):
            raise UserError(f"{place}: services.{name}: expected a map with keys such as image")
    return top, folder


def _check_top(top: Values, notes: Notes) -> None:
    if top.get("include"):
        raise UserError(f"include: only Compose puts files together; import its result: {_RESOLVE}")
    for key in top:
        if key not in _TOP and not str(key).startswith("x-"):
            notes.left.append(f"{key}: Compose has no such key{did_you_mean(str(key), _TOP)}")


def _chosen(services: Mapping[str, Values], name: str, sharing: Any) -> str:
    if name:
        found = [other for other in services if name in (other, dns_label(other))]
        if found:
            return found[0]
        near = did_you_mean(name, services)
        raise UserError(f"there is no service {name!r}; the services are {', '.join(services)}{near}")
    first = next(iter(services))
    open_ = [other for other in services if services[other].get("ports")]
    if len(services) == 1:
        return first
    if len(open_) == 1 and len(sharing(services, first)) + 1 == len(services):
        return open_[0]
    raise UserError(f"the services are {', '.join(services)}: import one at a time, with --service NAME")


def _sharing(services: Mapping[str, Values], name: str) -> list[str]:
    """Return the other services that run the image of one, or what is built from the same."""

    def of(other: str) -> Any:
        written = services[other]
        image = interpolated(str(written.get("image") or "")).text
        return image or written.get("build")

    return [other for other in services if other != name and of(other) and of(other) == of(name)]


def _completed_first(services: Mapping[str, Values], name: str) -> set[str]:
    """Return the services that have to complete before one starts."""
    conditions = services[name].get("depends_on")
    return {
        other
        for other, how in (conditions.items() if isinstance(conditions, dict) else ())
        if isinstance(how, dict) and how.get("condition") == "service_completed_successfully"
    }


def _read(name: str, services: Mapping[str, Values], top: Values, folder: Path, notes: Notes) -> Container:
    if services[name].get("extends"):
        raise UserError(f"services.{name}.extends: only Compose resolves it; import its result: {_RESOLVE}")
    container = Container(name, services[name], top, folder, notes)
    try:
        read_service(container)
    except ValueError as error:
        raise UserError(str(error)) from None
    except (AttributeError, LookupError, TypeError):
        raise UserError(
            f"services.{name}: Compose expects another form; docker compose config says where"
        ) from None
    return container


def _of_main(one: Container, notes: Notes, secrets: bool) -> Iterable[Object]:
    name = one.name
    labels = {_NAME: name}
    _complete(one, name, name, notes, secrets)
    template = {"labels": labels, "selector": labels, "annotations": one.annotations}
    replicas = {} if one.replicas is None else {"replicas": one.replicas}
    yield deployment(name, labels, template, one.pod, **replicas)
    if one.ports:
        ports = [
            {
                **({"name": port["name"]} if "name" in port else {}),
                "port": port["containerPort"],
                "protocol": port["protocol"],
            }
            for port in one.ports
        ]
        yield service(name, labels, labels, ports=ports)
    else:
        notes.unneeded.append(f"{one.path}: has no ports, so no other service can call it")
    yield from _beside(one, name, labels)


def _companion(one: Container, main: str, completes: bool, notes: Notes, secrets: bool) -> Iterable[Object]:
    """Yield a service that runs the main one's image: a Job before each release, or a Deployment."""
    name = one.name
    labels = {_NAME: name}
    _complete(one, name, dns_label(main), notes, secrets)
    if completes:
        notes.left[:] = [line for line in notes.left if not line.startswith(f"{one.path}.restart:")]
        spec = {"template": {"spec": {**one.pod, "restartPolicy": "Never"}}}
        hooks = {"helm.sh/hook": "pre-install,pre-upgrade"}
        yield made("batch/v1 Job", name, labels, hooks, spec=spec)
    else:
        template = {"labels": labels, "selector": labels, "annotations": one.annotations}
        replicas = {} if one.replicas is None else {"replicas": one.replicas}
        yield deployment(name, labels, template, one.pod, **replicas)
    yield from _beside(one, name, labels)


def _beside(one: Container, name: str, labels: Mapping[str, str]) -> Iterable[Object]:
    if one.files:
        yield made("v1 ConfigMap", f"{name}-files", labels, data=one.files)
    for claim, spec in one.claims.items():
        yield made("v1 PersistentVolumeClaim", claim, labels, spec=spec)


def _complete(one: Container, name: str, main: str, notes: Notes, secrets: bool) -> None:
    """Give a container its files, and what only a Secret can have, called as that of the main service."""
    secret = _secret(main)
    keys = list(one.secret_files)
    if keys:
        items = [{"key": key, "path": key} for key in keys]
        volumes = one.pod.setdefault("volumes", [])
        volumes.append({"name": "run-secrets", "secret": {"secretName": secret, "items": items}})
        mounts = one.container.setdefault("volumeMounts", [])
        default = [key for key, path in one.secret_files.items() if path == f"/run/secrets/{key}"]
        if default:
            mounts.append({"name": "run-secrets", "mountPath": "/run/secrets", "readOnly": True})
        for key in keys:
            if key not in default:
                path = one.secret_files[key]
                mounts.append({"name": "run-secrets", "mountPath": path, "subPath": key, "readOnly": True})
        notes.secret_keys += keys
    for volume in one.pod.get("volumes") or []:
        if "configMap" in volume:
            volume["configMap"] = {"name": f"{name}-files"}
    _set_unset(one, secret, notes)
    if one.files and not secrets:
        _hide_files(one, secret, notes)


def _set_unset(one: Container, secret: str, notes: Notes) -> None:
    """Read variables without a value from the Secret, if their names say that they are secrets."""
    if not one.unset:
        return
    asked = plaintext.looking_like_secrets([(name, _UNKNOWN) for name in one.unset])
    hidden = [one.unset[number] for number in asked]
    notes.secret_keys += hidden
    kept = []
    for variable in one.container["env"]:
        name = variable["name"]
        if name in hidden:
            kept.append({"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": name}}})
        elif name in one.unset:
            notes.left.append(f"{one.path}.environment: {name} has no value here: write it into env")
        else:
            kept.append(variable)
    one.container["env"] = kept


def _hide_files(one: Container, secret: str, notes: Notes) -> None:
    """Mount files in which something looks like a secret from the Secret."""
    names = list(one.files)
    hidden = [names[number] for number in plaintext.holding_secrets(list(one.files.values()))]
    if not hidden:
        return
    for name in hidden:
        del one.files[name]
    for mount in one.container["volumeMounts"]:
        if mount.get("subPath") in hidden and mount["name"] == "files":
            mount["name"] = "secret-files"
    volumes = [volume for volume in one.pod["volumes"] if one.files or volume["name"] != "files"]
    one.pod["volumes"] = [*volumes, {"name": "secret-files", "secret": {"secretName": secret}}]
    notes.secret_keys += hidden


def _secret(name: str) -> str:
    return f"credentials-{name}"
