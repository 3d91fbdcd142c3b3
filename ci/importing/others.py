"""Sources of other forms than manifests: values of other charts, and Compose files."""

from __future__ import annotations

from collections.abc import Sequence

from ci.base.errors import UserError
from ci.base.suggestions import did_you_mean
from ci.importing import plaintext, sources
from ci.importing.charts import reading
from ci.importing.compose import reading as compose
from ci.importing.source import Source

_COMPOSE = "compose"
FORMS = (*reading.CHARTS, _COMPOSE)


def read(form: str, files: Sequence[str], service: str, secrets: bool) -> Source:
    """Return what files of a form, one of ``FORMS``, say as objects.

    Unless ``secrets``, what looks like a secret is in a Secret, whose values stay out of the values. Raises
    UserError for an unknown form, and for files that cannot be read.
    """
    if form not in FORMS:
        raise UserError(f"--from {form}: expected one of {', '.join(FORMS)}{did_you_mean(form, FORMS)}")
    if form == _COMPOSE:
        return compose.read(files, service, secrets)
    source = reading.read(form, files, service)
    if secrets:
        return source
    secret = f"credentials-{service}"
    try:
        objects, keys = plaintext.without_secrets(source.objects, secret)
    except (AttributeError, LookupError, TypeError, ValueError):
        raise refused(form, sources.faults(source.objects)) from None
    left = [*source.left, plaintext.to_make(secret, keys)] if keys else source.left
    return source._replace(objects=objects, left=left)


def refused(form: str, faults: Sequence[str] = ()) -> UserError:
    """Return the error for objects that Kubernetes would refuse, with what is known of their faults."""
    made = f"--from {form}: these files make objects that Kubernetes would refuse; nothing was imported"
    return UserError("\n".join([*faults, made]))
