"""Ctrl-C ends invoke mutate at once, with all that it has started, and leaves no folder behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from ci.base.programs import HELM
from ci.base.repository import root

# They say who they are, and wait.
HELM_4 = f"""\
#!/bin/sh
if [ "$1" = version ]; then echo v{HELM[4].version}; exit; fi
echo $$ >>"$STARTED"
exec sleep 60
"""
TEST = """
import os, pathlib, subprocess
def test_waits():
    started = subprocess.Popen(["sleep", "60"])
    pathlib.Path(os.environ["STARTED"]).write_text(f"{os.getpid()} {started.pid}")
    started.wait()
"""
RENDERING = """
from ci import mutate
mutate.run(["charts/namespace/templates/namespace.yaml"], 0, "", "")
"""
TESTING = """
import sys, tempfile
from pathlib import Path
from ci.base.repository import root
from ci.mutation import pytests
with tempfile.TemporaryDirectory() as folder:
    options = ["-n", "0", f"--basetemp={folder}/tests", sys.argv[1]]
    with pytests.running(options, root(), Path(folder) / "log") as process:
        process.wait()
"""


def interrupted(folder: Path, program: str, *arguments: str) -> list[str]:
    """Interrupt a program once it has started another; return what still runs and what is left behind."""
    started, temporary = folder / "started", folder / "temporary"
    temporary.mkdir()
    environment = {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "STARTED": str(started),
        "TMPDIR": str(temporary),
    }
    command = [sys.executable, "-c", program, *arguments]
    with subprocess.Popen(command, cwd=root(), env=environment, stderr=subprocess.PIPE) as process:
        while not (started.exists() and started.read_text()):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=30)
    assert b"KeyboardInterrupt" in error
    # Who is killed may need a moment to end.
    end = time.monotonic() + 10
    numbers = started.read_text().split()
    while (going := [number for number in numbers if is_going(number)]) and time.monotonic() < end:
        time.sleep(0.05)
    return [*going, *map(str, temporary.iterdir())]


def is_going(number: str) -> bool:
    """Return whether a process has not ended."""
    listed = subprocess.run(["ps", "-o", "args=", "-p", number], capture_output=True, text=True, check=False)
    return "sleep" in listed.stdout or "pytest" in listed.stdout


def test_an_interrupt_ends_the_renders(tmp_path: Path) -> None:
    helm = tmp_path / "helm"
    helm.write_text(HELM_4, encoding="utf-8")
    helm.chmod(0o755)
    assert interrupted(tmp_path, RENDERING) == []


def test_an_interrupt_ends_the_tests_and_what_they_have_started(tmp_path: Path) -> None:
    test = tmp_path / "test_waiting.py"
    test.write_text(TEST, encoding="utf-8")
    assert interrupted(tmp_path, TESTING, str(test)) == []
