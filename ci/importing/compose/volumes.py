"""Volumes, tmpfs, configs and secrets of a service: `volumes`, `config.files`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ci.importing.compose import forms
from ci.importing.compose.container import Container, dns_label
from ci.importing.draft import Values

_CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
_LARGEST_FILE = 100_000


def read_volumes(one: Container) -> None:
    """Read what is mounted."""
    for number, written in enumerate(one.take("volumes") or []):
        mount = one.valid("volumes", forms.mount, written)
        _add_volume(one, mount, number)
    for number, path in enumerate(forms.names(one.take("tmpfs"))):
        target, _, options = path.partition(":")
        size = next((part[5:] for part in options.split(",") if part.startswith("size=")), "")
        _add(one, f"tmpfs-{number}", target, _in_memory(size))
    if size := one.take("shm_size"):
        _add(one, "shm", "/dev/shm", _in_memory(size))  # noqa: S108
    for key in ("configs", "secrets"):
        for written in one.take(key) or []:
            _add_file(one, key, written if isinstance(written, dict) else {"source": written})


def _in_memory(size: Any) -> Values:
    return {"emptyDir": {"medium": "Memory", **({"sizeLimit": forms.quantity(size)} if size else {})}}


def _add(one: Container, name: str, target: str, volume: Values, **mount: Any) -> None:
    if name not in [other["name"] for other in one.volumes]:
        one.volumes.append({"name": name, **volume})
    one.mounts.append({"name": name, "mountPath": target, **mount})


def _add_volume(one: Container, mount: forms.Mount, number: int) -> None:
    read_only = {"readOnly": True} if mount.read_only else {}
    where = f"volumes[{number}]"
    if mount.kind == "volume" and mount.source:
        _add_claim(one, mount, where, read_only)
    elif mount.kind in ("", "volume"):
        one.unneeded(where, f"{mount.target} has no name: it is empty in each new pod")
        _add(one, f"volume-{number}", mount.target, {"emptyDir": {}})
    elif mount.kind == "tmpfs":
        _add(one, f"tmpfs-{number}", mount.target, _in_memory((mount.more.get("tmpfs") or {}).get("size")))
    elif mount.kind == "bind" and (content := _content(one.folder / mount.source)) is not None:
        name = _key(one, mount.source)
        one.files[name] = content
        _add(one, "files", mount.target, {"configMap": {}}, subPath=name, readOnly=True)
    elif mount.source.endswith("docker.sock"):
        one.left(where, "a pod has no access to the container engine")
    elif mount.kind == "bind":
        reason = "is on one machine: put it into the image, into config.files, or into a volume"
        one.left(where, f"{mount.source} {reason}")
    else:
        one.left(where, f"Kubernetes has no mount of the type {mount.kind}")


def _add_claim(one: Container, mount: forms.Mount, where: str, read_only: Values) -> None:
    settings = (one.top.get("volumes") or {}).get(mount.source) or {}
    name = dns_label(mount.source)
    claim = dns_label(str(settings.get("name") or mount.source)) if settings.get("external") else name
    options = {**read_only}
    if subpath := (mount.more.get("volume") or {}).get("subpath"):
        options["subPath"] = subpath
    if not settings.get("external"):
        claim = f"{one.name}-{name}"
        one.claims[claim] = _CLAIM
        one.left(
            where, f"{mount.source} has no size: the claim has 1Gi; write its size before the first release"
        )
        if others := _mounted_by(one, mount.source):
            one.left(
                where,
                f"{mount.source} is also mounted by {', '.join(others)}: one claim for pods on one node",
            )
        for key in sorted(set(settings) - {"name", "external"}):
            one.left(f"{where}.{key}", "a storage class says it: volumes.NAME.claim.storageClassName")
    else:
        one.left(where, f"{mount.source} is made elsewhere: the claim {claim} has to be there")
    _add(one, name, mount.target, {"persistentVolumeClaim": {"claimName": claim}}, **options)


def _mounted_by(one: Container, source: str) -> list[str]:
    """Return the other services that mount a named volume."""
    services = {name: other for name, other in one.top["services"].items() if f"services.{name}" != one.path}
    return [
        name
        for name, other in services.items()
        for written in other.get("volumes") or []
        if forms.mount(written)[:2] == ("volume", source)
    ]


def _content(file: Path) -> str | None:
    """Return what is in a small text file, None for anything else."""
    try:
        if file.is_file() and file.stat().st_size <= _LARGEST_FILE:
            return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        pass
    return None


def _key(one: Container, source: str) -> str:
    """Return the key of a file in the ConfigMap: its name, and where that is taken its path."""
    name = re.sub(r"[^-._a-zA-Z0-9]", "-", Path(source).name)
    return name if name not in one.files else re.sub(r"[^-._a-zA-Z0-9]", "-", source).strip("-.")


def _add_file(one: Container, block: str, written: Values) -> None:
    """Mount a config or secret of Compose as a file."""
    source = str(written.get("source"))
    settings = (one.top.get(block) or {}).get(source) or {}
    if block == "secrets":
        target = str(written.get("target") or source)
        path = target if target.startswith("/") else f"/run/secrets/{target}"
        one.secret_files[source] = path
        return
    target = str(written.get("target") or f"/{source}")
    content = one.notes.resolved(settings.get("content"), f"configs.{source}.content")
    if content is None and settings.get("file"):
        content = _content(one.folder / str(settings["file"]))
    if content is None:
        one.left(f"configs.{source}", f"its content is not here: mount a ConfigMap at {target}")
        return
    name = _key(one, str(settings.get("file") or source))
    one.files[name] = content
    _add(one, "files", target, {"configMap": {}}, subPath=name, readOnly=True)
