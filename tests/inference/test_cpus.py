from __future__ import annotations

import os
from pathlib import Path

import pytest

from pointfuse.cpus import usable_cpus


@pytest.fixture
def many_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)


@pytest.mark.usefixtures("many_cpus")
@pytest.mark.parametrize(
    ("quota", "expected"), [("200000 100000", 2), ("150000 100000", 2), ("max 100000", 64)]
)
def test_quota_of_version_2(tmp_path: Path, quota: str, expected: int) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    assert usable_cpus(tmp_path) == expected


@pytest.mark.usefixtures("many_cpus")
@pytest.mark.parametrize(("quota", "expected"), [("400000", 4), ("-1", 64), ("1000", 1)])
def test_quota_of_version_1(tmp_path: Path, quota: str, expected: int) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(quota)
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000")
    assert usable_cpus(tmp_path) == expected


@pytest.mark.usefixtures("many_cpus")
def test_without_quota_the_affinity_counts(tmp_path: Path) -> None:
    assert usable_cpus(tmp_path) == 64
