"""What ``invoke lint FILE...`` and ``invoke render`` print of the files and cases that a user names."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from invoke.exceptions import Exit

from ci.base import cpus
from ci.base.console import out
from ci.base.errors import UserError
from ci.charts import helm, overlays
from ci.charts.overlays import Overlays
from ci.checks import cases, formats, values_files
from ci.kubernetes.versions import require_supported
from ci.values.document import Fault

# Exit codes.
FOUND = 1
UNREADABLE = 2


def lint(words: Sequence[str], kube_version: str = "", format_: str = "text") -> None:
    """Print the faults of the services that the words name, as ``overlays.read`` reads them.

    Raises Exit with FOUND where there is an error among them, and with UNREADABLE, after what can be read is
    printed, for a file that cannot be read, and for an unknown format or Kubernetes version.
    """
    with _wrong_use():
        if kube_version:
            require_supported(kube_version)
        formats.formatted([], format_)
    with tempfile.TemporaryDirectory() as folder:
        services, unreadable = _read(words, Path(folder))
        with ThreadPoolExecutor(max_workers=cpus.available()) as pool:
            results = list(pool.map(lambda service: _faults(service, kube_version), services))
    unreadable += [str(result) for result in results if isinstance(result, UserError)]
    each = [[] if isinstance(result, UserError) else result for result in results]
    # A service's own file is read for each of its environments.
    faults = list(dict.fromkeys(fault for found in each for fault in found))
    out.out(formats.formatted(faults, format_), end="")
    errors = [fault for fault in faults if not fault.warning]
    if unreadable:
        raise Exit("\n".join(dict.fromkeys(unreadable)), UNREADABLE)
    if errors:
        raise Exit(f"{len(errors)} problem(s) found", FOUND)
    if format_ == "text":
        for service, found in zip(services, each, strict=True):
            out.out(f"{service}: {f'{len(found)} warning(s)' if found else 'nothing found'}")


def render(words: Sequence[str], kube_version: str) -> None:
    """Print what each word renders to, which names a case, or a service as ``overlays.read`` reads it.

    Raises UserError for an unknown case and with everything that is wrong with values; Exit with UNREADABLE
    for a file that cannot be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        for word in words:
            if overlays.is_file(word):
                out.out(_rendered(word, Path(folder), kube_version), end="")
            else:
                cases.render(word, kube_version)


def _rendered(word: str, folder: Path, kube_version: str) -> str:
    with _wrong_use():
        service = overlays.read(word, folder)
        faults = values_files.of_each_file(service)
    if service.case is None:
        raise Exit(f"{word}: holds environments; name a values file of a service", UNREADABLE)
    if not faults:
        try:
            return helm.render(service.case, helm.ENGINES[-1], kube_version)
        except helm.HelmError as error:
            faults = values_files.of_refusal(service, error)
    raise UserError("\n".join(map(str, faults)))


def _read(words: Sequence[str], folder: Path) -> tuple[list[Overlays], list[str]]:
    """Return the services that the words name, and what is wrong with those that cannot be read."""
    services, unreadable = [], []
    for word in words:
        try:
            services.append(overlays.read(word, folder))
        except UserError as error:
            unreadable.append(str(error))
    return services, unreadable


def _faults(service: Overlays, kube_version: str) -> list[Fault] | UserError:
    try:
        return values_files.faults(service, kube_version)
    except UserError as error:
        return error


@contextmanager
def _wrong_use() -> Iterator[None]:
    try:
        yield
    except UserError as error:
        raise Exit(str(error), UNREADABLE) from None
