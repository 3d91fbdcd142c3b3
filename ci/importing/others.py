"""Sources of other forms than manifests: values of other charts, and Compose files."""

from __future__ import annotations

from collections.abc import Sequence

from ci.base.errors import UserError
from ci.base.suggestions import did_you_mean
from ci.importing.charts import reading
from ci.importing.plaintext import without_secrets
from ci.importing.source import Source

FORMS = (*reading.CHARTS,)


def read(form: str, files: Sequence[str], service: str, secrets: bool) -> Source:
    """Return what files of a form, one of ``FORMS``, say as objects.

    Unless ``secrets``, what looks like a secret is in a Secret, whose values stay out of the values. Raises
    UserError for an unknown form, and for files that cannot be read.
    """
    if form not in FORMS:
        raise UserError(f"--from {form}: expected one of {', '.join(FORMS)}{did_you_mean(form, FORMS)}")
    source = reading.read(form, files, service)
    return source if secrets else without_secrets(source, f"credentials-{service}")
