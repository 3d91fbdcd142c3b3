"""A positional argument with a default may be left out, and an error of the system is one message."""

from __future__ import annotations

import errno
import os

import pytest
from invoke.collection import Collection
from invoke.context import Context
from invoke.exceptions import ParseError
from invoke.parser import Parser
from invoke.program import Program

from ci.base.errors import UserError
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


def test_help_may_be_the_value_of_an_option() -> None:
    (found,) = parsed("rollback staging --service --help")
    assert found["service"] == "--help"


@task
def write(_: Context, code: int, file: str = "") -> None:
    """Meet an error of the system."""
    raise OSError(code, os.strerror(code), *([file] if file else []))


@pytest.mark.parametrize(
    ("code", "file", "message"),
    [
        (
            errno.ENOSPC,
            "dist/a.tgz",
            "dist/a.tgz: No space left on device: free some space there, or use another folder",
        ),
        (
            errno.EROFS,
            "dist",
            "dist: Read-only file system: make it writable, or use another folder: a copy of",
        ),
        (
            errno.EACCES,
            "dist",
            "dist: Permission denied: give this user access, or use another folder: a copy",
        ),
        (errno.EMFILE, "", "Too many open files: allow more open files: ulimit -n 4096"),
        (
            errno.ENOEXEC,
            "/cache/helm",
            "/cache/helm: Exec format error: it is damaged or for another machine: remove",
        ),
        (errno.EIO, "", "Input/output error"),
    ],
)
def test_an_error_of_the_system_in_any_task_is_one_message(code: int, file: str, message: str) -> None:
    with pytest.raises(UserError) as raised:
        write(Context(), code, file)
    assert str(raised.value).startswith(message)


@task(positional=["sources"])
def read(_: Context, sources: list[str] = [], output: str = "") -> None:  # noqa: B006
    """Stand in for a task that takes several words."""


@task(positional=["files"], optional=["files"])
def check(_: Context, files: list[str] = [], output: str = "") -> None:  # noqa: B006
    """Stand in for a task that takes several words or none."""


def read_words(words: str) -> dict[str, object]:
    (found,) = Parser(contexts=Collection(read, check, build).to_contexts()).parse_argv(words.split())
    return found.as_kwargs


@pytest.mark.parametrize(
    ("words", "files"), [("check", []), ("check --output f", []), ("check a - --output f b", ["a", "-", "b"])]
)
def test_an_optional_positional_list_may_be_left_out(words: str, files: list[str]) -> None:
    assert read_words(words)["files"] == files


@pytest.mark.parametrize("words", ["read a - c", "read a --output f - c", "read a - c --output f"])
def test_a_positional_list_takes_every_word(words: str) -> None:
    assert read_words(words)["sources"] == ["a", "-", "c"]


def test_a_positional_list_needs_a_word() -> None:
    with pytest.raises(ParseError, match="did not receive required positional arguments: 'sources'"):
        read_words("read --output f")


@pytest.mark.parametrize(
    "words",
    ["rollback --help", "rollback staging -h", "rollback --service api --help", "read -h", "check --help"],
)
def test_help_is_no_positional_argument(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    program = Program(namespace=Collection(rollback, read, check))
    program.run(["invoke", *words.split()], exit=False)
    assert "Stand in for a task" in capsys.readouterr().out
