"""Publishes the packages of the charts; a published version never changes."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from ci.base.console import out, step
from ci.base.errors import UserError
from ci.publishing import packages, provenance
from ci.publishing.chartmuseum import ChartMuseum
from ci.publishing.packages import Package
from ci.publishing.registry import Registry
from ci.publishing.signed_registry import SignedRegistry, by_key, by_workflow
from ci.publishing.static_repository import StaticRepository

# https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(rf"(?:[\w.-]+|\[[\da-fA-F:]+\])(?::\d+)?(?:/{_PART})*", re.ASCII)
# A scheme with one slash or two, which are not the ones above.
_URL = re.compile(r"[A-Za-z][\w+-]*:/")
# What Docker too takes for a host: it has a dot or a port.
_HOST = re.compile(r"(?!\.)[^/]+(?:\.[^/]+|:\d+)(?:/|$)|localhost/")


class Destination(Protocol):
    """Where packages are published."""

    def holds(self, package: Package, signed: bool) -> bool:
        """Return whether the package is there, with its provenance if ``signed``.

        Raises UserError if its version is there with other content.
        """
        ...

    def add(self, packages: Sequence[Package]) -> list[str]:
        """Add packages, with the provenance of those that have one, and return their addresses."""
        ...


def run(
    to: str,
    *,
    dry_run: bool,
    key: str,
    cosign_key: str,
    ca_file: str,
    plain_http: bool,
    keyless: bool = False,
) -> None:
    """Package every chart and publish the unpublished ones: all of them, or none if one is refused.

    ``to`` is a folder or a URL; ``key`` is a secret key of GnuPG, "" for no signature. ``cosign_key``, "" for
    none, and ``keyless``: see ``by_key`` and ``by_workflow`` of signed_registry; ``ca_file`` and
    ``plain_http``: see Registry. Raises UserError with a remedy if something is refused or cannot be reached.
    """
    destination = _destination(to, cosign_key, keyless, ca_file, plain_http)
    try:
        # Not in dist/, which another process may be writing.
        with tempfile.TemporaryDirectory() as temporary:
            made = packages.make(Path(temporary))
            if doubts := packages.doubts(made):
                raise UserError("\n".join(doubts))
            missing = _missing(made, destination, signed=bool(key))
            if dry_run:
                for package in missing:
                    out.out(f"{package} would be added  sha256:{package.sha256}")
            else:
                _add(missing, destination, to, key)
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        raise UserError(f"{what}{error.strerror or error}: what was published before is unchanged") from None


def _missing(wanted: list[Package], destination: Destination, *, signed: bool) -> list[Package]:
    missing = [package for package in wanted if not destination.holds(package, signed)]
    for package in wanted:
        if package not in missing:
            out.out(f"{package} is already published  sha256:{package.sha256}")
    return missing


def _add(wanted: list[Package], destination: Destination, to: str, key: str) -> None:
    for package in wanted:
        if key:
            step(f"signing {package}")
            provenance.sign(package, key)
    step(f"publishing {', '.join(map(str, wanted)) or 'nothing new'}")
    for package, place in zip(wanted, destination.add(wanted), strict=True):
        if not destination.holds(package, signed=bool(key)):
            raise UserError(f"{to} accepted {package} but does not have it")
        out.out(f"{package} is published  sha256:{package.sha256}  {place}")


def _destination(to: str, cosign_key: str, keyless: bool, ca_file: str, plain_http: bool) -> Destination:
    if ca_file and not Path(ca_file).is_file():
        raise UserError(f"--ca-file {ca_file}: no such file")
    scheme, _, rest = to.rpartition("://")
    if scheme and "@" in rest.partition("/")[0]:
        raise UserError(
            f"--to {scheme}://...@...: do not pass credentials on the command line, log in with Helm"
        )
    if cosign_key and keyless:
        raise UserError("--cosign-key and --keyless exclude each other")
    if (cosign_key or keyless) and scheme != "oci":
        option = "--keyless" if keyless else "--cosign-key"
        raise UserError(f"{option} needs --to oci://REGISTRY/PATH, not {to}")
    if scheme == "oci":
        _check_reference(to)
        if cosign_key or keyless:
            signer = by_workflow() if keyless else by_key(cosign_key)
            return SignedRegistry(to, ca_file, plain_http, signer)
        return Registry(to, ca_file, plain_http)
    if scheme in ("https", "http"):
        return ChartMuseum(to, ca_file)
    if not to or _URL.match(to):
        raise UserError(f"--to {to}: expected a folder, oci://REGISTRY/PATH or https://REPOSITORY")
    try:
        folder = Path(to).expanduser()
    except RuntimeError:
        raise UserError(f"--to {to}: there is no such home folder: write the whole path") from None
    if _HOST.match(to) and not folder.exists():
        raise UserError(f"--to {to}: for a registry write oci://{to}, for a folder ./{to}")
    return StaticRepository(folder)


def _check_reference(to: str) -> None:
    path = to.removeprefix("oci://").rstrip("/")
    if _REFERENCE.fullmatch(path):
        return
    host, _, below = path.partition("/")
    lower = f"{host}/{below.lower()}"
    if _REFERENCE.fullmatch(lower):
        raise UserError(f"--to {to}: a path in a registry has no capital letters: oci://{lower}")
    raise UserError(
        f"--to {to}: expected oci://REGISTRY/PATH; PATH has lower-case letters and digits, with . _ - between"
    )
