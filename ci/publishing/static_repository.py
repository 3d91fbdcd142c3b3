"""A chart repository for any web server: a folder of packages with an index.yaml."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from semver import Version

from ci.base import kubernetes_yaml
from ci.base.errors import UserError
from ci.base.files import one_at_a_time, write_whole
from ci.publishing import repository_page
from ci.publishing.packages import Package, other_bytes

# Hidden: ls and web servers do not list it.
_LOCK = ".index.lock"


class StaticRepository:
    """The repository in a folder, which is created when something is added.

    Its index is Helm's: https://helm.sh/docs/topics/chart_repository/#the-index-file. URLs in it are
    relative, so the folder can be served at any address.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "index.yaml"

    def holds(self, package: Package, signed: bool) -> bool:
        """Return whether the package is in the repository, with its provenance if ``signed``.

        Raises UserError if its version is there with other content, and for an invalid index.
        """
        return self._holds(self._index(), package, signed)

    def add(self, packages: Sequence[Package]) -> list[str]:
        """Add packages, with the provenance of those that have one, and return their paths.

        The web page is always written anew. A package is written before the index that lists it, and the
        index atomically; what other processes add at the same time is kept. Raises as ``holds`` does, and
        OSError.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = self._folder / _LOCK
        with one_at_a_time(lock, f"waiting for another process that publishes into {self._folder}"):
            for package in packages:
                self._add(package)
            repository_page.write(self._folder)
        return [str(self._beside(package.path)) for package in packages]

    def _add(self, package: Package) -> None:
        index = self._index()
        self._holds(index, package, signed=False)
        if package.provenance.exists() and not self._beside(package.provenance).exists():
            write_whole(self._beside(package.provenance), package.provenance.read_bytes())
        write_whole(self._beside(package.path), package.content)
        if _entry(index, package) is None:
            write_whole(self._file, kubernetes_yaml.dump([_with(index, package)]))

    def _holds(self, index: dict[str, Any], package: Package, signed: bool) -> bool:
        entry, file = _entry(index, package), self._beside(package.path)
        if entry and entry.get("digest") != package.sha256:
            raise other_bytes(package, str(self._folder))
        is_there = file.exists()
        if is_there and file.read_bytes() != package.content:
            if entry:
                raise UserError(f"{file} differs from its digest in {self._file}: restore the published file")
            raise UserError(f"{file} exists with other content and is not in {self._file.name}: remove it")
        is_signed = not signed or self._beside(package.provenance).exists()
        return entry is not None and is_there and is_signed

    def _beside(self, path: Path) -> Path:
        return self._folder / path.name

    def _index(self) -> dict[str, Any]:
        try:
            text = self._file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {"apiVersion": "v1", "entries": {}}
        except UnicodeDecodeError:
            text = ""
        index = kubernetes_yaml.load(text, str(self._file))
        if not isinstance(index, dict) or not _are_entries(index.get("entries")):
            raise UserError(f"{self._file} is not the index of a chart repository: fix it, or move it away")
        return index


def _are_entries(entries: object) -> bool:
    return isinstance(entries, dict) and all(
        isinstance(versions, list)
        and all(isinstance(entry, dict) and "version" in entry for entry in versions)
        for versions in entries.values()
    )


def _entry(index: dict[str, Any], package: Package) -> dict[str, Any] | None:
    versions = index["entries"].get(package.name, [])
    return next((entry for entry in versions if entry["version"] == package.version), None)


def _with(index: dict[str, Any], package: Package) -> dict[str, Any]:
    """Return the index with a package added before the first older version; nothing else is reordered."""
    created = datetime.fromtimestamp(package.time, UTC).isoformat().replace("+00:00", "Z")
    new = {
        **package.metadata,
        "created": created,
        "digest": package.sha256,
        "urls": [package.path.name],
    }
    others = index["entries"].get(package.name, [])
    older = (
        place
        for place, entry in enumerate(others)
        if Version.is_valid(entry["version"]) and Version.parse(entry["version"]) < package.version
    )
    place = next(older, len(others))
    entries = {**index["entries"], package.name: [*others[:place], new, *others[place:]]}
    return {**index, "entries": dict(sorted(entries.items())), "generated": created}
