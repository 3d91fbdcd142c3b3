"""What pyproject.toml says of the project: its name, and where it can be found."""

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
    """Return an address from [project.urls], without a slash at its end; "" where it is not set.

    Homepage, Source, Changelog and Issues are the well-known ones of
    https://packaging.python.org/en/latest/specifications/well-known-project-urls/; Charts is where the static
    chart repository is served, Registry where the charts are in an OCI registry. Raises UserError for one
    that is no https:// (Registry: oci://) address.
    """
    scheme = "oci" if label == "Registry" else "https"
    found = str(_project().get("urls", {}).get(label, ""))
    if found and not found.startswith(f"{scheme}://"):
        raise UserError(f"pyproject.toml: [project.urls] {label} is {found!r}; write {scheme}://...")
    return found.rstrip("/")


def _project() -> dict[str, dict[str, str]]:
    try:
        return dict(
            tomllib.loads((repository.root() / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        )
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise UserError(f"pyproject.toml cannot be read as a project's: {error}") from None
