"""Web pages of one file each: their style is in them, and a Content-Security-Policy allows nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

_SHARED = Path(__file__).with_name("page.css")


def template(file: Path, filters: Mapping[str, Callable[..., object]]) -> Template:
    """Return the Jinja template of a page, which escapes what is put into it."""
    environment = Environment(
        loader=FileSystemLoader(file.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(filters)
    return environment.get_template(file.name)


def style(own: Path) -> str:
    """Return what all pages share, and a page's own style after it."""
    return _SHARED.read_text(encoding="utf-8") + own.read_text(encoding="utf-8")


def hash_of(text: str) -> str:
    """Return the hash of an inline style or script for a Content-Security-Policy (https://www.w3.org/TR/CSP3/)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
