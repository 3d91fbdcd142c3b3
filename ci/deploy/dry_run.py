"""Asks the API server what applying objects would leave, and what it refuses, without applying them.

https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ci.base import kubernetes_yaml
from ci.clusters import kubectl
from ci.deploy.reasons import Code, Reason
from ci.deploy.target import Target
from ci.kubernetes.manifests import Key, Object, key_of

# By which Helm 4 applies, and Helm 3 writes: https://helm.sh/docs/topics/kubernetes_apis/.
FIELD_MANAGER = "helm"
APPLY_SECONDS = 120
_CONFLICT = re.compile(r'conflicts? with "([^"]+)"[^:\n]*:((?:\s+(?:- )?\.\S+)+)')
_IMMUTABLE = re.compile(
    r"immutable|may not be changed|less than status.capacity|can be resized|updates to statefulset spec"
)


class Conflict(NamedTuple):
    """A field that belongs to another manager: whose it is, and whether the deploy takes it over."""

    key: Key
    path: str
    owner: str
    released: bool = False

    @property
    def taken_over(self) -> bool:
        """Whether a person set it by kubectl, or its controller goes; one that stays would set it again."""
        return self.released or self.owner.startswith("kubectl")


def read_live(target: Target, objects: Sequence[Object]) -> dict[Key, Object]:
    """Return those of the objects that are in the cluster, as they are there."""
    if not objects:
        return {}
    asked = ["get", "--ignore-not-found", "--output=json", "--filename=-", "--show-managed-fields"]
    told = target.kubectl(*asked, stdin=kubernetes_yaml.dump(objects))
    return _by_key(json.loads(told), objects) if told.strip() else {}


def dry_run(
    target: Target, wanted: Mapping[Key, Object]
) -> tuple[dict[Key, Object], list[Conflict], list[Reason], list[str]]:
    """Return what applying would leave, the fields of others in its way, refusals, and the API's warnings.

    All is applied at once, and where that is refused one by one to find out what is.
    """
    made, complaints = _apply(target, wanted.values())
    if made is not None:
        return made, [], [], _warnings(complaints)
    after: dict[Key, Object] = {}
    conflicts: list[Conflict] = []
    refusals: list[Reason] = []
    warnings: list[str] = []
    for key, one in wanted.items():
        made, complaints = _apply(target, [one])
        if made is None and _CONFLICT.search(complaints):
            conflicts += _conflicts(key, complaints)
            made, complaints = _apply(target, [one], "--force-conflicts")
        if made is None:
            refusals.append(_refusal(key, complaints))
        else:
            after |= made
            warnings += _warnings(complaints)
    return after, conflicts, refusals, warnings


def _apply(
    target: Target, objects: Collection[Object], *options: str
) -> tuple[dict[Key, Object] | None, str]:
    """Return what applying would leave, None where an object is refused, and what kubectl says beside it."""
    command = [*target.kubectl.command, "apply", "--server-side", "--dry-run=server", "--output=json"]
    command += [f"--field-manager={FIELD_MANAGER}", "--filename=-", *options]
    # Warnings come with success too, and the door for processes keeps none of them.
    ended = subprocess.run(
        command,
        env=kubectl.environment(),
        input=kubernetes_yaml.dump(objects),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=APPLY_SECONDS,
    )
    return (_by_key(json.loads(ended.stdout), objects) if ended.returncode == 0 else None), ended.stderr


def _by_key(told: Any, asked: Iterable[Object]) -> dict[Key, Object]:
    """Return what kubectl prints by the keys of what was asked: a manifest may leave out the namespace."""
    without = {key for one in asked if (key := key_of(one)) and not key.namespace}
    found = {}
    for one in told["items"] if told.get("kind") == "List" else [told]:
        if key := key_of(one):
            bare = key._replace(namespace="")
            found[bare if bare in without else key] = one
    return found


def _conflicts(key: Key, complaints: str) -> Iterable[Conflict]:
    for owner, paths in _CONFLICT.findall(complaints):
        # Helm 3 wrote fields by the same name, but did not apply them.
        if owner != FIELD_MANAGER:
            for path in re.findall(r"(?<=\s)\.(\S+)", paths):
                yield Conflict(key, path, owner)


def _refusal(key: Key, complaints: str) -> Reason:
    words = re.sub(r"^(?:Warning: .*\n)*(?:Error from server[^:]*: |error: )?", "", complaints.strip())
    # Of a claim the API server adds a difference of Go's structures, which names no field of a manifest.
    words = words.partition("\n@@")[0]
    if "exceeded quota" in words:
        code = Code.QUOTA_EXCEEDED
    elif _IMMUTABLE.search(words):
        code = Code.IMMUTABLE_FIELD
    elif re.search(r"admission webhook|failed calling webhook|denied|forbidden", words):
        code = Code.ADMISSION_REFUSED
    else:
        code = Code.INVALID
    return Reason(code, words, f"{key.kind} {key.name}")


def _warnings(complaints: str) -> list[str]:
    return re.findall(r"^Warning: (.*)$", complaints, re.MULTILINE)
