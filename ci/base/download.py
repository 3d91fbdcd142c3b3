"""Downloads the official release of a pinned program and verifies its sha256."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from ci.base import network
from ci.base.console import progress
from ci.base.errors import Unavailable, UserError

CONNECT_SECONDS = 10
SILENCE_SECONDS = 30


def from_release(url: str, sha256: str, member: str, folder: Path) -> Path:
    """Download a release into ``folder`` and return the path of the program in it.

    ``member`` is the program's path in the archive, "" if the release is the program itself. Raises
    Unavailable if the release cannot be downloaded, UserError if it is not the pinned one.
    """
    archive = folder / "archive"
    actual = _download(url, archive)
    if actual != sha256:
        raise UserError(
            f"{url} has a wrong checksum: expected sha256 {sha256}, got {actual}. Nothing of it was kept. "
            "Something between this machine and the publisher changes the file: try another network."
        )
    if not member:
        return archive
    program = folder / "program"
    with tarfile.open(archive) as files, program.open("wb") as out:
        content = files.extractfile(member)
        if content is None:
            raise UserError(f"{url}: {member} in it is not a file")
        shutil.copyfileobj(content, out)
    return program


def obstacle(url: str) -> str:
    """Return why a HEAD request for ``url`` has no success, "" if it has."""
    try:
        with network.client(follow_redirects=True, timeout=CONNECT_SECONDS) as client:
            client.head(url).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL, UserError) as error:
        if network.is_untrusted(error):
            return _explained(url, error)
        return f"{urlsplit(url).netloc} cannot be reached: {error or type(error).__name__}"
    return ""


def _download(url: str, target: Path) -> str:
    """Download ``url`` to the file ``target`` and return its sha256."""
    timeout = httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
    # Otherwise a server could mark an archive as gzip-encoded, and it would be unpacked on the way.
    unencoded = {"Accept-Encoding": "identity"}
    digest = hashlib.sha256()
    try:
        with (
            network.client(follow_redirects=True, timeout=timeout, headers=unencoded) as client,
            client.stream("GET", url) as response,
            progress(f"downloading {url}") as report,
            target.open("wb") as file,
        ):
            response.raise_for_status()
            total = int(response.headers.get("Content-Length", 0)) or None
            for chunk in response.iter_raw():
                file.write(chunk)
                digest.update(chunk)
                report(file.tell(), total)
    except (httpx.HTTPError, httpx.InvalidURL, UserError) as error:
        raise Unavailable(_explained(url, error)) from error
    return digest.hexdigest()


def _explained(url: str, error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"{url}: HTTP {error.response.status_code}"
    if network.is_untrusted(error):
        host = httpx.URL(url).host
        return (
            f"the certificate of {host} is not trusted ({error}): add the certificate of its CA, such as "
            f"your company's, to the system's, or name its file in {network.CERTIFICATES}"
        )
    if isinstance(error, UserError):
        return str(error)
    return f"{url}: {error or type(error).__name__}"
