from __future__ import annotations

import os
from pathlib import Path

import pytest

from pointfuse.basics.threads.processors import cpu_quota, usable_cpus

NOWHERE = Path("/nowhere")


@pytest.fixture
def many_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)


@pytest.mark.usefixtures("many_cpus")
@pytest.mark.parametrize(
    ("quota", "expected"), [("200000 100000", 2), ("150000 100000", 2), ("max 100000", 64)]
)
def test_quota_of_version_2(tmp_path: Path, quota: str, expected: int) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    assert usable_cpus(tmp_path, NOWHERE) == expected


@pytest.mark.usefixtures("many_cpus")
@pytest.mark.parametrize(("quota", "expected"), [("400000", 4), ("-1", 64), ("1000", 1)])
def test_quota_of_version_1(tmp_path: Path, quota: str, expected: int) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(quota)
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000")
    assert usable_cpus(tmp_path, NOWHERE) == expected


@pytest.mark.usefixtures("many_cpus")
def test_without_quota_the_affinity_counts(tmp_path: Path) -> None:
    assert usable_cpus(tmp_path, NOWHERE) == 64


def test_a_service_may_use_no_more_than_any_group_around_it(tmp_path: Path) -> None:
    """As systemd sets CPUQuota=: the limit is that of the slice or of the service."""
    service = tmp_path / "system.slice" / "fusion.service"
    service.mkdir(parents=True)
    membership = tmp_path / "membership"
    membership.write_text("0::/system.slice/fusion.service\n")
    (service / "cpu.max").write_text("max 100000")
    assert cpu_quota(tmp_path, membership) is None
    (tmp_path / "system.slice" / "cpu.max").write_text("300000 100000")
    assert cpu_quota(tmp_path, membership) == 3
    (service / "cpu.max").write_text("150000 100000")
    assert cpu_quota(tmp_path, membership) == 1.5


def test_a_group_of_version_1_is_found_by_its_controller(tmp_path: Path) -> None:
    group = tmp_path / "cpu" / "batch"
    group.mkdir(parents=True)
    (group / "cpu.cfs_quota_us").write_text("250000")
    (group / "cpu.cfs_period_us").write_text("100000")
    membership = tmp_path / "membership"
    membership.write_text("5:memory:/elsewhere\n4:cpu,cpuacct:/batch\n")
    assert cpu_quota(tmp_path, membership) == 2.5


def test_a_path_out_of_the_mounted_tree_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("100000 100000")
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    membership = tmp_path / "membership"
    membership.write_text("0::/../\n")
    assert cpu_quota(mounted, membership) is None
