"""Reads the objects to import from files, folders, kustomizations and standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ci.base import kubernetes_yaml, processes, programs
from ci.base.errors import UserError
from ci.importing import live, upgrades
from ci.kubernetes import validation
from ci.kubernetes.definitions import names_of_kinds
from ci.kubernetes.manifests import Key, Object, key_of
from ci.kubernetes.versions import NEWEST
from ci.kubernetes.workloads import dig

_SUFFIXES = (".yaml", ".yml", ".json")
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def read(sources: Sequence[str]) -> dict[Key, Object]:
    """Return the objects of all sources, in their order, in the API versions of today.

    A source is a file, a folder with all files in it whose names end in .yaml, .yml or .json, a folder with a
    kustomization, or "-" for standard input. Lists are taken apart. Raises UserError with everything that is
    wrong: sources that do not exist, documents that are no YAML or no objects, objects that are there twice.
    """
    found: dict[Key, Object] = {}
    places: dict[Key, str] = {}
    problems: list[str] = []
    for place, text in _texts(sources, problems):
        for document, where in _documents(place, text, problems):
            for made in _items(document):
                _add(made, where, found, places, problems)
    if problems:
        raise UserError("\n".join([*problems, f"\n{len(problems)} problem(s) found; nothing was imported"]))
    if not found:
        raise UserError(f"{', '.join(sources)}: there is no Kubernetes object in it")
    return found


def faults(objects: Mapping[Key, Object]) -> list[str]:
    """Return a line for each field of the objects that Kubernetes does not know, or of another type there.

    Nothing is said about kinds that are not known here.
    """
    found = []
    for key, made in objects.items():
        if key[:2] in names_of_kinds(NEWEST):
            problems = validation.validate(_without_nulls(made), NEWEST)
            found += [f"{key}: {path or 'the object'}: {message}" for _, _, path, message in problems]
    return found


def _without_nulls(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: _without_nulls(value) for name, value in node.items() if value is not None}
    return [_without_nulls(item) for item in node if item is not None] if isinstance(node, list) else node


def _texts(sources: Sequence[str], problems: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each file."""
    for source in sources:
        path = Path(source)
        if source == "-":
            yield from _text("standard input", sys.stdin.buffer.read(), problems)
        elif path.is_dir() and any((path / name).is_file() for name in _KUSTOMIZATIONS):
            yield source, _kustomized(path)
        elif path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
            if not files:
                problems.append(f"{source}: the folder has no file whose name ends in {', '.join(_SUFFIXES)}")
            for file in files:
                yield from _text(str(file), file.read_bytes(), problems)
        elif path.is_file():
            # A kustomization's own file stands for its folder.
            if path.name in _KUSTOMIZATIONS:
                yield source, _kustomized(path.parent)
            else:
                yield from _text(source, path.read_bytes(), problems)
        else:
            problems.append(f"{source}: there is no such file or folder")


def _text(place: str, content: bytes, problems: list[str]) -> Iterator[tuple[str, str]]:
    try:
        yield place, content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.append(f"{place}: byte {error.start + 1} is not UTF-8; manifests are YAML text")


def _kustomized(folder: Path) -> str:
    command = [str(programs.find(programs.KUBECTL)), "kustomize", str(folder)]
    return processes.run(command, f"building the kustomization {folder}")


def _documents(place: str, text: str, problems: list[str]) -> Iterator[tuple[Any, str]]:
    """Yield each document that is not empty, and where it is."""
    try:
        documents = kubernetes_yaml.load_all(text, place)
    except UserError as error:
        problems.append(str(error))
        return
    for number, document in enumerate(documents, start=1):
        if document is not None:
            yield document, f"{place}, document {number}" if len(documents) > 1 else place


def _items(document: Any) -> Iterable[Any]:
    is_list = isinstance(document, dict) and str(document.get("kind", "")).endswith("List")
    if is_list and isinstance(document.get("items"), list):
        return [item for inner in document["items"] for item in _items(inner)]
    return [document]


def _is_compose(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("services"), dict)


def _add(
    made: Any, where: str, found: dict[Key, Object], places: dict[Key, str], problems: list[str]
) -> None:
    key = key_of(made)
    if key is None:
        form = "; read a Compose file with --from compose" if _is_compose(made) else ""
        needed = "it needs apiVersion, kind and metadata.name, each a string"
        problems.append(f"{where}: no Kubernetes object; {needed}{form}")
        return
    made = upgrades.current(live.cleaned(made) if dig(made, "metadata", "uid") else made)
    key = key._replace(api_version=made["apiVersion"])
    if key in found:
        problems.append(f"{where}: {key} is also in {places[key]}; import one of the two")
        return
    found[key], places[key] = made, where
