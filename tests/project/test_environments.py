"""On other people's machines a task works, or says in one message what to do; the tests pass there too."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from ci.base import programs
from tests.support.checkouts import copied
from tests.support.git_repository import GitRepository

# What means something to a shell, to Helm's options, or in a pattern; a colon separates folders in PATH.
ODD = """a b,c'd"e[x]{y}"""
ODDER = f"{ODD}:z"
CLOSED = "http://127.0.0.1:9"
RENDER = ("render", "api")
# What touches the system: git, files, processes, downloads, versions, packages.
TESTS = (
    "tests/harness/base",
    "tests/harness/deploy/test_commit.py",
    *(f"tests/harness/publishing/test_{name}.py" for name in ("chartmuseum", "committed", "versions")),
    "tests/harness/test_doctor.py",
)
# Settings of git that change what its commands print, write or refuse.
GITCONFIG = """\
[core]
\tautocrlf = true
\tsafecrlf = true
\tabbrev = 4
\tquotePath = false
\texcludesFile = {everything}
\tfsmonitor = false
\thooksPath = /nonexistent
[color]
\tui = always
[column]
\tui = always
[commit]
\tgpgSign = true
[tag]
\tforceSignAnnotated = true
[log]
\tshowSignature = true
[status]
\tshowUntrackedFiles = no
[user]
\tuseConfigOnly = true
"""


class Ended(NamedTuple):
    """The exit code and output of a task."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the repository, which tests must not change."""
    return copied(tmp_path_factory.mktemp("environments") / "checkout")


Invoke = Callable[..., Ended]


@pytest.fixture
def invoke(checkout: Path, record_property: Callable[[str, object], None]) -> Invoke:
    """Runs a task as a person does, and notes what came of it for the list at the end of the run."""

    def run(
        *task: str,
        folder: Path = checkout,
        variables: Mapping[str, str | None] = {},
        within: Sequence[str] = (),
        stdout: int = subprocess.PIPE,
    ) -> Ended:
        """None unsets a variable; ``within`` is a command that runs the one that follows it."""
        changed = {programs.CACHE_VARIABLE: str(programs.cache_folder()), **variables}
        environment = {name: text for name, text in {**os.environ, **changed}.items() if text is not None}
        command = [*within, sys.executable, "-m", "invoke", *task]
        ended = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert "Traceback" not in ended.stderr, ended.stderr
        last = (ended.stderr.strip().splitlines() or ["no message"])[-1].replace(str(folder), "")
        record_property("promise", __doc__)
        record_property("observed", f"{task[0]} {'works' if ended.returncode == 0 else f'ends with: {last}'}")
        return Ended(ended.returncode, ended.stdout or "", ended.stderr)

    return run


@pytest.fixture(scope="module")
def helms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the variable of a cache that has both Helms, also where they are on PATH alone."""
    cache = tmp_path_factory.mktemp("cache")
    for tool in programs.HELM.values():
        place = cache / programs._cached(tool).relative_to(programs.cache_folder())
        place.parent.mkdir(parents=True)
        place.symlink_to(programs.find(tool))
    return {programs.CACHE_VARIABLE: str(cache)}


@pytest.fixture
def mounting() -> Callable[[str], list[str]]:
    """Returns a command that runs another one after a shell command, which may mount file systems."""
    new = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec"]
    tried = shutil.which("unshare") and subprocess.run([*new, "mount -t tmpfs tmpfs /mnt"], check=False)
    if not tried or tried.returncode:
        pytest.skip("this system lets users mount nothing of their own (unshare --user)")
    return lambda before: [*new, f'{before}; cd "$PWD"; exec "$@"', "sh"]


def works(ended: Ended) -> None:
    assert ended.code == 0, ended.err
    assert "kind: Deployment\n" in ended.out


def fails(ended: Ended, *words: str) -> None:
    assert (ended.code, ended.out) == (1, ""), ended.err
    for word in words:
        assert word in ended.err.strip().splitlines()[-1]


@pytest.mark.parametrize("name", [ODD, ODDER])
def test_odd_characters_in_the_path(name: str, invoke: Invoke, tmp_path: Path) -> None:
    folder = copied(tmp_path / name)
    works(invoke(*RENDER, folder=folder))
    assert invoke("package", folder=folder).code == 0
    assert sorted(file.suffix for file in (folder / "dist").iterdir()) == [".tgz", ".tgz"]


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"HOME": None, "XDG_CACHE_HOME": None}, id="no HOME"),
        pytest.param({"HOME": "/nonexistent"}, id="a HOME that is not there"),
        pytest.param(dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), CLOSED), id="a dead proxy"),
        pytest.param({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, id="the locale C"),
        pytest.param({"LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de"}, id="German"),
        pytest.param({"PYTHONDONTWRITEBYTECODE": "1", "TERM": None, "COLUMNS": "1"}, id="a narrow terminal"),
        pytest.param({"PATH": "/usr/bin:/bin:"}, id="the current folder on PATH"),
        pytest.param({"TMPDIR": "/nonexistent"}, id="a TMPDIR that is not there"),
    ],
)
def test_variables(variables: Mapping[str, str | None], invoke: Invoke, helms: dict[str, str]) -> None:
    works(invoke(*RENDER, variables={**helms, **variables}))


def test_no_program_but_those_of_the_cache(invoke: Invoke, helms: dict[str, str], tmp_path: Path) -> None:
    """Neither git nor Helm is on PATH."""
    works(invoke(*RENDER, variables={**helms, "PATH": str(tmp_path)}))


def test_a_user_id_without_a_name(invoke: Invoke, mounting: object) -> None:
    nobody = ["unshare", "--user", "--map-user=123456", "--map-group=123456"]
    works(invoke(*RENDER, variables={"HOME": None}, within=nobody))
    homeless = dict.fromkeys(("HOME", "XDG_CACHE_HOME", programs.CACHE_VARIABLE))
    ended = invoke(*RENDER, variables=homeless, within=nobody)
    fails(ended, "(id 123456) has no home folder", f"set HOME, or {programs.CACHE_VARIABLE}")


def test_a_folder_that_cannot_be_written(
    invoke: Invoke, checkout: Path, mounting: Callable[[str], list[str]]
) -> None:
    root = shlex.quote(str(checkout))
    read_only = mounting(f"mount --bind {root} {root}; mount -o remount,bind,ro {root}; cd /; cd {root}")
    works(invoke(*RENDER, within=read_only))
    fails(invoke("package", within=read_only), "/dist: Read-only file system: make it writable, or")


def test_a_cache_on_a_file_system_that_runs_nothing(
    invoke: Invoke, tmp_path: Path, mounting: Callable[[str], list[str]]
) -> None:
    noexec = mounting(f"mount -t tmpfs -o noexec tmpfs {shlex.quote(str(tmp_path))}")
    variables = {programs.CACHE_VARIABLE: str(tmp_path), "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}
    fails(invoke(*RENDER, within=noexec, variables=variables), "mounted noexec: set")


@pytest.mark.parametrize("full", ["dist", "cache"])
def test_a_full_disk(full: str, invoke: Invoke, tmp_path: Path, mounting: Callable[[str], list[str]]) -> None:
    folder = copied(tmp_path / "checkout")
    cache = tmp_path / "cache"
    cache.mkdir()
    # With the programs of the real one.
    (cache / "tools").symlink_to(programs.cache_folder() / "tools")
    for name in ("dist", "values"):
        (folder / name).mkdir(exist_ok=True)
        (cache / name).mkdir()
    place = shlex.quote(str({"dist": folder / "dist", "cache": cache / "values"}[full]))
    within = mounting(f"mount -t tmpfs -o size=4k tmpfs {place}; echo full >{place}/file")
    ended = invoke(
        *{"dist": ("package",), "cache": ("render", "api/production")}[full],
        folder=folder,
        within=within,
        variables={programs.CACHE_VARIABLE: str(cache)},
    )
    fails(ended, "No space left on device: free some space there, or use another folder")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_an_output_that_is_full(invoke: Invoke) -> None:
    with Path("/dev/full").open("wb") as output:
        fails(invoke(*RENDER, stdout=output.fileno()), "No space left on device")


def test_an_output_that_nobody_reads(invoke: Invoke) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        invoke(*RENDER, stdout=writing)
    finally:
        os.close(writing)


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\nkill -SEGV $$\n"], ids=["empty", "cut"])
def test_a_damaged_program_in_the_cache(content: bytes, invoke: Invoke, tmp_path: Path) -> None:
    tools = tmp_path / "cache" / "tools"
    for tool in programs.HELM.values():
        program = tools / programs._cached(tool).parent.name / tool.name
        program.parent.mkdir(parents=True)
        program.write_bytes(content)
        program.chmod(0o755)
    (path := tmp_path / "path").mkdir()
    variables = {programs.CACHE_VARIABLE: str(tools.parent), "PATH": str(path)}
    fails(invoke(*RENDER, variables=variables), "damaged")
    ended = invoke("doctor", variables=variables)
    assert ended.code == 1
    assert f"{program} is damaged: remove it" in ended.out


def test_the_variables_of_a_hook(invoke: Invoke, tmp_path: Path) -> None:
    """A package has the date of its own commit."""
    own = GitRepository(copied(tmp_path / "own"))
    own.commit()
    other = GitRepository(tmp_path / "other")
    variables = {
        "GIT_DIR": f"{other.root}/.git",
        "GIT_WORK_TREE": str(other.root),
        "GIT_INDEX_FILE": "/nonexistent",
    }
    ended = invoke("package", folder=own.root, variables=variables)
    assert (ended.code, "cannot be published" in ended.err) == (0, False), ended.err


def test_the_tests_themselves(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """A hook runs them, in odd paths, behind a dead proxy, with a user's settings of git and without HOME."""
    folder = copied(tmp_path / ODD, "tests", "README.md")
    own = GitRepository(folder)
    temporary = tmp_path / "temporary files"
    temporary.mkdir()
    (tmp_path / "everything").write_text("*\n")
    settings = tmp_path / "gitconfig"
    settings.write_text(GITCONFIG.format(everything=tmp_path / "everything"))
    variables = {
        "GIT_CONFIG_GLOBAL": str(settings),
        "HOME": "/nonexistent",
        "TMPDIR": str(temporary),
        "LC_ALL": "C",
        programs.CACHE_VARIABLE: str(programs.cache_folder()),
        **dict.fromkeys(("no_proxy", "NO_PROXY"), ""),
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"), CLOSED),
    }
    tests = [sys.executable, "-m", "pytest", "-q", "--numprocesses=0", "-p", "no:cacheprovider", *TESTS]
    log = tmp_path / "log"
    hook = own.hooks / "pre-commit"
    own.write(
        ".git/hooks/pre-commit",
        f"#!/bin/sh\nexport {' '.join(f'{name}={shlex.quote(text)}' for name, text in variables.items())}\n"
        f"exec {shlex.join(tests)} >{shlex.quote(str(log))} 2>&1\n",
    )
    hook.chmod(0o755)
    own.git("add", "--all")
    ran = subprocess.run(["sh", "-c", "git commit --quiet --message Tested"], cwd=folder, check=False)
    printed = log.read_text(encoding="utf-8")
    assert ran.returncode == 0, printed
    assert own.git("rev-list", "--all", "--format=%s", "--no-commit-header") == "Tested"
    assert own.git("config", "core.bare") == "false"
    assert own.git("status", "--porcelain") == ""
    record_property("promise", __doc__)
    record_property("observed", printed.strip().splitlines()[-1])
