"""Parses command lines of invoke without running them."""

from __future__ import annotations

import functools

from invoke.collection import Collection
from invoke.exceptions import ParseError
from invoke.parser import Parser
from invoke.parser.context import ParserContext

import tasks


@functools.cache
def _contexts() -> list[ParserContext]:
    """What each task takes; a parser keeps none of it."""
    contexts: list[ParserContext] = Collection.from_module(tasks).to_contexts()
    return contexts


def task_fault(words: list[str]) -> str:
    """Return invoke's error for a task and its arguments, "" if they are valid."""
    try:
        Parser(contexts=_contexts()).parse_argv(words)
    except ParseError as error:
        return str(error)
    return ""
