"""Reproducible archives: the same files give the same bytes on every machine."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping

import deflate

_BEST = 12


def pack(files: Mapping[str, bytes], time: int) -> bytes:
    """Return a .tar.gz of ``files`` (path in the archive: content) in this order.

    Every file has the date ``time`` (seconds since 1970), mode 0644, owner 0 and a name in UTF-8; the gzip
    header has no name, time or operating system. The compressor is the libdeflate that ci/requirements.txt
    locks: the output of Python's zlib depends on the machine's zlib, that of helm package on the version of
    Helm.
    """
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT, encoding="utf-8") as archive:
        for path in files:
            entry = tarfile.TarInfo(path)
            entry.size = len(files[path])
            entry.mtime = time
            archive.addfile(entry, io.BytesIO(files[path]))
    return bytes(deflate.gzip_compress(tar.getvalue(), _BEST))


def unpack(archive: bytes) -> dict[str, bytes]:
    """Return the files of a .tar.gz (path in the archive: content)."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz", encoding="utf-8") as opened:
        entries = ((entry.name, opened.extractfile(entry)) for entry in opened)
        return {name: content.read() for name, content in entries if content}
