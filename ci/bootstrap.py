"""Prepares the environment that everything else runs in, then hands over to invoke: standard library only."""

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
# Stands in .venv: empty while that is being made, then what it was made from. A .venv without it is foreign.
MARKER = "made-by-microservice-chart"


def main(arguments: list[str]) -> NoReturn:
    """Become ``invoke`` with these arguments, or with ``--list``, in the locked environment."""
    try:
        python = prepare(ROOT)
    except KeyboardInterrupt:
        sys.exit(130)
    os.execv(python, [str(python), "-m", "invoke", *(arguments or ["--list"])])  # noqa: S606


def is_current(root: Path) -> bool:
    """Tell whether ``root/.venv`` was made from the present lock, by this kind of Python, in this place."""
    environment = root / ".venv"
    try:
        made_from = (environment / MARKER).read_text()
    except OSError:
        return False
    return made_from == _source(root) and os.access(environment / "bin/python", os.X_OK)


def prepare(root: Path) -> Path:
    """Make ``root/.venv`` hold what ``root/ci/requirements.txt`` locks, and return its Python.

    Two runs at once wait for one another. Raises SystemExit with a message for what a person can mend.
    """
    environment = root / ".venv"
    if not is_current(root):
        try:
            with _one_at_a_time(_lock_file(root)):
                if not is_current(root):
                    _make(root, environment)
        except OSError as error:
            raise SystemExit(f"cannot make {environment}: {error}") from None
    return environment / "bin/python"


def _make(root: Path, environment: Path) -> None:
    # Used once in an environment's life, and no small part of the time in which invoke could have begun.
    import importlib.util
    import subprocess
    import venv

    has_pip = importlib.util.find_spec("pip") is not None
    if not has_pip and importlib.util.find_spec("ensurepip") is None:
        raise SystemExit(
            f"{sys.executable} has neither pip nor ensurepip, so it cannot install anything: "
            "install them (Debian, Ubuntu: apt-get install python3-venv), then run this again"
        )
    _claim(environment)
    _say(f"making .venv from ci/requirements.txt with {sys.executable}: about half a minute")
    python = str(environment / "bin/python")
    # The pip that is there already spares the five seconds that a second one takes to set up.
    pip = [sys.executable, "-m", "pip", "--python", python] if has_pip else [python, "-m", "pip"]
    install = ["install", "--quiet", "--no-input", "--disable-pip-version-check", "--require-hashes"]
    try:
        venv.EnvBuilder(symlinks=True, with_pip=not has_pip).create(environment)
        subprocess.run(
            [*pip, *install, "--requirement", str(_lock_file(root))],
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except subprocess.CalledProcessError as error:
        print(error.output.decode(errors="replace").rstrip(), file=sys.stderr)
        raise SystemExit("pip could not install ci/requirements.txt, and says why above") from None
    (environment / MARKER).write_text(_source(root))


def _claim(environment: Path) -> None:
    """Leave ``environment`` with an empty marker and nothing else, unless another program made it."""
    import shutil

    environment.mkdir(exist_ok=True)
    marker = environment / MARKER
    contents = list(environment.iterdir())
    if contents and marker not in contents:
        raise SystemExit(
            f"{environment} was made by something else and is left alone: move it away, run this again"
        )
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
            _say("waiting for another run that is making .venv")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _source(root: Path) -> str:
    """Name what an environment hangs on: the lock, the kind of Python, its place (which its scripts name)."""
    lock = hashlib.sha256(_lock_file(root).read_bytes()).hexdigest()
    return f"{lock} {sys.implementation.cache_tag} {root}"


def _lock_file(root: Path) -> Path:
    return root / "ci/requirements.txt"


def _say(text: str) -> None:
    print(f"· {text}", file=sys.stderr, flush=True)
