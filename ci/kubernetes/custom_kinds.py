"""Custom kinds: extracts of other projects' definitions in crds/, and strict schemas from them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ci.base import kubernetes_yaml
from ci.base.console import out
from ci.base.errors import UserError
from ci.base.files import write_whole
from ci.base.repository import shown
from ci.kubernetes.definitions import INTEGERS

FOLDER = Path(__file__).parent / "crds"

Schema = dict[str, Any]

_HEADER = ("apiVersion", "kind", "project", "release", "licence", "source")
_KEYWORDS = (
    *(
        "type",
        "default",
        "format",
        "required",
        "enum",
        "pattern",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
    ),
    *("minItems", "maxItems", "minProperties", "maxProperties", "x-kubernetes-int-or-string"),
    *("x-kubernetes-preserve-unknown-fields", "x-kubernetes-list-type", "x-kubernetes-list-map-keys"),
)
_ANYTHING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_TITLE = """\
# Fields, types and bounds of a custom kind, without prose and status; CONTRIBUTING.md says how to renew them.
# `only` lists the fields below a path that are kept in detail: their siblings may hold anything.
"""


def schema(api_version: str, kind: str, metadata: Schema) -> Schema | None:
    """Return the JSON Schema (2020-12) of a custom kind, None if there is no extract of its definition.

    ``metadata`` is the schema of an object's metadata, which definitions of custom kinds do not have. Unknown
    fields are refused, since the API server would drop them, unless x-kubernetes-preserve-unknown-fields:
    https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning
    """
    extract = _read(_path(api_version, kind))
    if extract is None or extract["apiVersion"] != api_version:
        return None
    fields = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": metadata}
    return {
        "type": "object",
        "required": ["metadata", "spec"],
        "properties": {**fields, "spec": _strict(extract["spec"])},
        "additionalProperties": False,
    }


def spec(api_version: str, kind: str) -> Schema:
    """Return the OpenAPI schema of a custom kind's spec, with its defaults.

    Raises KeyError if there is no extract of its definition.
    """
    extract = _read(_path(api_version, kind))
    if extract is None or extract["apiVersion"] != api_version:
        raise KeyError(f"{api_version} {kind}")
    found: Schema = extract["spec"]
    return found


def renew(file: Path) -> None:
    """Rewrite each extract in crds/ whose CustomResourceDefinition is in ``file``, and print its path.

    An extract keeps its header: the project, release and file that the definition is from, and under
    ``only`` the fields below a path that are kept in detail; their siblings may hold anything. Raises
    UserError if the file has no such definition, or does not serve the extract's version.
    """
    try:
        documents = kubernetes_yaml.load_all(file.read_text(encoding="utf-8"), str(file))
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror}") from None
    renewed = [path for document in documents if (path := _renew_one(document))]
    if not renewed:
        raise UserError(
            f"{file} defines no kind of {shown(FOLDER)}; for a new one write <group>.<Kind>.yaml there "
            f"first, with {', '.join(_HEADER)}"
        )
    out.print(*(shown(path) for path in renewed), sep="\n")


def releases() -> Iterator[tuple[str, str]]:
    """Yield the project and the release that each extract is from."""
    for path in sorted(FOLDER.glob("*.yaml")):
        if extract := _read(path):
            yield extract["project"], extract["release"]


def _renew_one(definition: Any) -> Path | None:
    if not isinstance(definition, dict) or definition.get("kind") != "CustomResourceDefinition":
        return None
    spec = definition["spec"]
    path = _path(f"{spec['group']}/", spec["names"]["kind"])
    header = _read(path)
    if header is None:
        return None
    wanted = header["apiVersion"].rpartition("/")[2]
    versions = {version["name"]: version for version in spec["versions"] if version["served"]}
    if wanted not in versions:
        raise UserError(f"{shown(path)}: version {wanted} is not served any more; {', '.join(versions)} is")
    whole = versions[wanted]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    for place, names in header.get("only", {}).items():
        _keep_only(whole, place, names)
    header.pop("spec", None)
    write_whole(path, _TITLE + kubernetes_yaml.dump([{**header, "spec": _extract(whole)}], flow=True))
    return path


def _keep_only(part: Schema, place: str, names: list[str]) -> None:
    """Allow anything in the fields below ``place``, such as "spec.provider", that are not in ``names``."""
    for name in place.split(".")[1:]:
        part = part["properties"][name]
    part["properties"] = {
        name: below if name in names else _ANYTHING for name, below in part["properties"].items()
    }


def _extract(part: Schema) -> Schema:
    """Return the keywords of an OpenAPI v3 schema that say what a server stores: no prose."""
    kept = {keyword: part[keyword] for keyword in _KEYWORDS if keyword in part}
    if kept.get("format") not in INTEGERS:
        kept.pop("format", None)
    if kept.get("x-kubernetes-list-type") != "set":
        kept.pop("x-kubernetes-list-type", None)
    if "required" in kept:
        # A server sets defaults before it checks required fields.
        kept["required"] = [name for name in part["required"] if "default" not in part["properties"][name]]
    for keyword in ("items", "additionalProperties"):
        if keyword in part:
            below = part[keyword]
            kept[keyword] = _extract(below) if isinstance(below, dict) else below
    if "properties" in part:
        kept["properties"] = {name: _extract(below) for name, below in part["properties"].items()}
    return kept


def _strict(part: Schema) -> Schema:
    """Return an extract as JSON Schema, with Kubernetes' own keywords replaced by standard ones."""
    strict = dict(part)
    if part.get("x-kubernetes-int-or-string"):
        strict["type"] = ["integer", "string"]
    if part.get("x-kubernetes-list-type") == "set":
        strict["uniqueItems"] = True
    if limit := INTEGERS.get(part.get("format", "")):
        strict = {"minimum": -limit, "maximum": limit - 1, **strict}
    for keyword in ("items", "additionalProperties"):
        if isinstance(part.get(keyword), dict):
            strict[keyword] = _strict(part[keyword])
    if "properties" in part:
        strict["properties"] = {name: _strict(below) for name, below in part["properties"].items()}
    if part.get("type") == "object" and not part.get("x-kubernetes-preserve-unknown-fields"):
        strict = {"properties": {}, "additionalProperties": False, **strict}
    return strict


def _path(api_version: str, kind: str) -> Path:
    return FOLDER / f"{api_version.rpartition('/')[0]}.{kind}.yaml"


def _read(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    extract: dict[str, Any] = kubernetes_yaml.load(path.read_text(encoding="utf-8"), shown(path))
    if lacking := [key for key in _HEADER if key not in extract]:
        raise UserError(f"{shown(path)}: {', '.join(lacking)} missing; say where the definition is from")
    return extract
