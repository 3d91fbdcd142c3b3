"""Publishes the packages of the charts, and never another package of a published version."""

from __future__ import annotations

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
from ci.publishing.signed_registry import SignedRegistry
from ci.publishing.static_repository import StaticRepository


class Destination(Protocol):
    """Where packages are published."""

    def holds(self, package: Package, signed: bool) -> bool:
        """Whether the package is there, with its provenance if ``signed``; UserError for other bytes."""
        ...

    def add(self, packages: Sequence[Package]) -> list[str]:
        """Add packages, each with its provenance where that lies beside it; return where they are then."""
        ...


def run(to: str, *, dry_run: bool, key: str, cosign_key: str, ca_file: str, plain_http: bool) -> None:
    """Package every chart and publish what is not there yet: all, or nothing where one would be refused.

    ``to`` is a folder or an address; ``key`` is what GnuPG knows a secret key by, "" for no signature. For
    ``cosign_key`` see SignedRegistry, "" for none; for ``ca_file`` and ``plain_http`` see Registry. Raises
    UserError with what to do where something is refused or cannot be reached.
    """
    destination = _destination(to, cosign_key, ca_file, plain_http)
    try:
        # Not in dist/, which another run may be renewing.
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
        raise UserError(f"{what}{error.strerror or error}: what was published before is as it was") from None


def _missing(wanted: list[Package], destination: Destination, *, signed: bool) -> list[Package]:
    missing = [package for package in wanted if not destination.holds(package, signed)]
    for package in wanted:
        if package not in missing:
            out.out(f"{package} is there already  sha256:{package.sha256}")
    return missing


def _add(wanted: list[Package], destination: Destination, to: str, key: str) -> None:
    for package in wanted:
        if key:
            step(f"signing {package}")
            provenance.sign(package, key)
    step(f"publishing {', '.join(map(str, wanted)) or 'nothing new'}")
    for package, place in zip(wanted, destination.add(wanted), strict=True):
        if not destination.holds(package, signed=bool(key)):
            raise UserError(f"{to} took {package} without a complaint, and does not have it")
        out.out(f"{package} is published  sha256:{package.sha256}  {place}")


def _destination(to: str, cosign_key: str, ca_file: str, plain_http: bool) -> Destination:
    if ca_file and not Path(ca_file).is_file():
        raise UserError(f"--ca-file {ca_file}: there is no such file")
    scheme, _, rest = to.rpartition("://")
    if scheme and "@" in rest.partition("/")[0]:
        raise UserError(f"--to {scheme}://...@...: a login does not belong on a command line; Helm keeps it")
    if cosign_key and scheme != "oci":
        raise UserError(f"--cosign-key signs in a registry, --to oci://REGISTRY/PATH, and not in {to}")
    if cosign_key:
        return SignedRegistry(to, ca_file, plain_http, cosign_key)
    if scheme == "oci":
        return Registry(to, ca_file, plain_http)
    if scheme in ("https", "http"):
        return ChartMuseum(to, ca_file)
    if scheme or not to:
        raise UserError(f"--to {to}: a folder, oci://REGISTRY/PATH or https://REPOSITORY belongs there")
    return StaticRepository(Path(to).expanduser())
