"""What is said of timings, how rows are kept, and that the documents show what was measured."""

from __future__ import annotations

import copy
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from pointfuse import InputError
from pointfuse.errors import OutputError
from pointfuse_benchmarks.measuring import machine_file
from pointfuse_benchmarks.measuring.machine_file import (
    PARTS,
    origin,
    read_machine,
    read_machines,
    record,
)
from pointfuse_benchmarks.measuring.timings import WARM_UP, repeat, summary, timed
from pointfuse_benchmarks.speed import performance, performance_figure
from pointfuse_benchmarks.speed.performance_tables import machine_tables, peers_tables

ABOUT = {
    "machine": {
        "processor": "P",
        "system": "S",
        "python": "3",
        "onnxruntime": "1",
        "numpy": "2",
        "date": "2026-01-01",
    },
    "load": 0.1,
    "command": "python -m it",
    "threads": 2,
}
GPU = copy.deepcopy(ABOUT)
GPU["machine"] |= {"gpus": ["G"], "driver": "580"}


def test_percentiles_are_those_of_numpy_in_milliseconds():
    seconds = np.random.default_rng(3).gamma(2.0, 0.1, 150)
    found = summary(seconds.tolist())
    assert found["n"] == 150
    for name, percent in (("p50", 50), ("p90", 90), ("p99", 99)):
        assert found[name] == pytest.approx(1000 * np.percentile(seconds, percent), abs=6e-4)
    assert found["slowest"] == pytest.approx(1000 * seconds.max(), abs=6e-4)


def test_a_few_runs_have_no_99th_percentile():
    assert set(summary([0.1] * 99)) == {"n", "p50", "p90", "slowest"}
    assert summary([0.1] * 100)["p99"] == 100


def test_calls_are_warmed_up_and_end_with_the_time(monkeypatch):
    clock = iter(np.arange(0.0, 100.0, 0.5))
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    calls = []
    # Two looks at the clock a call, and one before each further call: 1.5 s a turn.
    found = repeat(lambda: calls.append(1), 100, 4.0)
    assert found == [0.5] * 3
    assert len(calls) == WARM_UP + 3
    assert len(repeat(lambda: None, 2, 1e9)) == 2
    assert len(repeat(lambda: None, 2, 0.0)) == 1
    assert timed(lambda: None) == 0.5


def test_rows_of_the_same_case_are_replaced_and_the_others_kept(tmp_path):
    path = tmp_path / "machine.json"
    row = {"device": "cpu", "precision": "fp32"}
    record(path, "latency", [row | {"x": 1}, row | {"precision": "int8", "x": 2}], ("precision",))
    record(path, "peers", [row])
    record(path, "latency", [row | {"x": 3}], ("precision",))
    report = read_machine(path)
    assert [(r["precision"], r["x"]) for r in report["latency"]] == [("int8", 2), ("fp32", 3)]
    assert list(report) == ["latency", "peers"]
    record(path, "peers", [row | {"x": 4}])
    assert read_machine(path)["peers"] == [row | {"x": 4}]


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "machine.json"
    for text in ("{", "[]", '{"scores_of_football": []}'):
        path.write_text(text)
        with pytest.raises(InputError, match=r"machine\.json is no file of a machine"):
            record(path, "latency", [])
        assert path.read_text() == text


def test_a_row_says_where_it_was_measured_and_names_no_folder(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["latency.py", "-o", "/home/me/m.json", "--runs", "3"])
    found = origin("speed.latency", 0.256)
    assert found["command"] == "python -m pointfuse_benchmarks.speed.latency -o m.json --runs 3"
    assert found["load"] == 0.26
    assert {"processor", "threads", "onnxruntime", "date"} <= set(found["machine"])


def test_the_load_is_what_processors_do_now(monkeypatch, tmp_path, capsys):
    stat = tmp_path / "stat"
    ticks = iter([(1000, 4000, 0), (1090, 4100, 10)])

    def advance(seconds=0.0):
        user, idle, stolen = next(ticks)
        text = f"cpu {user} 0 0 {idle} 0 0 0 {stolen} 0 0\ncpu0 1\ncpu1 1\nintr 1\n"
        stat.write_text(text)

    advance()
    monkeypatch.setattr(machine_file, "_STAT", stat)
    monkeypatch.setattr("time.sleep", advance)
    # Of 200 ticks of two processors 90 and 10 were busy.
    assert machine_file.load_of_machine() == 1.0
    assert "others are busy on 1.0 processors" in capsys.readouterr().err


def test_the_file_is_named_after_the_gpu_or_else_the_processor(monkeypatch, tmp_path):
    about = {"processor": "AMD Ryzen 5 (TM) 3600", "threads": 12}
    monkeypatch.setattr(machine_file, "MACHINES", tmp_path / "machines")
    monkeypatch.setattr(machine_file, "machine", lambda: about)
    found = machine_file.machine_file(None)
    assert found == tmp_path / "machines" / "amd-ryzen-5-tm-3600-12-threads.json"
    monkeypatch.setattr(machine_file, "machine", lambda: about | {"gpus": ["NVIDIA RTX 4070"]})
    assert machine_file.machine_file(None).name == "nvidia-rtx-4070-12-threads.json"
    # The first file of a machine: its folder is there now.
    record(found, "peers", [])


def test_a_file_that_cannot_be_written_is_known_before_anything_is_measured(tmp_path):
    assert machine_file.machine_file(tmp_path / "m.json") == tmp_path / "m.json"
    with pytest.raises(OutputError, match="does not exist; make it first"):
        machine_file.machine_file(tmp_path / "none" / "m.json")


@pytest.fixture
def report():
    """Of a machine with a GPU, as the programs write it."""
    timing = {"n": 100, "p50": 700.0, "p90": 710.0, "p99": 720.0, "slowest": 730.0}
    start = dict.fromkeys(
        ("process_s", "slowest_s", "imports_s", "session_s", "reading_s", "first_run_s"), 0.25
    )
    row = {
        "device": "cpu",
        "provider": "CPUExecutionProvider",
        "precision": "fp32",
        "model_sha256": "a" * 64,
        "start": start,
        "network": timing,
        "peak_memory_mb": 400,
        "days_at_once": [{"days": 1, "fields_per_s": 1.4, "peak_memory_mb": 400}],
        **ABOUT,
    }
    on_gpu = row | {
        "device": "tensorrt",
        "provider": "TensorrtExecutionProvider",
        "start": start | {"engine_s": 61.0},
        "network": {"n": 20, "p50": 3.0, "p90": 3.5, "slowest": 4.0},
        "compute": timing | {"p50": 2.0},
        "host_to_device": timing | {"p50": 0.75},
        "device_to_host": timing | {"p50": 0.25},
        "gpu_memory_mb": 1234,
        "joules_per_field": 0.5,
        **GPU,
    }
    peer = {"kind": "network", "version": "1", "precision": "fp32", **GPU}
    whole = [timing | {"p50": p50} for p50 in (700.0, 1400.0, 10.0, 4.0)]
    return {
        "latency": [row, on_gpu],
        "peers": [
            peer | {"name": "ONNX Runtime", "device": "cpu", "whole": whole[0]},
            peer | {"name": "PyTorch, eager", "device": "cpu", "whole": whole[1]},
            peer | {"name": "PyTorch, eager", "device": "cuda", "whole": whole[2]},
            peer
            | {
                "name": "ONNX Runtime",
                "device": "cuda",
                "precision": "fp16",
                "whole": whole[3],
                "largest_difference": 0.125,
            },
            peer | {"kind": "field", "name": "ours", "device": "cpu", "whole": whole[0]},
            peer | {"kind": "field", "name": "gridpp", "device": "cpu", "whole": whole[1]},
            {"kind": "network", "name": "OpenVINO", "absent": "it is not installed", **GPU},
        ],
    }


def line_of(text: str, begin: str) -> list[str]:
    (line,) = (line for line in text.splitlines() if line.startswith(f"| {begin} |"))
    return line.strip("| ").split(" | ")


def test_copies_and_energy_are_shown_where_there_are_any_and_never_as_zero(report):
    starts, runs, _, _ = machine_tables({"latency": report["latency"]}).split("\n\n")
    assert line_of(starts, "cpu, fp32")[-1] == "not applicable"
    assert line_of(starts, "tensorrt, fp32")[-1] == "61.0 s"
    assert line_of(runs, "cpu, fp32")[1:] == [
        "700.0 / 710.0 / 720.0",
        "100",
        "not applicable",
        "not applicable",
        "400",
        "not applicable",
    ]
    assert line_of(runs, "tensorrt, fp32")[1:5] == ["3.0 / 3.5 / -", "20", "2.0", "0.75 / 0.25"]
    assert line_of(runs, "tensorrt, fp32")[-1] == "1234 MB, 0.5 J"


def test_speed_is_compared_on_the_same_device_only(report):
    text = peers_tables(report["peers"])
    assert line_of(text, "ONNX Runtime, cpu, fp32")[3] == "2.00"
    assert line_of(text, "ONNX Runtime, cuda, fp16")[3:5] == ["2.50", "0.125"]
    assert line_of(text, "ours, cpu, fp32")[1:3] == ["0.70 s", "1.00"]
    assert line_of(text, "gridpp, cpu, fp32")[1:3] == ["1.40 s", "2.00"]
    assert "- Not run: OpenVINO: it is not installed." in text
    without = [row for row in report["peers"] if row["name"] != "PyTorch, eager"]
    assert line_of(peers_tables(without), "ONNX Runtime, cpu, fp32")[3] == "-"


def test_tables_say_what_they_were_measured_with_and_have_even_rows(report):
    text = machine_tables(report)
    assert "Files: fp32 aaaaaaaaaaaa on CPUExecutionProvider" in text
    assert "G (driver 580), P, 2 threads, S, Python 3, onnxruntime 1, numpy 2" in text
    for block in text.split("\n\n"):
        assert len({line.count("|") for line in block.splitlines() if line[0] == "|"}) <= 1


def test_bars_are_the_medians_of_a_run_with_ours_in_colour(report, tmp_path):
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    performance_figure._bars(axes, report["peers"][:2])
    assert [bar.get_width() for bar in axes.patches] == [0.7, 1.4]
    assert axes.patches[0].get_facecolor() != axes.patches[1].get_facecolor()
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["ONNX Runtime, cpu fp32", "PyTorch, eager, cpu fp32"]
    performance_figure.draw_peers(report["peers"], tmp_path / "peers.png")
    assert (tmp_path / "peers.png").read_bytes().startswith(b"\x89PNG")


def test_marked_tables_are_replaced_and_nothing_else():
    text = f"before\n{performance._BEGIN}\nold\n{performance._END}\nafter\n"
    once = performance.with_tables(text, "| new |")
    assert once == f"before\n{performance._BEGIN}\n\n| new |\n\n{performance._END}\nafter\n"
    assert performance.with_tables(once, "| new |") == once
    with pytest.raises(InputError, match="got 0 pairs"):
        performance.with_tables("no marks", "x")
    with pytest.raises(InputError, match="got 2 pairs"):
        performance.with_tables(text + text, "x")


def test_the_documents_show_what_was_measured_on_each_machine():
    machines = read_machines()
    for path, tables in (
        (performance.DOCUMENT, performance.all_tables(machines)),
        (performance.README, performance.readme_table(machines)),
    ):
        text = path.read_text(encoding="utf-8")
        assert performance.with_tables(text, tables) == text, f"{path.name}: run make bench"


def test_every_committed_row_can_be_told_from_any_other():
    """Machine, versions, provider, precision, model, threads, warm-up, number, date, command."""
    for name, report in read_machines().items():
        assert re.fullmatch("[a-z0-9-]+", name)
        assert set(report) <= set(PARTS)
        for part, rows in report.items():
            for row in rows:
                assert {"processor", "onnxruntime", "date"} <= set(row["machine"])
                assert ("gpus" in row["machine"]) == ("driver" in row["machine"])
                assert row["threads"] >= 1
                assert row["command"].startswith("python -m pointfuse_benchmarks.")
                assert str(Path.home()) not in row["command"]
                if part in ("latency", "precision", "scores", "files_to_file"):
                    assert row["provider"].endswith("ExecutionProvider")
                    assert len(row["model_sha256"]) == 64
            if part == "latency":
                assert all(set(row["kernels"]) == {row["provider"]} for row in rows)
                assert all(row["warm_up"] == WARM_UP for row in rows)
