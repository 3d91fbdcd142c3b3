"""Archives of the same files are the same bytes, here and everywhere."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile

import pytest

from ci.publishing import archive

# Words that repeat at many distances, so that the compressor has something to choose from.
WORDS = [hashlib.sha256(bytes([number % 89])).hexdigest()[: 2 + number % 7] for number in range(20000)]
FILES = {f"shop/{name}.yaml": f"{name}: {' '.join(WORDS)}\n".encode() for name in ("b", "a", "é")}


def test_these_files_are_these_bytes_on_every_machine() -> None:
    """Where this fails, tarfile or libdeflate gives other bytes than elsewhere: packages would differ too."""
    packed = archive.pack(FILES, 1700000000)
    assert hashlib.sha256(packed).hexdigest() == (
        "705290a85954c1d37583066a80d1cd79900314f2c158bfaa2865dce435a1f39f"
    )


def test_a_name_is_in_utf8_in_every_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = archive.pack(FILES, 1700000000)
    monkeypatch.setattr(tarfile.TarFile, "encoding", "iso-8859-1")
    assert archive.pack(FILES, 1700000000) == packed
    assert archive.unpack(packed) == FILES


def test_nothing_tells_who_made_it_where_or_when() -> None:
    packed = archive.pack(FILES, 1700000000)
    # RFC 1952: no flags, no time, best compression, unknown system.
    assert packed[:10] == bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 255])
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed)), encoding="utf-8") as opened:
        entries = opened.getmembers()
    assert [entry.name for entry in entries] == list(FILES)
    for entry in entries:
        metadata = (entry.mode, entry.uid, entry.gid, entry.uname, entry.gname, entry.mtime)
        assert metadata == (0o644, 0, 0, "", "", 1700000000)


def test_what_was_packed_is_unpacked() -> None:
    assert archive.unpack(archive.pack(FILES, 0)) == FILES
