"""Options of tasks: for a value that is no number, a message in place of invoke's traceback."""

from __future__ import annotations

import functools
from typing import Any

from invoke.parser.argument import Argument
from invoke.tasks import Task
from invoke.tasks import task as invoke_task

from ci.base.errors import UserError


class _Option(Argument):
    def set_value(self, value: Any, cast: bool = True) -> None:
        try:
            super().set_value(value, cast)
        except ValueError:
            expected = "a whole number" if self.kind is int else "a number"
            raise UserError(f"--{self.names[0]} {value}: expected {expected}") from None


class _Task(Task[Any]):
    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        return [
            _Option(
                names=one.names,
                kind=one.kind,
                default=one.default,
                help=one.help,
                positional=one.positional,
                optional=one.optional,
                incrementable=one.incrementable,
                attr_name=one.attr_name,
            )
            for one in super().get_arguments(ignore_unknown_help)
        ]


# As invoke's own decorator.
task = functools.partial(invoke_task, klass=_Task)
