"""A chart repository for any web server: a folder of packages with an index.yaml."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from ci.base import kubernetes_yaml
from ci.base.errors import UserError
from ci.base.files import one_at_a_time, write_whole
from ci.publishing import index as index_
from ci.publishing import repository_page
from ci.publishing.index import Entry, Index
from ci.publishing.packages import Package, other_bytes

# Hidden: ls and web servers do not list it.
_LOCK = ".index.lock"


class StaticRepository:
    """The repository in a folder, which is created when something is added.

    URLs in its index are relative, so the folder can be served at any address. Entries of other charts stay
    as they are, whatever they hold.
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

        The web page is always written anew. Packages are written before the index that lists them, and the
        index atomically; what other processes add at the same time is kept. Raises as ``holds`` does, before
        anything changes, and OSError.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = self._folder / _LOCK
        with one_at_a_time(lock, f"waiting for another process that publishes into {self._folder}"):
            before = after = self._index()
            for package in packages:
                self._holds(before, package, signed=False)
                if self._entry(before, package) is None:
                    after = _with(after, package)
            # What the page cannot show is refused here.
            repository_page.render(self._folder, after)
            for package in packages:
                if package.provenance.exists() and not self._beside(package.provenance).exists():
                    write_whole(self._beside(package.provenance), package.provenance.read_bytes())
                write_whole(self._beside(package.path), package.content)
            if after is not before:
                write_whole(self._file, kubernetes_yaml.dump([after]))
            repository_page.write(self._folder)
        return [str(self._beside(package.path)) for package in packages]

    def _holds(self, index: Index, package: Package, signed: bool) -> bool:
        entry, file = self._entry(index, package), self._beside(package.path)
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

    def _entry(self, index: Index, package: Package) -> Entry | None:
        entries = index_.versions(index, package.name, str(self._file))
        return next((entry for entry in entries if entry["version"] == package.version), None)

    def _index(self) -> Index:
        try:
            text = self._file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {"apiVersion": "v1", "entries": {}}
        except UnicodeDecodeError:
            text = ""
        return index_.load(text, str(self._file))


def _with(index: Index, package: Package) -> Index:
    """Return the index with a package added before the first older version; nothing else is reordered."""
    created = datetime.fromtimestamp(package.time, UTC).isoformat().replace("+00:00", "Z")
    new = {
        **package.metadata,
        "created": created,
        "digest": package.sha256,
        "urls": [package.path.name],
    }
    others = index["entries"].get(package.name) or []
    version = index_.parsed(package.version)
    older = (
        place for place, entry in enumerate(others) if entry and index_.parsed(entry["version"]) < version
    )
    place = next(older, len(others))
    entries = {**index["entries"], package.name: [*others[:place], new, *others[place:]]}
    return {**index, "entries": dict(sorted(entries.items())), "generated": created}
