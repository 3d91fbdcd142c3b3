"""The commit that an image is built from, and the tag that it gives the image."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from ci.base import git

# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
# By convention the name of the newest image: after each build of another one.
MOVING_TAG = "latest"

_DIRTY = "-dirty"
# Long enough to stay the only commit that begins so; git's own choice grows with the repository.
_HASH_LENGTH = 12


class Commit(NamedTuple):
    """The commit that is checked out, and the files that ``changed`` since or are new.

    ``tags`` are git's, newest first; ``time`` is in RFC 3339; ``source`` is the https address of the remote
    "origin", or "".
    """

    revision: str
    tags: list[str]
    time: str
    changed: list[str]
    source: str

    @property
    def image_tag(self) -> str:
        """The newest git tag that can be an image's, else the short hash; with -dirty if files changed."""
        suffix = _DIRTY if self.changed else ""
        names = (f"{name}{suffix}" for name in self.tags if name != MOVING_TAG)
        return next(filter(TAG.fullmatch, names), f"{self.revision[:_HASH_LENGTH]}{suffix}")

    @property
    def labels(self) -> dict[str, str]:
        """Labels of an image, the same for each build of the commit.

        https://github.com/opencontainers/image-spec/blob/main/annotations.md
        """
        labels = {
            "revision": self.revision + (_DIRTY if self.changed else ""),
            "created": self.time,
            "source": self.source,
        }
        return {f"org.opencontainers.image.{name}": text for name, text in labels.items() if text}


def of(folder: Path) -> Commit:
    """Return the commit of the git repository that a folder is in; raise CommandError where there is none."""
    tags = ["--points-at=HEAD", "--sort=-creatordate", "--format=%(refname:strip=2)", "refs/tags"]
    changed = ["--porcelain=v1", "--untracked-files=normal", "--ignore-submodules=none"]
    return Commit(
        git.run(folder, "rev-parse", "--verify", "HEAD^{commit}"),
        git.run(folder, "for-each-ref", *tags).splitlines(),
        git.run(folder, "rev-list", "--max-count=1", "--format=%cI", "HEAD").splitlines()[-1],
        [line.split(maxsplit=1)[1] for line in git.run(folder, "status", *changed).splitlines()],
        _public(git.run(folder, "config", "--default=", "--get", "remote.origin.url")),
    )


def _public(address: str) -> str:
    """Return an https address without the login that may be in it, "" for any other address."""
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname:
        return ""
    return f"https://{parts.netloc.rpartition('@')[2]}{parts.path.removesuffix('.git')}"
