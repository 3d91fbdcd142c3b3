"""A stand-in for kubectl that answers from a function, in the place of a cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ci.base.processes import CommandError
from ci.charts.environments import Environment
from ci.deploy.target import Target

Answer = Callable[[tuple[str, ...], str], str]


def refusing(words: str) -> CommandError:
    """The failure of a call, with what kubectl prints."""
    return CommandError("kubectl", ["kubectl"], "failed with exit code 1", words)


@dataclass
class FakeKubectl:
    """Answers calls with ``answer(arguments, standard input)``, and notes them."""

    answer: Answer
    command: list[str] = field(default_factory=list)
    calls: list[tuple[str, ...]] = field(default_factory=list)

    def __call__(self, *arguments: str, stdin: str | None = None, seconds: float | None = None) -> str:
        self.calls.append(arguments)
        return self.answer(arguments, stdin or "")


def target(monkeypatch: pytest.MonkeyPatch, kubectl: FakeKubectl, *, protected: bool = False) -> Target:
    """A service api in the environment staging, behind a stand-in for kubectl."""
    monkeypatch.setattr(Target, "kubectl", kubectl)
    return Target(Environment("staging", "eu", "stage", protected, None), "api", Path("kubeconfig"))
