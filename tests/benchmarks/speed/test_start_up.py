"""What a start adds is measured beside what it stands on."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest

from pointfuse_benchmarks.speed import start_up


def test_added_time_is_the_difference_of_medians(monkeypatch: pytest.MonkeyPatch) -> None:
    # Three programs a round; the first round, which fills the caches, does not count.
    rounds = (9, 9, 9), (1, 1.25, 1.5), (3, 3.75, 3.5), (2, 2.5, 9)
    times = itertools.chain.from_iterable((0, end) for each in rounds for end in each)
    started = []
    clock = SimpleNamespace(perf_counter=lambda: next(times))
    runner = SimpleNamespace(run=lambda command, **_: started.append(command[-1]), DEVNULL=None)
    monkeypatch.setattr(start_up, "time", clock)
    monkeypatch.setattr(start_up, "subprocess", runner)
    found = start_up.measured(3)
    assert found["seconds"] == {
        "click and numpy": 2,
        "import pointfuse": 2.5,
        "pointfuse --help": 3.5,
    }
    assert found["added_seconds"] == {"import pointfuse": 0.5, "pointfuse --help": 1.5}
    # They take turns.
    assert started == [*start_up.PROGRAMS.values()] * 4


@pytest.mark.slow
def test_the_programs_run() -> None:
    assert all(0 < seconds < 60 for seconds in start_up.measured(1)["seconds"].values())
