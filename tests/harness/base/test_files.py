"""Folders for a task's own files are private, and those of killed processes do not stay."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ci.base.files import private_folder, write_whole
from ci.base.repository import root

STAY = """
import sys, time
from pathlib import Path
from ci.base.files import private_folder, write_whole
with private_folder(Path(sys.argv[1])) as folder:
    print(folder, flush=True)
    time.sleep(60)
"""


def test_a_folder_is_its_users_alone_and_goes_with_the_block(tmp_path: Path) -> None:
    with private_folder(tmp_path / "home") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


def test_the_next_folder_replaces_what_a_killed_process_left_and_no_other(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STAY, str(tmp_path)]
    with (
        private_folder(tmp_path) as kept,
        subprocess.Popen(command, cwd=root(), stdout=subprocess.PIPE, text=True) as process,
    ):
        assert process.stdout
        left = Path(process.stdout.readline().strip())
        assert left.is_dir()
        process.kill()
        process.wait()
        assert left.is_dir()
        with private_folder(tmp_path):
            assert not left.exists()
            assert kept.is_dir()


def test_a_full_disk_is_named_by_the_file_that_has_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    file = tmp_path / "file"
    file.write_text("before")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device") as raised:
        write_whole(file, "after")
    assert raised.value.filename == str(file)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]
