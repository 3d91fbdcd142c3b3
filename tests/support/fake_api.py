"""A stand-in for the API server that answers from a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ci.base.processes import CommandError
from ci.clusters.api import Api

Answer = Callable[[str, str, Any], Any]


def refusing(words: str) -> CommandError:
    """The failure of a request or of a call of kubectl, with what it says."""
    return CommandError("kubectl", ["kubectl"], "failed with exit code 1", words)


def nothing(*_: object) -> Any:
    """Answer as where there is no object."""
    raise refusing("Error from server (NotFound): not found")


class FakeApi(Api):
    """Answers requests with ``answer(method, path, body)``, and notes them as "GET /api/v1/...?..."."""

    def __init__(self, answer: Answer = nothing) -> None:
        self.answer = answer
        self.requests: list[str] = []

    def send(self, method: str, path: str, body: Mapping[str, Any] | str | None = None) -> Any:
        self.requests.append(f"{method} {path}")
        return self.answer(method, path, body)

    def close(self) -> None:
        """There is no proxy to end."""
