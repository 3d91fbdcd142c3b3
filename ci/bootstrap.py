"""Creates the environment in which everything else runs, then starts invoke; only standard library."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
# A file in .venv: empty while .venv is being created, then what it was created from. Without it, another
# program created .venv.
MARKER = "made-by-microservice-chart"
# The options of pip that say where packages come from, and how.
_CONNECTION = (
    *(
        "index-url",
        "extra-index-url",
        "no-index",
        "find-links",
        "trusted-host",
        "cert",
        "client-cert",
        "proxy",
    ),
    *("timeout", "default-timeout", "retries", "keyring-provider", "cache-dir", "no-cache-dir"),
)


def main(arguments: list[str]) -> NoReturn:
    """Replace this process by ``invoke ARGUMENTS`` (default ``--list``) in the locked environment."""
    try:
        python = prepare(ROOT)
    except KeyboardInterrupt:
        sys.exit(130)
    # From another folder invoke is told where the tasks are, and Python not to import what lies there.
    options = [] if Path.cwd().is_relative_to(ROOT) else ["--search-root", str(ROOT)]
    isolated = ["-P"] if options else []
    command = [str(python), *isolated, "-m", "invoke", *options, *(arguments or ["--list"])]
    os.execv(python, command)  # noqa: S606


def is_current(root: Path) -> bool:
    """Return whether ``root/.venv`` was created from the current lock, by this Python and at this path."""
    environment = root / ".venv"
    try:
        made_from = (environment / MARKER).read_text()
    except OSError:
        return False
    return made_from == _source(root) and os.access(environment / "bin/python", os.X_OK)


def prepare(root: Path) -> Path:
    """Create ``root/.venv`` from ``root/ci/requirements.txt`` unless it is current; return its Python.

    Concurrent runs wait for each other. Raises SystemExit with a message for problems that a user can fix.
    """
    environment = root / ".venv"
    if not is_current(root):
        try:
            with _one_at_a_time(_lock_file(root)):
                if not is_current(root):
                    _make(root, environment)
        # venv raises the latter for a colon in the path.
        except (OSError, ValueError) as error:
            raise SystemExit(
                f"cannot create {environment}: {error}\n"
                "Make the folder writable, with 300 MB free in it, or work in a copy of the repository."
            ) from None
    return environment / "bin/python"


def _make(root: Path, environment: Path) -> None:
    # Imported here since most runs do not need them, and they delay the start.
    import importlib.util
    import subprocess
    import venv

    has_pip = importlib.util.find_spec("pip") is not None
    if not has_pip and importlib.util.find_spec("ensurepip") is None:
        raise SystemExit(
            f"{sys.executable} has neither pip nor ensurepip: install them "
            "(Debian, Ubuntu: apt-get install python3-venv), then run this again"
        )
    # macOS does not say.
    if os.statvfs(root).f_flag & getattr(os, "ST_NOEXEC", 0):
        raise OSError("its file system is mounted noexec")
    _claim(environment)
    _say(f"creating .venv from ci/requirements.txt with {sys.executable}: about half a minute")
    python = str(environment / "bin/python")
    # Installing another pip would take five seconds.
    pip = [sys.executable, "-m", "pip", "--python", python] if has_pip else [python, "-m", "pip"]
    try:
        venv.EnvBuilder(symlinks=True, with_pip=not has_pip).create(environment)
        _install(_lock_file(root), python, pip)
    except subprocess.CalledProcessError as error:
        print(error.output.decode(errors="replace").rstrip(), file=sys.stderr)
        raise SystemExit("pip could not install ci/requirements.txt; its errors are above") from None
    (environment / MARKER).write_text(_source(root))


def _install(lock: Path, python: str, pip: list[str]) -> None:
    """Install what ``lock`` lists for ``python``; raise CalledProcessError unless it can be imported then."""
    import shutil
    import subprocess

    locked = ["--quiet", "--require-hashes", "--requirement", str(lock)]
    # Installed anywhere else, it would be missed at every run.
    check = [python, "-Ic", "import invoke"]
    # It is much faster than pip; but only pip may know of a mirror.
    if uv := shutil.which("uv"):
        try:
            _output([uv, "pip", "install", "--python", python, *locked])
            _output(check)
            return
        except (OSError, subprocess.CalledProcessError):
            _say("uv cannot install it, pip tries")
    install = ["install", "--no-input", "--disable-pip-version-check"]
    _output([*pip, *install, *locked], env=_environment_of_pip(pip))
    _output(check)


def _environment_of_pip(pip: list[str]) -> dict[str, str]:
    """Return this process's environment with pip's own settings for connections, and no other ones of pip.

    Others, such as target, user or dry-run, are for other work; they come from variables and from files
    (https://pip.pypa.io/en/stable/topics/configuration/).
    """
    import ast

    kept = {name: f"PIP_{name.replace('-', '_').upper()}" for name in _CONNECTION}
    settings = {}
    # One a line, those of a command after those of all: install.index-url='https://...'
    for line in _output([*pip, "config", "list"]).decode().splitlines():
        place, _, value = line.partition("=")
        section, _, name = place.rpartition(".")
        if section in ("global", "install") and name in kept:
            settings[kept[name]] = ast.literal_eval(value)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    # pip ignores empty ones.
    of_variables = {variable: os.environ[variable] for variable in kept.values() if os.environ.get(variable)}
    return inherited | settings | of_variables | {"PIP_CONFIG_FILE": os.devnull}


def _output(command: list[str], env: dict[str, str] | None = None) -> bytes:
    import subprocess

    return subprocess.run(
        command, env=env, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ).stdout


def _claim(environment: Path) -> None:
    """Empty ``environment`` except for an empty marker; raise SystemExit if another program created it."""
    import shutil

    environment.mkdir(exist_ok=True)
    marker = environment / MARKER
    contents = list(environment.iterdir())
    if contents and marker not in contents:
        raise SystemExit(f"{environment} was created by another program: move it away, then run this again")
    marker.write_text("")
    for path in contents:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path != marker:
            path.unlink()


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    with path.open("r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("waiting for another run that is creating .venv")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _source(root: Path) -> str:
    """Return what an environment depends on: lock, Python version, and path, which its scripts contain."""
    lock = hashlib.sha256(_lock_file(root).read_bytes()).hexdigest()
    return f"{lock} {sys.implementation.cache_tag} {root}"


def _lock_file(root: Path) -> Path:
    return root / "ci/requirements.txt"


def _say(text: str) -> None:
    print(f"· {text}", file=sys.stderr, flush=True)
