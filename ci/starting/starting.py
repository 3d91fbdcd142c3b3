"""``invoke new``: a starting set for a service, written whole or not at all."""

from __future__ import annotations

from ci.base.console import err, out
from ci.base.errors import UserError
from ci.base.files import write_whole
from ci.base.repository import shown
from ci.starting import pipelines, values_set
from ci.starting.answers import Answers


def run(answers: Answers, ci: str = "", force: bool = False) -> None:
    """Write the values files of a service, and its pipeline of the kind ``ci`` unless that is "".

    Raises UserError, before anything is written, for a file that is there already unless ``force``.
    """
    texts = values_set.files(answers)
    reached = values_set.deployed_by_pipeline(answers)
    if ci:
        texts |= pipelines.files(ci, answers, reached)
    there = [path for path, text in texts.items() if path.exists() and path.read_text("utf-8") != text]
    if there and not force:
        names = ", ".join(map(shown, there))
        raise UserError(f"{names}: there already; choose another name, or replace with --force")
    for path, text in texts.items():
        write_whole(path, text)
        out.out(f"wrote {shown(path)}")
    values = f"values/{answers.service}"
    err.print(f"Check them: invoke lint {values}.yaml {values}/*.yaml", markup=False)
    err.print("Then accept what they render, for the tests: invoke golden --update", markup=False)
    if missing := pipelines.to_add_by_hand(ci):
        err.print(missing, markup=False)
    if ci and reached:
        secrets = ", ".join(map(pipelines.secret, reached))
        err.print(f"The pipeline needs a kubeconfig in each of these secrets: {secrets}", markup=False)
