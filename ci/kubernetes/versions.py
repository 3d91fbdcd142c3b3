"""The Kubernetes versions that the charts support: the one table that tests, README and Chart.yaml follow."""

from __future__ import annotations

from ci.base.errors import UserError

SUPPORTED = ("1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36", "1.37")
OLDEST = SUPPORTED[0]
NEWEST = SUPPORTED[-1]


def require_supported(version: str) -> None:
    """Raise UserError where ``version`` is none of ``SUPPORTED``."""
    if version not in SUPPORTED:
        raise UserError(
            f"Kubernetes {version!r} is not supported here; the versions are {', '.join(SUPPORTED)}"
        )
