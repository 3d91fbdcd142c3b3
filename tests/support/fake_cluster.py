"""A service's environment, with stand-ins in the place of its cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ci.charts.environments import Environment
from ci.clusters.api import Api
from ci.deploy.target import Target
from tests.support.fake_api import FakeApi

Answer = Callable[[tuple[str, ...], str], str]


@dataclass
class FakeKubectl:
    """Answers calls with ``answer(arguments, standard input)``, and notes them."""

    answer: Answer
    command: list[str] = field(default_factory=list)
    calls: list[tuple[str, ...]] = field(default_factory=list)

    def __call__(self, *arguments: str, stdin: str | None = None, seconds: float | None = None) -> str:
        self.calls.append(arguments)
        return self.answer(arguments, stdin or "")


def target(
    monkeypatch: pytest.MonkeyPatch,
    kubectl: FakeKubectl | None = None,
    api: Api | None = None,
    *,
    protected: bool = False,
) -> Target:
    """A service api in the environment staging, behind stand-ins for kubectl and the API server."""
    monkeypatch.setattr(Target, "kubectl", kubectl or FakeKubectl(lambda *_: ""))
    environment = Environment("staging", "eu", "stage", protected, None)
    return Target(environment, "api", Path("kubeconfig"), api or FakeApi())
