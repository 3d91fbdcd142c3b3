"""CPUs are counted as this process may use them: 63 programs at once are too many for a small container."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from ci.base import cpus


@pytest.fixture
def cgroups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder of cgroups, on a machine with 64 CPUs."""
    monkeypatch.setattr(cpus, "_CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(cpus, "_MEMBERSHIPS", tmp_path / "memberships")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(64), raising=False)
    return tmp_path / "cgroup"


def limit(cgroups: Path, memberships: str, **files: str) -> None:
    """Write what the system says of this process's cgroups."""
    cgroups.with_name("memberships").write_text(memberships)
    for name, text in files.items():
        file = cgroups / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


V1 = "9:name=systemd:/docker/b2\n1:cpu,cpuacct:/docker/b2\n"


@pytest.mark.parametrize(
    ("memberships", "files", "count"),
    [
        ("0::/\n", {"cpu.max": "150000 100000\n"}, 2),
        ("0::/\n", {"cpu.max": "20000 100000\n"}, 1),
        ("0::/\n", {"cpu.max": "max 100000\n"}, 64),
        ("0::/\n", {"cpu.max": "9900000 100000\n"}, 64),
        ("0::/a.slice/b\n", {"a.slice/b/cpu.max": "800000 100000", "a.slice/cpu.max": "300000 100000"}, 3),
        # A container that does not see its own path.
        ("0::/docker/b2\n", {"cpu.max": "400000 100000"}, 4),
        (V1, {"cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1),
        (V1, {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 64),
        (
            V1,
            {"cpu/docker/b2/cpu.cfs_quota_us": "700000\n", "cpu/docker/b2/cpu.cfs_period_us": "100000\n"},
            7,
        ),
        ("0::/\n", {}, 64),
        ("0::/\n", {"cpu.max": ""}, 64),
    ],
)
def test_the_quota_of_a_cgroup_counts_where_it_is_lower(
    cgroups: Path, memberships: str, files: dict[str, str], count: int
) -> None:
    limit(cgroups, memberships, **files)
    assert cpus.available() == count


def test_without_cgroups_the_affinity_counts(cgroups: Path) -> None:
    assert cpus.available() == 64


def test_a_system_without_affinity_counts_its_cpus(cgroups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 10)
    assert cpus.available() == 10


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has an affinity")
def test_what_taskset_leaves_counts() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert cpus.available() == 1
    finally:
        os.sched_setaffinity(0, before)
