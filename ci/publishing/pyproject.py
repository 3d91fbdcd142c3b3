"""The project's name, licence and addresses, from pyproject.toml."""

from __future__ import annotations

import tomllib

from ci.base import repository
from ci.base.errors import UserError


def name() -> str:
    """Return the project's name."""
    return str(_project()["name"])


def license() -> str:
    """Return the SPDX expression of the project's licence."""
    return str(_project().get("license", ""))


def address(label: str) -> str:
    """Return a URL from [project.urls], without a slash at its end; "" if it is not set.

    Homepage, Source, Changelog and Issues are the well-known labels of
    https://packaging.python.org/en/latest/specifications/well-known-project-urls/; Charts is the static chart
    repository, Registry the folder of the charts in an OCI registry. Raises UserError for a URL that is not
    https:// (Registry: oci://).
    """
    scheme = "oci" if label == "Registry" else "https"
    found = str(_project().get("urls", {}).get(label, ""))
    if found and not found.startswith(f"{scheme}://"):
        raise UserError(f"pyproject.toml: [project.urls] {label} is {found!r}: expected {scheme}://...")
    return found.rstrip("/")


def _project() -> dict[str, dict[str, str]]:
    try:
        return dict(
            tomllib.loads((repository.root() / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        )
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise UserError(f"pyproject.toml cannot be read: {error}") from None
