"""`python3 -m ci` creates its environment, here in separate checkouts that lock one small local package."""

from __future__ import annotations

import ast
import fcntl
import hashlib
import importlib.util
import os
import runpy
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from ci import bootstrap
from tests.support.file_systems import mounted_noexec

# The Python from which the environment of these tests was created.
PYTHON = f"{sys.base_prefix}/bin/python{sys.version_info.major}.{sys.version_info.minor}"
# Replaces invoke: prints its arguments and exits with 7.
FAKE_INVOKE = "import sys\nprint(sys.argv[1:])\nsys.exit(7)\n"


def checkout(folder: Path) -> Path:
    """Create a checkout in ``folder`` with the real bootstrap and a lock of a fake invoke."""
    (folder / "ci").mkdir(parents=True)
    for name in ("__init__.py", "__main__.py", "bootstrap.py"):
        shutil.copy(bootstrap.ROOT / "ci" / name, folder / "ci")
    wheel = folder / "invoke-0-py3-none-any.whl"
    files = {
        "invoke/__main__.py": FAKE_INVOKE,
        "invoke-0.dist-info/METADATA": "Metadata-Version: 2.1\nName: invoke\nVersion: 0\n",
        "invoke-0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, "invoke-0.dist-info/RECORD"])
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {**files, "invoke-0.dist-info/RECORD": record}.items():
            archive.writestr(name, text)
    sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (folder / "ci/requirements.txt").write_text(f"invoke @ {wheel.as_uri()} --hash=sha256:{sha256}\n")
    return folder


def start(root: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    command = [PYTHON, "-m", "ci", *arguments]
    # A uv that is installed is not found.
    variables = {**os.environ, "PATH": "", **environment}
    return subprocess.Popen(
        command, cwd=root, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def run(root: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    process = start(root, *arguments, **environment)
    output, errors = process.communicate(timeout=60)
    return process.returncode, output, errors


def first_line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline()


@pytest.fixture(scope="module")
def created_by_two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[subprocess.Popen[str]], str]:
    """Return a checkout, two runs that both found its environment incomplete, and their standard error."""
    root = checkout(tmp_path_factory.mktemp("made"))
    (root / ".venv/lib").mkdir(parents=True)
    (root / ".venv/lib/incomplete").touch()
    (root / ".venv" / bootstrap.MARKER).touch()
    with (root / "ci/requirements.txt").open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        both = [start(root), start(root)]
        printed = "".join(first_line(process.stderr) for process in both)
    printed += "".join(process.communicate(timeout=60)[1] for process in both)
    return root, both, printed


@pytest.fixture
def created(created_by_two: tuple[Path, list[subprocess.Popen[str]], str]) -> Path:
    """Return a checkout with a current environment, which tests must not change."""
    return created_by_two[0]


def test_concurrent_runs_create_one_environment(
    created_by_two: tuple[Path, list[subprocess.Popen[str]], str],
) -> None:
    _, both, printed = created_by_two
    assert [process.returncode for process in both] == [7, 7]
    assert printed.count("waiting for another run") == 2
    assert printed.count("creating .venv from") == 1


def test_an_environment_that_is_not_current_is_created_from_scratch(created: Path) -> None:
    assert bootstrap.is_current(created)
    assert not (created / ".venv/lib/incomplete").exists()


def test_arguments_are_passed_to_invoke_and_its_exit_code_is_returned(created: Path) -> None:
    assert run(created, "test", "--junit", "a b.xml") == (7, "['test', '--junit', 'a b.xml']\n", "")


def test_without_arguments_the_tasks_are_listed(created: Path) -> None:
    assert run(created) == (7, "['--list']\n", "")


def test_from_another_folder_invoke_is_told_where_the_tasks_are(created: Path, tmp_path: Path) -> None:
    # What a user has there is not imported.
    for name in ("invoke.py", "yaml.py"):
        (tmp_path / name).write_text("raise SystemExit(9)")
    words = ["lint", "values/api.yaml"]
    for command in ([PYTHON, str(created / "ci")], [str(created / "ci/__main__.py")]):
        variables = {**os.environ, "PATH": str(Path(PYTHON).parent) + ":/usr/bin:/bin"}
        ran = subprocess.run(
            [*command, *words], cwd=tmp_path, env=variables, capture_output=True, text=True, check=False
        )
        assert (ran.returncode, ran.stdout) == (7, f"{['--search-root', str(created), *words]}\n"), ran.stderr


@contextmanager
def replaced(path: Path, text: str) -> Iterator[None]:
    before = path.read_text()
    path.write_text(text)
    yield
    path.write_text(before)


def test_an_environment_is_current_until_its_lock_path_or_python_changes(created: Path) -> None:
    marker = created / ".venv" / bootstrap.MARKER
    assert bootstrap.is_current(created)
    with replaced(created / "ci/requirements.txt", "another==1"):
        assert not bootstrap.is_current(created)
    with replaced(marker, marker.read_text().replace(str(created), "/elsewhere")):
        assert not bootstrap.is_current(created)
    with replaced(marker, marker.read_text().replace(sys.implementation.cache_tag, "other-99")):
        assert not bootstrap.is_current(created)
    with replaced(marker, ""):
        assert not bootstrap.is_current(created)
    python = created / ".venv/bin/python"
    goal = python.readlink()
    python.unlink()
    python.symlink_to("/no/such/python")
    assert not bootstrap.is_current(created)
    python.unlink()
    python.symlink_to(goal)
    assert bootstrap.is_current(created)


def test_an_environment_of_another_program_is_not_changed(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    theirs = root / ".venv/bin/python"
    theirs.parent.mkdir(parents=True)
    theirs.touch()
    with pytest.raises(SystemExit, match=rf"{root}/.venv was created by another program: move it away"):
        bootstrap.prepare(root)
    assert theirs.exists()


def test_a_package_without_a_hash_is_refused_with_pips_error(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    requirements = root / "ci/requirements.txt"
    requirements.write_text(requirements.read_text().partition(" --hash")[0])
    code, output, errors = run(root)
    assert (code, output) == (1, "")
    assert "Hashes are required" in errors
    assert errors.endswith("pip could not install ci/requirements.txt; its errors are above\n")
    assert not bootstrap.is_current(root)


PIP_CONF = """\
[global]
target = {elsewhere}
find-links = {links}
[install]
prefix = {elsewhere}
user = yes
dry-run = yes
no-deps = yes
"""


def test_variables_of_pip_that_lead_elsewhere_are_ignored(tmp_path: Path) -> None:
    root, elsewhere = checkout(tmp_path / "root"), tmp_path / "elsewhere"
    leading = dict.fromkeys(("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"), str(elsewhere))
    assert run(root, **leading, PIP_USER="1", PIP_DRY_RUN="1")[0] == 7
    assert bootstrap.is_current(root)
    assert not elsewhere.exists()


def test_of_pips_files_of_settings_only_connections_count(tmp_path: Path) -> None:
    """The package is found in the folder that a file names."""
    root = checkout(tmp_path / "root")
    links = tmp_path / "links"
    links.mkdir()
    (wheel,) = root.glob("*.whl")
    wheel.rename(links / wheel.name)
    sha256 = hashlib.sha256((links / wheel.name).read_bytes()).hexdigest()
    (root / "ci/requirements.txt").write_text(f"invoke==0 --hash=sha256:{sha256}\n")
    settings = tmp_path / "pip.conf"
    settings.write_text(PIP_CONF.format(elsewhere=tmp_path / "elsewhere", links=links))
    nowhere = {"PIP_FIND_LINKS": "", "PIP_NO_INDEX": "1"}
    assert run(root, PIP_CONFIG_FILE=str(settings), **nowhere)[0] == 7
    assert bootstrap.is_current(root)
    assert not (tmp_path / "elsewhere").exists()


def test_an_environment_is_not_complete_if_nothing_was_installed_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = checkout(tmp_path)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(bootstrap, "_environment_of_pip", lambda _: {"PIP_DRY_RUN": "1"})
    with pytest.raises(SystemExit, match="pip could not install"):
        bootstrap.prepare(root)
    assert "No module named 'invoke'" in capsys.readouterr().err
    assert not bootstrap.is_current(root)


def installer(folder: Path, body: str) -> Path:
    """Create a program uv in a folder."""
    program = folder / "uv"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return program


def test_uv_is_used_where_it_is_installed(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    installer(
        tmp_path,
        f"echo $@ >{tmp_path}/called; shift 3; exec {PYTHON} -m pip --python $1 install --quiet $4 $5",
    )
    assert run(root, PATH=str(tmp_path))[0] == 7
    assert (tmp_path / "called").read_text().startswith(f"pip install --python {root}/.venv/bin/python ")
    assert "--require-hashes" in (tmp_path / "called").read_text()
    assert bootstrap.is_current(root)


@pytest.mark.parametrize("body", ["exit 2", "exit 0"], ids=["fails", "installs elsewhere"])
def test_pip_does_what_uv_does_not(body: str, tmp_path: Path) -> None:
    root = checkout(tmp_path)
    installer(tmp_path, body)
    code, _, errors = run(root, PATH=str(tmp_path))
    assert code == 7
    assert "uv cannot install it, pip tries" in errors
    assert bootstrap.is_current(root)


def test_the_error_without_pip_and_ensurepip_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = checkout(tmp_path)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="apt-get install python3-venv"):
        bootstrap.prepare(root)
    assert not (root / ".venv").exists()


def test_an_environment_that_cannot_be_created_is_named(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    (root / ".venv").touch()
    with pytest.raises(SystemExit, match=f"cannot create {root}/.venv: "):
        bootstrap.prepare(root)


def test_a_folder_with_a_colon_is_refused_with_a_remedy(tmp_path: Path) -> None:
    """Its scripts could not be on PATH: https://docs.python.org/3/library/venv.html."""
    root = checkout(tmp_path / "a:b")
    with pytest.raises(SystemExit, match=r"cannot create .*a:b/\.venv: .*\nMake .* or work in a copy"):
        bootstrap.prepare(root)


def test_a_file_system_that_runs_nothing_is_refused_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = checkout(tmp_path)
    mounted_noexec(monkeypatch)
    with pytest.raises(
        SystemExit, match=r"(?s)cannot create .*: its file system is mounted noexec.*work in a copy"
    ):
        bootstrap.prepare(root)
    assert not (root / ".venv").exists()


def test_ctrl_c_exits_with_130_and_without_a_traceback(tmp_path: Path) -> None:
    process = start(checkout(tmp_path))
    assert "creating .venv" in first_line(process.stderr)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 130


def test_an_old_python_gets_an_error_of_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    source = (bootstrap.ROOT / "ci/__main__.py").read_text()
    ast.parse(source, feature_version=(3, 4))
    monkeypatch.setattr(bootstrap, "main", lambda arguments: pytest.fail("the environment was entered"))
    monkeypatch.setattr(sys, "version_info", (3, 10, 2))
    monkeypatch.setattr(sys, "version", "3.10.2 (main)")
    with pytest.raises(SystemExit, match=r"Python 3\.11 or newer is needed, this is 3\.10\.2"):
        runpy.run_path(str(bootstrap.ROOT / "ci/__main__.py"))


def test_windows_gets_an_error_of_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "main", lambda arguments: pytest.fail("the environment was entered"))
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(SystemExit, match="Windows is not supported: use the Windows Subsystem for Linux"):
        runpy.run_path(str(bootstrap.ROOT / "ci/__main__.py"))
