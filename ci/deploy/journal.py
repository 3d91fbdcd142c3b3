"""What a deploy says while it works, and the report that it leaves."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from ci.base.console import out
from ci.base.files import write_whole
from ci.deploy.plan import Plan
from ci.deploy.reasons import Reason
from ci.kubernetes.manifests import Key, Object

# What is shorter is a word that any line may have.
HIDDEN_LENGTH = 6


class Ending(StrEnum):
    """How a deploy ended: the outcomes of a report."""

    DEPLOYED = "deployed"
    UNCHANGED = "unchanged"
    ROLLED_BACK = "rolled-back"
    ROLLBACK_FAILED = "rollback-failed"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"


@dataclass
class Before:
    """A revision or an image: what there was, what was tried, and what there is now."""

    before: Any = None
    tried: Any = None
    now: Any = None


@dataclass
class Journal:
    """Prints a line for each thing that happens, and remembers what the report needs.

    The report is a JSON object; docs/operations.md describes it. No value of a Secret is in it.
    """

    environment: str = ""
    service: str = ""
    revision: Before = field(default_factory=Before)
    image: Before = field(default_factory=Before)
    reason: Reason | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, str]] = field(default_factory=list)
    _hidden: set[str] = field(default_factory=set)

    def hide(self, objects: Mapping[Key, Object]) -> None:
        """Keep the values of the Secrets among these objects out of lines and report: a log may have them."""
        for key, made in objects.items():
            if key.kind == "Secret":
                values = [*(made.get("stringData") or {}).values()]
                values += [_decoded(value) for value in (made.get("data") or {}).values()]
                lines = (line.strip() for value in values for line in str(value).splitlines())
                self._hidden |= {line for line in lines if len(line) >= HIDDEN_LENGTH}

    def say(self, step: str, line: str) -> None:
        """Print a line of a step."""
        out.out(f"{step:<9} {self._without_secrets(line)}".rstrip())

    def say_all(self, step: str, lines: list[str]) -> None:
        """Print lines of a step, whose name stands before the first."""
        for number, line in enumerate(lines):
            self.say("" if number else step, line)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Take the time of a step; one that raises has failed."""
        began = time.monotonic()
        entry: dict[str, Any] = {"name": name, "seconds": 0.0, "outcome": "failed"}
        self.steps.append(entry)
        try:
            yield
            entry["outcome"] = "ok"
        finally:
            entry["seconds"] = round(time.monotonic() - began, 1)

    def plan(self, plan: Plan) -> None:
        """Remember what is about to change, object by object and field by field, without values."""
        self.changes = [
            {"object": f"{key.kind} {key.name}", "path": "", "kind": "new"} for key in plan.created
        ]
        self.changes += [
            {"object": f"{key.kind} {key.name}", "path": "", "kind": "removed"} for key in plan.removed
        ]
        self.changes += [
            {"object": f"{one.key.kind} {one.key.name}", "path": one.path, "kind": "changed"}
            for one in plan.changed
        ]

    def write(self, path: Path, ending: Ending) -> None:
        """Write the report, whole or not at all."""
        reason = asdict(self.reason) if self.reason else None
        if reason:
            reason["message"] = self._without_secrets(reason["message"])
            reason["log"] = [self._without_secrets(line) for line in reason["log"]]
        report = {
            "environment": self.environment,
            "service": self.service,
            "release": self.service,
            "revision": asdict(self.revision),
            "image": asdict(self.image),
            "outcome": ending,
            "reason": reason,
            "steps": self.steps,
            "changes": self.changes,
        }
        write_whole(path, json.dumps(report, indent=2) + "\n")

    def _without_secrets(self, text: str) -> str:
        for secret in sorted(self._hidden, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text


def _decoded(value: object) -> str:
    return base64.b64decode(str(value)).decode(errors="replace")
