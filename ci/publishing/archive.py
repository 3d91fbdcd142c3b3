"""Archives that are the same bytes wherever and whenever they are made."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping

import deflate

_BEST = 12


def pack(files: Mapping[str, bytes], time: int) -> bytes:
    """Return a .tar.gz of files (path in the archive: content), all dated ``time`` (seconds since 1970).

    They keep their order. Nothing else of where it is made gets in: mode 0644, owned by nobody in particular;
    the gzip header has no name, time or system. The compressor is libdeflate, in the version that
    ci/requirements.txt locks: what Python's own zlib gives hangs on which zlib a machine has, and whatever
    helm package uses is another one in each Helm.
    """
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in files:
            entry = tarfile.TarInfo(path)
            entry.size = len(files[path])
            entry.mtime = time
            archive.addfile(entry, io.BytesIO(files[path]))
    return bytes(deflate.gzip_compress(tar.getvalue(), _BEST))


def unpack(archive: bytes) -> dict[str, bytes]:
    """Return the files of a .tar.gz: path in the archive, and content."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as opened:
        entries = ((entry.name, opened.extractfile(entry)) for entry in opened)
        return {name: content.read() for name, content in entries if content}
