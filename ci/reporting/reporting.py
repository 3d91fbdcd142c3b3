"""Writes one HTML page: what changes since another commit, the objects, what lint finds, and the quotas."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from markupsafe import Markup

from ci.base import git, page, repository
from ci.base.console import out, step
from ci.base.errors import UserError
from ci.base.files import write_whole
from ci.base.repository import root, shown
from ci.charts import environments
from ci.kubernetes.masking import HIDDEN
from ci.reporting import earlier, graph, resources, states, views
from ci.reporting.changes import REFUSED
from ci.reporting.states import Part, State

_PARTS = Path(__file__).parent / "page"
DEFAULT = "build/report.html"


def run(ref: str, output: str) -> None:
    """Write the page to the file ``output``, by default DEFAULT in the repository, and print its path.

    ``ref`` names the commit to compare with, "" for none. Raise UserError for an unknown one, and where there
    is nothing to report.
    """
    path = Path(output) if output else root() / DEFAULT
    commit = earlier.commit_of(ref) if ref else ""
    wanted = states.parts()
    if not wanted:
        raise UserError(
            "values/ has no service in an environment: invoke new SERVICE writes the first one, "
            f"and {shown(environments.file())}"
        )
    step(f"rendering {len(wanted)} services and namespaces")
    now = states.states(wanted)
    before = _before(ref, commit, now) if commit else {}
    write_whole(path, render(now, before, ref, commit))
    out.out(shown(path.absolute()))


def _before(ref: str, commit: str, now: Mapping[Part, State]) -> dict[Part, State]:
    with earlier.checked_out(commit) as folder:
        try:
            with repository.elsewhere(folder):
                wanted = states.parts()
        except UserError as error:
            raise UserError(f"at {ref}: {error}") from None
        step(f"rendering {ref}")
        return states.earlier_states(wanted, now)


def render(now: Mapping[Part, State], before: Mapping[Part, State], ref: str, commit: str) -> str:
    """Return the page; ``ref`` and ``commit`` are "" if it compares with nothing."""
    parts = [
        views.part_view(part, now.get(part), before.get(part), bool(ref))
        for part in [*now, *(part for part in before if part not in now)]
    ]
    environments = dict.fromkeys(part.environment for part in now)
    style = page.style(_PARTS / "style.css")
    return page.template(
        _PARTS / "report.html", {"percent": views.percent, "shortened": views.shortened}
    ).render(
        ref=ref,
        commit=commit[:10],
        head=git.head(root())[:10],
        parts=parts,
        rooms=[views.room(environment, now, before) for environment in environments],
        compute=resources.COMPUTE,
        width=graph.WIDTH,
        height=graph.HEIGHT,
        amount=resources.shown,
        hidden=HIDDEN,
        refused=REFUSED,
        style=Markup(style),  # noqa: S704
        style_hash=page.hash_of(style),
    )
