"""Damaged station files: read or refused, and every other end is seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from pointfuse_benchmarks.robustness import mutated_station_files
from pointfuse_benchmarks.robustness.mutated_station_files import mutated, outcome
from pointfuse_benchmarks.robustness.station_file_samples import TEXT, Sample, samples

EACH = 40
"""Damaged files of a kind: some five hundred in all, in a few seconds."""


@pytest.mark.parametrize("kind", TEXT)
def test_damaged_text_files_are_read_or_refused(tmp_path: Path, kind: str) -> None:
    ends = [outcome(mutated(kind, f"test {seed}"), tmp_path) for seed in range(EACH)]
    assert not [end for end in ends if end not in ("read", "read in part", "refused")]
    assert "refused" in ends


@pytest.mark.parametrize("kind", TEXT)
def test_sound_files_are_read(tmp_path: Path, kind: str) -> None:
    assert outcome(samples()[kind], tmp_path) in ("read", "read in part")


def test_a_seed_makes_a_file_again() -> None:
    assert mutated("tidy", "0 7") == mutated("tidy", "0 7")
    assert len({mutated("tidy", f"0 {seed}").content for seed in range(50)}) > 40


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda given: (_ for _ in ()).throw(KeyError("x")), "KeyError"),
        (lambda given: given.values["pm25"].fill(np.inf), "an infinite value of pm25"),
        (lambda given: given.stations.longitude.fill(np.nan), "half a place"),
        (lambda given: given.stations.longitude.fill(-999), "a place at -999"),
        (lambda given: given.stations.code.fill("\x1b"), "a code that cannot be printed"),
    ],
)
def test_other_ends_are_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Any, message: str
) -> None:
    original = mutated_station_files.read_stations

    def spoilt(*arguments: Any, **options: Any) -> Any:
        observations = original(*arguments, **options)
        spoil(observations)
        return observations

    monkeypatch.setattr(mutated_station_files, "read_stations", spoilt)
    assert outcome(samples()["tidy"], tmp_path).startswith(message)


def test_a_long_refusal_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutated_station_files, "LONGEST", 10)
    assert outcome(Sample("a.csv", b""), tmp_path).startswith("a refusal of ")


def test_the_command_counts_and_names_lost_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {"tidy": samples()["tidy"]}
    monkeypatch.setattr(mutated_station_files, "samples", lambda: kinds)
    ends = [(0, "read"), (1, "process lost (-11): "), (2, "refused")]
    monkeypatch.setattr(mutated_station_files, "_ends", lambda *_: iter(ends))
    result = CliRunner().invoke(mutated_station_files.main, ["--files", "3"])
    assert result.exit_code == 1
    assert "tidy, seed '0 1': process lost (-11)" in result.stderr
    assert "| tidy | 1 | 0 | 1 | 1 |" in result.stdout
    assert "3 files, 1 faults" in result.stdout
