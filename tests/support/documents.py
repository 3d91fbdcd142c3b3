"""The documents of this repository, for those who read them."""

from __future__ import annotations

from ci.base.repository import root

DOCUMENTS = [
    *(root() / "README.md", root() / "CONTRIBUTING.md"),
    *sorted(root().glob("docs/*.md")),
    *sorted(root().glob("charts/*/README.md")),
]
