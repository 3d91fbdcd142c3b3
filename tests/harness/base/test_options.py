"""A positional argument with a default may be left out; one without it is asked for."""

from __future__ import annotations

import pytest
from invoke.collection import Collection
from invoke.context import Context
from invoke.exceptions import ParseError
from invoke.parser import Parser

from ci.base.options import task


@task(positional=["environment", "revision"])
def rollback(_: Context, environment: str, revision: int = 0, service: str = "") -> None:
    """Stand in for a task."""


@task
def build(_: Context) -> None:
    """Stand in for another one."""


def parsed(words: str) -> list[dict[str, object]]:
    contexts = Collection(rollback, build).to_contexts()
    return [context.as_kwargs for context in Parser(contexts=contexts).parse_argv(words.split())]


@pytest.mark.parametrize(
    ("words", "revision"),
    [
        ("rollback staging", 0),
        ("rollback staging 3", 3),
        ("rollback staging --service api 3", 3),
        ("rollback staging --revision 3", 3),
        ("rollback --revision 3 staging", 3),
    ],
)
def test_a_positional_argument_with_a_default_may_be_left_out(words: str, revision: int) -> None:
    (found,) = parsed(words)
    assert (found["environment"], found["revision"]) == ("staging", revision)


def test_a_positional_argument_without_a_default_is_asked_for() -> None:
    with pytest.raises(ParseError, match="did not receive required positional arguments: 'environment'"):
        parsed("rollback")


def test_a_word_too_many_is_refused() -> None:
    with pytest.raises(ParseError, match="No idea what '4' is"):
        parsed("rollback staging 3 4")
