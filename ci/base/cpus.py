"""How many CPUs this process may use."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIPS = Path("/proc/self/cgroup")


def available() -> int:
    """Return the number of CPUs by affinity, or by the quota of a cgroup (a container) if that is lower."""
    # macOS has no affinity.
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min([count, *(max(1, math.ceil(quota)) for quota in _quotas())])


def _quotas() -> Iterator[float]:
    """Yield the quotas, in CPUs, of this process's cgroups, both of version 1 and 2, and of those above them.

    https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files,
    https://docs.kernel.org/scheduler/sched-bwc.html
    """
    try:
        memberships = _MEMBERSHIPS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for membership in memberships:
        _, controllers, path = membership.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        top = _CGROUPS / "cpu" if controllers else _CGROUPS
        own = top / path.strip("/")
        # A container may see its own cgroup as the top.
        for folder in (own, *own.parents):
            if folder.is_relative_to(top):
                yield from _quota(folder, 1 if controllers else 2)


def _quota(folder: Path, version: int) -> Iterator[float]:
    files = {1: ("cpu.cfs_quota_us", "cpu.cfs_period_us"), 2: ("cpu.max",)}[version]
    try:
        quota, period = " ".join((folder / file).read_text(encoding="utf-8") for file in files).split()
    except (OSError, ValueError):
        return
    if quota not in ("max", "-1"):
        yield int(quota) / int(period)
