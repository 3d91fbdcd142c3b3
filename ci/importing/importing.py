"""``invoke import``: manifests as values of the chart, with the proof of what they become."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from invoke.exceptions import Exit

from ci.base.console import err, out
from ci.base.errors import UserError
from ci.base.files import write_whole
from ci.base.repository import root
from ci.charts import catalog
from ci.charts.helm import HelmError
from ci.importing import others, sources, takeover
from ci.importing.draft import Draft, Values, Wishes
from ci.importing.live import Live
from ci.importing.mapping import mapped, text
from ci.importing.proof import Proof, prove, take_back
from ci.importing.report import not_carried_over, report
from ci.importing.selection import select
from ci.importing.source import Source

NOT_CARRIED = 2


def run(
    from_: Sequence[str],
    service: str = "",
    output: str = "",
    *,
    exact: bool = False,
    secrets: bool = False,
    force: bool = False,
    exit_code: bool = False,
    form: str = "",
    live: Live | None = None,
) -> None:
    """Print the values for the manifests in ``from_``, or write them to ``output``, and print the report.

    With ``form``, one of ``others.FORMS``, ``from_`` are no manifests but files of that form. With ``live``
    the objects are those of a cluster, and the report ends with how to take them over. With ``exact`` the
    values take back what the chart makes safer; with ``secrets`` they hold those of Secrets; with
    ``exit_code`` raise Exit with 2 if something is not carried over. Raises UserError, before anything is
    written, for nothing to import, for what cannot be read or mapped, for a ``form`` of what is ``live``, and
    for an ``output`` that is there already unless ``force``; and, after the values are written, if the chart
    refuses them.
    """
    if output and not force and Path(output).exists():
        raise UserError(f"{output} is there already; choose another --output, or replace it with --force")
    if not (from_ or live):
        raise UserError(
            "import what? Name files or folders, such as k8s/, or - for standard input, or add --live"
        )
    if live and form:
        raise UserError("--live reads the objects of a cluster, which have no --from: use one of them")
    if live:
        source = Source(live.objects)
    else:
        source = others.read(form, from_, service, secrets) if form else Source(sources.read(from_))
    objects = source.objects
    try:
        selection = select(objects, service, live.chosen if live else None)
        if live and not service and (release := live.releases.get(selection.workload)):
            selection = selection._replace(name=release)
        draft = mapped(selection, Wishes(exact, secrets, live is not None))
    except (AttributeError, LookupError, TypeError, ValueError):
        # Fields of a wrong type are not looked for before: that takes as long as all the rest.
        if faults := sources.faults(objects):
            raise UserError(
                "\n".join([*faults, f"\n{len(faults)} problem(s) found; nothing was imported"])
            ) from None
        if form:
            raise others.refused(form) from None
        raise
    with tempfile.TemporaryDirectory() as folder:
        try:
            proof, refused = _proven(draft, Path(folder)), None
        except HelmError as error:
            proof, refused = None, error
    if output:
        write_whole(Path(output), _schema_line(Path(output)) + text(draft.values))
    else:
        out.out(text(draft.values), end="")
    if proof is None:
        place = f"those in {output}" if output else "the values above"
        lines = [
            f"the chart refuses {place}, so nothing is proven; change them:",
            str(refused).partition("\n")[2],
        ]
        raise UserError("\n".join([*lines, *sources.faults(selection.objects), *source.left]))
    for line in report(selection, draft, proof, source):
        err.out(line)
    if live:
        for line in takeover.path(selection, draft, proof, live, output):
            err.out(line)
    if exit_code and not_carried_over(draft, proof, source):
        raise Exit("something is not carried over", NOT_CARRIED)


def _proven(draft: Draft, folder: Path) -> Proof:
    """Render the draft's values and compare; with ``exact`` again, after all that differs is taken back."""
    proof = prove(draft, _written(draft.values, folder / "values.yaml"))
    if draft.wishes.exact and proof.safer:
        take_back(draft.values, proof)
        proof = prove(draft, _written(draft.values, folder / "exact.yaml"))
    return proof


def _written(values: Values, file: Path) -> Path:
    write_whole(file, text(values))
    return file


def _schema_line(output: Path) -> str:
    """Return the comment by which an editor finds the chart's schema, for a file in this repository."""
    if not output.resolve().is_relative_to(root()):
        return ""
    schema = catalog.service_chart().path / "values.schema.json"
    return f"# yaml-language-server: $schema={os.path.relpath(schema, output.resolve().parent)}\n"
