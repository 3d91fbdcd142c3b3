"""Provenance files, with which helm verify authenticates a package."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from ci.base import kubernetes_yaml
from ci.base.errors import UserError
from ci.base.files import write_whole
from ci.base.processes import CommandError, run
from ci.publishing.packages import Package

# gpg's errors if its agent cannot ask for a passphrase.
_NO_TERMINAL = re.compile(r"Inappropriate ioctl|No pinentry")
_REMEDY = """\
it asks for the passphrase on a terminal; without one, give it to GnuPG's agent before:
gpg --batch --pinentry-mode loopback --passphrase-file FILE --local-user {key} --output OTHER --sign ANY"""


def sign(package: Package, key: str) -> None:
    """Write the provenance of a package beside it, signed with GnuPG's secret key ``key``.

    The format is Helm's (https://helm.sh/docs/topics/provenance/): Chart.yaml and checksums, clear-signed.
    helm package --sign reads the key from a file that GnuPG no longer writes; gpg signs here, and its agent
    asks for the passphrase. Raises UserError if GnuPG is missing or fails.
    """
    if not shutil.which("gpg"):
        raise UserError("signing needs GnuPG: install gpg")
    sums = {"files": {package.path.name: f"sha256:{package.sha256}"}}
    metadata, files = (
        kubernetes_yaml.dump([part]).removeprefix("---\n") for part in (package.metadata, sums)
    )
    with tempfile.TemporaryDirectory() as temporary:
        text, signed = Path(temporary) / "text", Path(temporary) / "signed"
        text.write_text(f"{metadata}\n...\n{files}", encoding="utf-8")
        # Not "=" and the key: it may be a fingerprint, an address or a part of a name.
        command = ["gpg", "--clear-sign", "--digest-algo", "SHA512", "--local-user", key]
        try:
            run([*command, "--output", signed, text], f"signing {package.path.name}", interactive=True)
        except CommandError as error:
            remedy = f"\n{_REMEDY.format(key=key)}" if _NO_TERMINAL.search(error.output) else ""
            raise UserError(f"{error}{remedy}") from None
        write_whole(package.provenance, signed.read_bytes())
