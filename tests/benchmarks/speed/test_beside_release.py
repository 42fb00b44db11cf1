"""This checkout beside an earlier one: who takes turns, and what is said of it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from pointfuse_benchmarks.measuring.checkout import RESULTS, ROOT
from pointfuse_benchmarks.speed import beside_release


def test_calls_take_turns_and_medians_are_told():
    order = []

    def call(name, seconds, memory):
        each = iter(seconds)

        def run():
            order.append(name)
            return next(each), memory

        return run

    found = beside_release.in_turns([call("a", [3, 1, 2], 300.4), call("b", [6, 9, 9], None)], 3)
    assert order == ["a", "b"] * 3
    assert found == {"new": 2, "new_peak_memory_mb": 300, "release": 9}


def test_a_further_day_is_a_third_of_what_four_take_more_than_one():
    rows = [
        {"case": "one day", "new": 2.0, "release": 4.0},
        {"case": "four days", "new": 3.5, "release": 10.0},
    ]
    found = beside_release.further_day(rows)
    assert (found["new"], found["release"]) == (0.5, 2.0)


@pytest.mark.slow
def test_a_run_that_fails_is_no_measurement(tmp_path):
    with pytest.raises(SystemExit, match="the run ended with 1"):
        beside_release.fused(ROOT, ["nowhere.csv"], str(tmp_path))


def test_both_are_given_the_same_files_and_the_table_tells_ratios(tmp_path, monkeypatch):
    given = []

    def fused(checkout, arguments, folder):
        given.append((checkout, arguments))
        return (1.0 if checkout == ROOT else 4.0) * len(arguments), 400.0

    monkeypatch.setattr(beside_release, "fused", fused)
    monkeypatch.setattr(beside_release, "networks", lambda *_: [lambda: (0.3, None)] * 2)
    output = tmp_path / "beside.json"
    result = CliRunner().invoke(
        beside_release.main, [str(tmp_path), "--rounds", "1", "-o", str(output)]
    )
    assert result.exit_code == 0, result.output
    assert "| network, fp32 | 0.30 s | 0.30 s | 1.00 | not measured |" in result.output
    assert "| four days, files to file | 4.00 s | 16.00 s | 0.25 | 400, 400 MB |" in result.output
    ours, theirs = ([files for root, files in given if root == one] for one in (ROOT, tmp_path))
    assert ours[:2] == theirs[:2]
    # The release needs options to be as fast as it can.
    assert theirs[2] == [*ours[2], "--network-alone", "--precision", "int8"]
    assert len(json.loads(output.read_text())["rows"]) == 6


def test_the_document_shows_what_was_measured():
    report = json.loads((RESULTS / "beside_release.json").read_text())
    document = (ROOT / "docs" / "background" / "performance.md").read_text(encoding="utf-8")
    assert beside_release.table(report) in document
