"""Commands that messages recommend."""

from __future__ import annotations

from ci.charts import environments
from ci.deploy.target import Target


def command(target: Target, task: str, *options: str) -> str:
    """Return how a task is called for a service in its environment; the only service need not be named."""
    named = [f"--service {target.service}"] if len(environments.unchecked()) > 1 else []
    return " ".join(["invoke", task, target.environment.name, *named, *options])
