"""What invoke says of a command line, without running it."""

from __future__ import annotations

from invoke.collection import Collection
from invoke.exceptions import ParseError
from invoke.parser import Parser

import tasks


def task_fault(words: list[str]) -> str:
    """Say what invoke finds wrong in a task and its arguments; "" where they are right."""
    try:
        Parser(contexts=Collection.from_module(tasks).to_contexts()).parse_argv(words)
    except ParseError as error:
        return str(error)
    return ""
