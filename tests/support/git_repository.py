"""git repositories for tests, created with ``ci.base.git`` and independent of the user's settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.base import git

# What a user may have set for every repository, and what would reach into one of a test.
_SETTINGS = """\
[user]
name = Someone
email = someone@example.com
[commit]
gpgSign = false
[tag]
gpgSign = false
[core]
excludesFile = /dev/null
"""


class GitRepository:
    """A new git repository on the branch main, without a commit."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main", "--template=")
        with (root / ".git" / "config").open("a", encoding="utf-8") as config:
            config.write(_SETTINGS)

    @property
    def hooks(self) -> Path:
        """The folder of its hooks, which does not exist yet."""
        return self.root / ".git" / "hooks"

    def git(self, *arguments: str) -> str:
        """Return what ``git ARGUMENTS`` prints, stripped; UserError if it fails."""
        return git.run(self.root, *arguments)

    def write(self, path: str, text: str) -> None:
        """Write a file, and its folder if that is missing."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def read(self, path: str) -> str:
        """Return the content of a file."""
        return (self.root / path).read_text(encoding="utf-8")

    def commit(self) -> str:
        """Commit all files, even without changes, and return the commit's hash."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "Change")
        return self.git("rev-parse", "HEAD")


def set_for_user(monkeypatch: pytest.MonkeyPatch, file: Path, settings: str) -> None:
    """Give git these settings of a user (https://git-scm.com/docs/git-config), in a new file."""
    file.write_text(settings, encoding="utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(file))
