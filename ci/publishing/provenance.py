"""Provenance files, by which helm verify knows who made a package."""

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

# What gpg says where its agent cannot ask for a passphrase, and what gives it to the agent before.
_NO_TERMINAL = re.compile(r"Inappropriate ioctl|No pinentry")
_REMEDY = """\
it asks for the passphrase on a terminal; where there is none, give it to GnuPG's agent before:
gpg --batch --pinentry-mode loopback --passphrase-file FILE --local-user {key} --output OTHER --sign ANY"""


def sign(package: Package, key: str) -> None:
    """Write the provenance of a package beside it, signed with the secret key that GnuPG knows as ``key``.

    The form is Helm's, https://helm.sh/docs/topics/provenance/: Chart.yaml and checksums as one clear-signed
    text. helm package --sign would read the key from a file that GnuPG no longer keeps; here GnuPG signs, and
    its agent asks for the passphrase. Raises UserError where GnuPG is missing or refuses.
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
        # "=" would look for this text alone; a fingerprint, an address and a part of a name are all right.
        command = ["gpg", "--clear-sign", "--digest-algo", "SHA512", "--local-user", key]
        try:
            run([*command, "--output", signed, text], f"signing {package.path.name}", interactive=True)
        except CommandError as error:
            remedy = f"\n{_REMEDY.format(key=key)}" if _NO_TERMINAL.search(error.output) else ""
            raise UserError(f"{error}{remedy}") from None
        write_whole(package.provenance, signed.read_bytes())
