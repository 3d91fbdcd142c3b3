"""Reads values files as Helm reads them."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from ci.base import kubernetes_yaml
from ci.base.errors import UserError
from ci.base.repository import shown


@functools.cache
def read_values(file: Path) -> dict[str, Any]:
    """Return what a values file says, read as Helm reads it; nobody may change what is returned.

    Raise UserError where Helm would refuse the file, and where it would drop a part without a word: a key
    written twice, a second document.
    """
    name = shown(file)
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{name}: there is no such values file") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{name}: byte {error.start + 1} is not UTF-8; a values file is YAML text") from None
    except OSError as error:
        raise UserError(f"{name}: cannot be read: {error.strerror}; a values file is YAML text") from None
    values = kubernetes_yaml.load(text, name)
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise UserError(
            f"{name}, line 1, column 1: no mapping; a values file gives a chart's keys: `replicaCount: 2`"
        )
    return values
