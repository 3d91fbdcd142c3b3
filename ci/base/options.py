"""What invoke lacks: positional arguments that are optional or several, --help beside them, plain errors."""

from __future__ import annotations

import functools
from typing import Any

from invoke.parser.argument import Argument
from invoke.parser.parser import ParseMachine
from invoke.tasks import Task
from invoke.tasks import task as invoke_task

from ci.base.errors import UserError, of_system

_HELP = ("-h", "--help")


class _Option(Argument):
    # What a positional argument is if it is left out.
    left_out: Any = None

    def set_value(self, value: Any, cast: bool = True) -> None:
        try:
            super().set_value(value, cast)
        except ValueError:
            expected = "a whole number" if self.kind is int else "a number"
            raise UserError(f"--{self.names[0]} {value}: expected {expected}") from None


class _Several(_Option):
    """Takes every word that no option takes: it is asked for until the task's own words end."""

    ended = False

    @property
    def value(self) -> Any:
        if not self.ended:
            return None
        return self._value or ([] if self.optional else None)

    @value.setter
    def value(self, word: str) -> None:
        self._value = [*(self._value or []), word]


class _Task(Task[Any]):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().__call__(*args, **kwargs)
        except OSError as error:
            raise of_system(error) from error

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        return [_option(one) for one in super().get_arguments(ignore_unknown_help)]


def _option(one: Argument) -> _Option:
    made = (_Several if one.positional and one.kind is list else _Option)(
        names=one.names,
        kind=one.kind,
        # invoke takes a word for a positional argument only while that has no value.
        default=None if one.positional else one.default,
        help=one.help,
        positional=one.positional,
        optional=one.optional,
        incrementable=one.incrementable,
        attr_name=one.attr_name,
    )
    made.left_out = one.default
    return made


_complete_context = ParseMachine.complete_context


def _complete_with_defaults(machine: ParseMachine) -> None:
    for one in machine.context.positional_args if machine.context else ():
        if isinstance(one, _Several):
            one.ended = True
        elif isinstance(one, _Option) and one.value is None and one.left_out is not None:
            one.set_value(one.left_out, cast=False)
    _complete_context(machine)


# There is no other place at which a default could come in: whoever asks for what is missing, be it to take a
# word for it or to complain, asks by the same property.
ParseMachine.complete_context = _complete_with_defaults  # type: ignore[assignment]

_handle = ParseMachine.handle


def _handle_help(machine: ParseMachine, word: str) -> None:
    context = machine.context
    waiting = context.missing_positional_args if context and not machine.waiting_for_flag_value else []
    if word in _HELP and waiting:
        machine.initial.flags[word].value = context.name
        # They are not asked for any more.
        for one in waiting:
            if isinstance(one, _Several):
                one.value, one.ended = "", True
            else:
                one.set_value("", cast=False)
    else:
        _handle(machine, word)


# invoke takes the first words after a task for its positional arguments, --help among them.
ParseMachine.handle = _handle_help  # type: ignore[assignment, method-assign]

# As invoke's own decorator.
task = functools.partial(invoke_task, klass=_Task)
