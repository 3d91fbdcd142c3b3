"""The number of pods while an autoscaler sets it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.support.namespaces import Namespace


def replicas(namespace: Namespace, deployment: str = "api") -> int:
    number: int = namespace.object("Deployment", deployment)["spec"]["replicas"]
    return number


def has(namespace: Namespace, number: int) -> None:
    """Assert that there are so many replicas, all of them ready."""
    assert replicas(namespace) == number
    assert len(namespace.ready_pods()) == number


def may_lose_one(namespace: Namespace) -> None:
    """Assert that the disruption budget lets one pod be evicted."""
    assert namespace.object("PodDisruptionBudget", "api")["status"].get("disruptionsAllowed") == 1


@contextmanager
def fewest(namespace: Namespace) -> Iterator[Callable[[], tuple[int, int]]]:
    """Yield a function that returns the fewest replicas set and the fewest ready pods during the block."""
    seen = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.2):
            seen.append((replicas(namespace), len(namespace.ready_pods())))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield lambda: (min(asked for asked, _ in seen), min(ready for _, ready in seen))
    finally:
        ended.set()
        watching.join()
