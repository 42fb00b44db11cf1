"""What many years would take: the arithmetic, and that the document shows it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pointfuse_benchmarks.measuring.machine_file import read_machines
from pointfuse_benchmarks.speed.scale import Prices, Task, balance, estimate, main, report
from pointfuse_benchmarks.speed.stages import OUTPUT

ROOT = Path(__file__).parents[3]


@pytest.fixture
def stages():
    """Round numbers."""
    names = ("read", "check", "place", "compute", "load", "write")
    seconds = dict(zip(names, (0.5, 0.25, 0.0, 4.0, 0.25, 1.0), strict=True))
    sizes = dict.fromkeys(("files", "spool", "task", "kept", "output"), 1e6)
    return {"processor_seconds": seconds, "bytes": sizes}


def test_the_slowest_of_what_goes_on_at_once_is_the_bottleneck(stages):
    task = Task(years=20, fields_a_day=1)
    assert task.days == task.fields == 7305
    # 7305 days of half a second; of 4 s on 2 processors; of 1 s, for the writer takes longest.
    found = estimate(stages, task, cores=2, runs=1)
    assert found == pytest.approx((7305 / 7200, 2 * 7305 / 3600, 7305 / 3600))
    assert found.total == pytest.approx(2.5 * 7305 / 3600)
    assert found.bottleneck == "computing"
    many = estimate(stages, task, cores=400, runs=1)
    assert (many.bottleneck, many.total) == ("collecting", pytest.approx(1.5 * 7305 / 3600))
    # A run a year: all but the computing is done by twenty.
    apart = estimate(stages, task, cores=400, runs=20)
    assert apart.total == pytest.approx(1.5 * 7305 / 3600 / 20)
    assert balance(stages, task) == 4
    # Hours of a day are read and checked once, and computed and written one by one.
    hours = estimate(stages, Task(20, 24), cores=2, runs=1)
    assert hours == pytest.approx((7305 / 7200, 24 * 2 * 7305 / 3600, 24 * 7305 / 3600))


def test_money_and_bytes_by_hand(stages):
    about = {"processor": "P", "date": "2026-01-01"}
    stages |= {"precision": "int8", "stations": 1, "cells": 2, "load": 0, "machine": about}
    text = report(stages, 20, Prices(core_hour=0.1, gigabyte_month=2.0))
    # 5.07 h of 2 processors and one that collects.
    assert "| 20 years of days | 2 | 1 | 1.0 h | 4.1 h | 2.0 h | 5.1 h | computing | 1.52 |" in text
    assert "| output | 7.3 GB | 175.3 GB | kept |" in text
    assert "| price of the output, a month | 14.61 | 350.64 | |" in text


def test_what_was_measured_agrees_with_the_latency_of_that_machine():
    """Processor seconds on one thread and time on two: the same work, and much waiting."""
    stages = json.loads(OUTPUT.read_text(encoding="utf-8"))
    rows = read_machines()["amd-epyc-2-threads"]["latency"]
    (row,) = (row for row in rows if row["precision"] == stages["precision"])
    assert stages["machine"]["processor"] == row["machine"]["processor"]
    measured = 2 * row["network"]["p50"] / 1000
    # Two threads are little faster than one. Days of one have weather, of the other 1,626 stations.
    assert 0.5 * measured < stages["processor_seconds"]["compute"] < 1.4 * measured


def test_the_document_shows_the_tables(capsys):
    main([], standalone_mode=False)
    text = (ROOT / "docs" / "guide" / "scale.md").read_text(encoding="utf-8")
    for part in capsys.readouterr().out.strip().split("\n\n"):
        assert part in text
