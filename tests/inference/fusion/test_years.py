"""Many days as a stream: the same as at once, in constant memory, and to the end after any kill."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
from click.testing import CliRunner, Result

from pointfuse import FusedFields, Observations, Stations, fuse, read_stations
from pointfuse.commands.main import main
from pointfuse.fields.day_status import DayStatus
from pointfuse.fields.netcdf import write_netcdf
from pointfuse.fusion.finished_days import FinishedDays
from pointfuse.model.loading import Model
from pointfuse.stations.files.pieces import pieces
from pointfuse.stations.gridding import place
from pointfuse.stations.quality.day_checks import check_days
from pointfuse.stations.quality.flags import add_counts, count_reasons
from pointfuse.stations.reading import DEFAULT_VARIABLES, read_request
from pointfuse.stations.spool import Spool, read_into_spool

Write = Callable[[str, str | bytes], Path]
HOURLY = "station,longitude,latitude,time,pm25\n"
DAILY = "station,longitude,latitude,date,pm25\n"
STATIONS = 8


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def hours_of(days: np.ndarray, seed: int = 0) -> np.ndarray:
    """Hourly values, shape (hour, station): a stuck instrument, spikes, gaps, and ordinary air."""
    rng = np.random.default_rng(seed)
    level = np.exp(rng.normal(3.5, 0.2, (24 * len(days), 1)))
    values = level * np.exp(rng.normal(0, 0.1, (24 * len(days), STATIONS)))
    values[30:80, 1] = 41.0
    values[100 :: 24 * 7, 2] *= 20
    values[rng.random(values.shape) < 0.05] = np.nan
    return np.round(values, 1)


def rows_of(days: np.ndarray, values: np.ndarray) -> list[str]:
    hours = (days.astype("datetime64[h]")[:, None] + np.arange(24)).ravel()
    return [
        f"S{station},{105 + 0.2 * station:.1f},36,{hour}:00,"
        f"{'' if np.isnan(value) else f'{value:.1f}'}"
        for hour, row in zip(hours, values, strict=True)
        for station, value in enumerate(row)
    ]


@pytest.fixture
def three_weeks(write: Write) -> list[Path]:
    """A file a day of hourly values, over weeks and a month's end."""
    days = np.arange("2019-01-24", "2019-02-12", dtype="datetime64[D]")
    rows = rows_of(days, hours_of(days))
    size = 24 * STATIONS
    return [
        write(f"h{day}.csv", HOURLY + "\n".join(rows[i * size : (i + 1) * size]) + "\n")
        for i, day in enumerate(days)
    ]


def streamed(paths: list[Path], folder: Path, **settings: Any) -> list[Any]:
    """The weeks of a spool."""
    for name in ("spool", "scratch"):
        (folder / name).mkdir()
    spool = Spool(folder / "spool")
    request = read_request(**settings)
    read_into_spool(spool, paths, folder / "scratch", request=request)
    return list(spool.weeks(DEFAULT_VARIABLES, min_hours=18, quality_control=True))


@pytest.mark.parametrize("order", [1, -1])
def test_weeks_of_a_stream_are_those_of_all_files_at_once(
    three_weeks: list[Path], write: Write, tiny_model: Model, tmp_path: Path, order: int
) -> None:
    """Values, reasons, stations and counts, with a network of daily means beside the hours."""
    other = write("daily.csv", DAILY + "Q,107,36.5,2019-01-30,30\nR,107.5,36.5,2019-02-05,35\n")
    paths = [*three_weeks[::order], other]
    whole = check_days(read_stations(paths), tiny_model)
    weeks = [check_days(week, tiny_model) for week in streamed(paths, tmp_path)]
    assert len(weeks) == 4
    assert np.concatenate([week.times for week in weeks]).tolist() == whole.times.tolist()
    for week in weeks:
        assert week.stations.code.tolist() == whole.stations.code.tolist()
        assert [file.name for file in week.files] == [path.name for path in paths]
    for name in ("values", "reasons"):
        np.testing.assert_array_equal(
            np.concatenate([getattr(week, name)["pm25"] for week in weeks]),
            getattr(whole, name)["pm25"],
        )
    counts: dict[str, Any] = {}
    for week in weeks:
        add_counts(counts, count_reasons(week))
    assert counts == count_reasons(whole)
    found = counts["hour"]["pm25"]["suspect"]
    assert found["stuck"] > 24
    assert found["spike"] > 0


def test_a_large_file_is_read_in_pieces(
    three_weeks: list[Path], write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sorted by station, which is the worst case: each piece has rows from all of it."""
    rows = sorted(row for path in three_weeks for row in path.read_text().splitlines()[1:])
    large = write("large.csv", HOURLY + "\n".join(rows))
    whole = read_stations(large)
    monkeypatch.setattr("pointfuse.stations.files.pieces.LARGEST_WHOLE", 10_000)
    scratch = tmp_path / "pieces"
    scratch.mkdir()
    assert sum(1 for _ in pieces(large, scratch)) == len(three_weeks)
    assert list(scratch.iterdir()) == []
    weeks = streamed([large], tmp_path)
    np.testing.assert_array_equal(
        np.concatenate([week.values["pm25"] for week in weeks]), whole.values["pm25"]
    )
    assert weeks[0].files == whole.files


def test_a_fault_in_a_large_file_is_named_by_its_line(
    write: Write, tiny_model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pointfuse.stations.files.pieces.LARGEST_WHOLE", 100)
    days = np.arange("2019-01-01", "2019-01-31", dtype="datetime64[D]")
    rows = [f"A,105,36,{day},10" for day in days]
    rows[17] += "x"
    result = run(
        *("fuse", write("l.csv", DAILY + "\n".join(rows)), "-o", tmp_path / "out.nc"),
        *("--model", tiny_model_file, "--strict"),
    )
    assert result.exit_code == 1
    assert "l.csv, line 19, column 'pm25': expected a number, got '10x'" in result.stderr
    assert list(tmp_path.glob("*out*")) == []


def test_patterns_are_expanded(write: Write, tiny_model_file: Path, tmp_path: Path) -> None:
    for day in ("07", "06", "08"):
        write(f"d{day}.csv", f"{DAILY}A,105,36,2019-01-{day},{day}\n")
    output = tmp_path / "out.nc"
    pattern = tmp_path / "d*.csv"
    result = run("fuse", pattern, "-o", output, "--model", tiny_model_file, "--json")
    summary = json.loads(result.stdout)
    assert [file["name"] for file in summary["files"]] == ["d06.csv", "d07.csv", "d08.csv"]
    with netCDF4.Dataset(output) as dataset:
        np.testing.assert_array_equal(dataset["pm25"][:, 0, 0], [6, 7, 8])
        assert ": fuse 'd*.csv' " in dataset.history
    for command in ("fuse", "qc"):
        result = run(command, tmp_path / "none*.csv", "-o", output, "--model", tiny_model_file)
        assert result.exit_code == 1
        assert f"no file matches the pattern '{tmp_path / 'none*.csv'}'" in result.stderr


def test_days_with_too_few_stations_are_missing_with_a_reason(
    write: Write,
    tiny_model_file: Path,
    tmp_path: Path,
    assert_cf_compliant: Callable[[Path], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    output = tmp_path / "out.nc"
    rows = ["A,105,36,2019-01-06,", "A,105,36,2019-01-07,10", "B,108,36.5,2019-01-07,30"]
    path = write("d.csv", DAILY + "\n".join([*rows, "A,105,36,2019-01-08,50"]))
    arguments = ["fuse", path, "-o", output, "--model", tiny_model_file, "--json"]
    result = run(*arguments, "--min-stations", 2)
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert [day["day"] for day in summary["days"]] == ["2019-01-07"]
    assert summary["days_missing"] == [
        {"day": "2019-01-06", "stations": 0, "reason": "no_stations"},
        {"day": "2019-01-08", "stations": 1, "reason": "too_few_stations"},
    ]
    assert summary["days_per_second"] > 0
    assert "so no field, on 2019-01-06 (0 stations), 2019-01-08 (1 station)" in caplog.text
    with netCDF4.Dataset(output) as dataset:
        assert dataset["day_status"][:].tolist() == [1, 0, 2]
        assert dataset["day_status"].flag_meanings == "fused no_stations too_few_stations"
        assert np.ma.getmaskarray(dataset["pm25"][:])[:, 0, 0].tolist() == [True, False, True]
        assert (dataset["pm25"][1] == 20).all()
        assert dataset["station_count"][:].sum(axis=(1, 2)).tolist() == [0, 2, 1]
        distance = np.ma.getmaskarray(dataset["station_distance"][:])
        assert distance.all(axis=(1, 2)).tolist() == [True, False, False]
        assert dataset["stations/station_pm25"][2].tolist() == [50.0, None]
    assert_cf_compliant(output)
    assert len(json.loads(run(*arguments).stdout)["days"]) == 2
    result = run(*arguments, "--min-stations", 3)
    assert result.exit_code == 1
    assert "no day has 3 stations with a valid daily mean of pm25" in result.stderr


def test_a_file_a_month(three_weeks: list[Path], tiny_model_file: Path, tmp_path: Path) -> None:
    output = tmp_path / "pm25.nc"
    common = ["fuse", *three_weeks, "--model", tiny_model_file, "--json"]
    summary = json.loads(run(*common, "-o", output, "--period", "month").stdout)
    names = ["pm25_2019-01.nc", "pm25_2019-02.nc"]
    assert summary["outputs"] == [str(tmp_path / name) for name in names]
    assert not output.exists()
    whole = tmp_path / "whole.nc"
    run(*common, "-o", whole)
    with netCDF4.Dataset(whole) as one:
        expected = {name: one[name][:] for name in one.variables if "time" in one[name].dimensions}
    parts = []
    for name in names:
        with netCDF4.Dataset(tmp_path / name) as dataset:
            parts.append({variable: dataset[variable][:] for variable in expected})
    assert [len(part["time"]) for part in parts] == [8, 11]
    for variable, values in expected.items():
        found = np.ma.concatenate([part[variable] for part in parts])
        np.testing.assert_array_equal(found.filled(-1), np.ma.filled(values, -1))


def test_a_month_without_a_field_has_no_file_and_is_named(
    write: Write, tiny_model_file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = ["A,105,36,2019-01-30,", "A,105,36,2019-02-01,40", "A,105,36,2019-02-02,"]
    table = write("t.csv", "station,longitude,latitude,date,pm25\n" + "\n".join(rows) + "\n")
    words = ["fuse", table, "-o", tmp_path / "o.nc", "--period", "month"]
    result = run(*words, "--model", tiny_model_file)
    assert result.exit_code == 0, result.output
    assert "no file was written for 2019-01: none of its times has a field" in caplog.messages
    assert [path.name for path in tmp_path.glob("o*.nc")] == ["o_2019-02.nc"]


def test_a_folder_in_the_place_of_a_month_is_told_before_anything_is_computed(
    write: Write, tiny_model_file: Path, tmp_path: Path
) -> None:
    table = write("t.csv", "station,longitude,latitude,date,pm25\nA,105,36,2019-01-30,40\n")
    (tmp_path / "o_2019-01.nc").mkdir()
    words = ["fuse", table, "-o", tmp_path / "o.nc", "--period", "month"]
    result = run(*words, "--model", tiny_model_file)
    assert result.exit_code == 1
    assert "is a folder; expected the name of a file to write" in result.stderr


def test_the_stream_fuses_what_the_python_interface_does(
    three_weeks: list[Path], scale_model_file: Path, scale_model: Model, tmp_path: Path
) -> None:
    output = tmp_path / "out.nc"
    run("fuse", *three_weeks, "-o", output, "--model", scale_model_file, "--threads", 1)
    fields = fuse(read_stations(three_weeks), scale_model)
    fields.to_netcdf(tmp_path / "whole.nc")
    with netCDF4.Dataset(output) as one, netCDF4.Dataset(tmp_path / "whole.nc") as other:
        assert one.quality_control == other.quality_control
        assert set(one.variables) == set(other.variables)
        for name, variable in one.variables.items():
            np.testing.assert_array_equal(variable[:], other[name][:], err_msg=name)


def test_damaged_days_are_computed_anew(
    three_weeks: list[Path], tiny_model: Model, tmp_path: Path
) -> None:
    finished = FinishedDays(tmp_path / "days")
    placed = place(read_stations(three_weeks[0]), tiny_model.metadata)
    first = finished.fuse(placed, tiny_model, keep=True)
    (kept,) = (tmp_path / "days").iterdir()
    content = kept.read_bytes()
    for damaged in (content[:-40], b"", content[:200] + b"\1\2\3\4" + content[204:]):
        kept.write_bytes(damaged)
        again = finished.fuse(placed, tiny_model, keep=True)
        np.testing.assert_array_equal(again.values, first.values)
    # Other observations are another day.
    assert len(finished) == 1
    finished.fuse(place(read_stations(three_weeks[1]), tiny_model.metadata), tiny_model, keep=True)
    assert len(finished) == 2


COMMAND = [sys.executable, "-m", "pointfuse", "fuse"]


def a_run(output: Path, files: list[Path], *options: object) -> list[str]:
    return [*COMMAND, *map(str, files), "-o", str(output), "--quiet", *map(str, options)]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("output_format", ["netcdf", "ioapi"])
def test_after_any_kill_the_result_is_the_same_to_the_bit(
    three_weeks: list[Path], scale_model_file: Path, tmp_path: Path, output_format: str
) -> None:
    environment = os.environ | {"SOURCE_DATE_EPOCH": "1577836800", "OMP_NUM_THREADS": "1"}
    options = ["--model", scale_model_file, "--threads", 1, "--output-format", output_format]
    whole, broken = tmp_path / "whole" / "out.nc", tmp_path / "broken" / "out.nc"
    for path in (whole, broken):
        path.parent.mkdir()
    began = time.perf_counter()
    silent: dict[str, Any] = {"env": environment, "stderr": subprocess.DEVNULL}
    subprocess.run(a_run(whole, three_weeks, *options), check=True, **silent)
    seconds = time.perf_counter() - began
    rng = random.Random(2019)
    for _ in range(3):
        process = subprocess.Popen(a_run(broken, three_weeks, "--resume", *options), **silent)
        # Some while it starts, some while it reads, most while it fuses and writes.
        time.sleep(rng.uniform(0.4, 1) * seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert {path.name for path in broken.parent.iterdir()} <= {".out.nc.work", "out.nc"}
    subprocess.run(a_run(broken, three_weeks, "--resume", *options), check=True, **silent)
    assert [path.name for path in broken.parent.iterdir()] == ["out.nc"]
    assert broken.read_bytes() == whole.read_bytes()


def test_resuming_takes_finished_days_and_the_time_of_the_beginning(
    three_weeks: list[Path],
    tiny_model_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A run that is broken off after ten days computes nine when it goes on."""
    from pointfuse.fusion import finished_days

    computed: list[str] = []
    original = finished_days.fuse_in_batches

    def counted(placed: Any, model: Model) -> Any:
        if len(computed) == 10:
            raise KeyboardInterrupt
        computed.append(str(placed.observations.times[0]))
        return original(placed, model)

    monkeypatch.setattr(finished_days, "fuse_in_batches", counted)
    output = tmp_path / "out.nc"
    arguments = ["fuse", *three_weeks, "-o", output, "--model", tiny_model_file, "--threads", 1]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    assert run(*arguments).exit_code != 0
    assert len(list(tmp_path.glob(".out.nc.work/days/*.npz"))) == 10
    assert not list(tmp_path.glob(".out.nc.work/spool"))
    computed.clear()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1100000000")
    result = run(*arguments, "--resume")
    assert result.exit_code == 0, result.output
    assert computed == [f"2019-02-{day:02}" for day in range(3, 12)]
    with netCDF4.Dataset(output) as dataset:
        assert dataset.history.startswith("2001-09-09")
    assert not list(tmp_path.glob(".out*"))


@pytest.mark.slow
def test_days_of_finished_months_are_not_kept_nor_computed_again(
    three_weeks: list[Path],
    tiny_model_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A run of eight days of January and eleven of February is broken off on February 3."""
    from pointfuse.fusion import finished_days

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    computed: list[str] = []
    original = finished_days.fuse_in_batches
    enough = 10

    def counted(placed: Any, model: Model) -> Any:
        if len(computed) == enough:
            raise KeyboardInterrupt
        computed.append(str(placed.observations.times[0]))
        return original(placed, model)

    monkeypatch.setattr(finished_days, "fuse_in_batches", counted)
    names = ["out_2019-01.nc", "out_2019-02.nc"]
    common = ["fuse", *three_weeks, "--model", tiny_model_file, "--period", "month", "--json"]

    def broken_off(folder: Path) -> list[object]:
        folder.mkdir()
        computed.clear()
        arguments = [*common, "-o", folder / "out.nc"]
        assert run(*arguments).exit_code != 0
        kept = sorted(path.name[:10] for path in folder.glob(".out.nc.work/days/*.npz"))
        assert kept == ["2019-02-01", "2019-02-02"]
        computed.clear()
        return [*arguments, "--resume"]

    whole = tmp_path / "whole"
    arguments = broken_off(whole)
    enough = 99
    summary = json.loads(run(*arguments[:-1]).stdout)
    assert len(computed) == 19
    enough = 10
    folder = tmp_path / "resumed"
    arguments = broken_off(folder)
    again = json.loads(run(*arguments).stdout)
    assert computed == [f"2019-02-{day:02}" for day in range(3, 12)]
    assert not list(folder.glob(".out*"))
    assert [Path(name).name for name in again["outputs"]] == names
    for key in ("days", "days_missing", "stations", "quality_control"):
        assert again[key] == summary[key]
    for name in names:
        assert (folder / name).read_bytes() == (whole / name).read_bytes()
    # Another file under the name of the month is not taken for it.
    folder = tmp_path / "changed"
    arguments = broken_off(folder)
    enough = 99
    (folder / names[0]).write_bytes(b"something else")
    assert run(*arguments).exit_code == 0
    assert computed == [f"2019-01-{day}" for day in range(24, 32)] + [
        f"2019-02-{day:02}" for day in range(3, 12)
    ]
    assert (folder / names[0]).read_bytes() == (whole / names[0]).read_bytes()


def test_without_resume_all_is_computed_anew(
    three_weeks: list[Path], tiny_model_file: Path, tmp_path: Path
) -> None:
    days = tmp_path / ".out.nc.work" / "days"
    days.mkdir(parents=True)
    (days / "2019-01-24-0.npz").write_bytes(b"")
    output = tmp_path / "out.nc"
    assert run("fuse", three_weeks[0], "-o", output, "--model", tiny_model_file).exit_code == 0
    assert not days.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no lock of this kind")
def test_two_runs_do_not_write_one_file(
    three_weeks: list[Path], tiny_model_file: Path, tmp_path: Path
) -> None:
    from pointfuse.fusion.working_folder import working_folder

    output = tmp_path / "out.nc"
    with working_folder(output, resume=False):
        result = run("fuse", three_weeks[0], "-o", output, "--model", tiny_model_file)
    assert result.exit_code == 1
    assert "another run is writing" in result.stderr


MEASURE = """
import sys
from pointfuse.commands.main import main
from pointfuse_benchmarks.measuring.memory import own_peak_memory_mb
main(sys.argv[1:], standalone_mode=False)
print(own_peak_memory_mb())
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows counts memory otherwise")
def test_ten_times_the_days_take_no_more_memory(
    tmp_path: Path, tiny_model_file: Path, rng: np.random.Generator
) -> None:
    """1,500 stations, hourly, a file a day: 50 days are 14 MB of numbers, and 100 MB at once."""
    codes = [f"S{i}" for i in range(1500)]
    places = rng.uniform((98, 32), (112, 40), (1500, 2))
    station_list = tmp_path / "list.csv"
    lines = [f"{code},{x:.3f},{y:.3f}" for code, (x, y) in zip(codes, places, strict=True)]
    station_list.write_text("station,longitude,latitude\n" + "\n".join(lines) + "\n")
    days = np.arange("2019-03-04", "2019-04-23", dtype="datetime64[D]")
    texts = [",".join(map(str, rng.integers(20, 60, 1500))) for _ in range(24)]
    for day in days:
        stamp = str(day).replace("-", "")
        rows = [f"{stamp},{hour},PM2.5,{text}" for hour, text in enumerate(texts)]
        header = ",".join(["date", "hour", "type", *codes])
        (tmp_path / f"c{stamp}.csv").write_text("\n".join([header, *rows]) + "\n")
    peaks = []
    for pattern in ("c2019030[4-8].csv", "c*.csv"):
        command = [sys.executable, "-c", MEASURE, "fuse", str(tmp_path / pattern), "--quiet"]
        command += ["--stations", str(station_list), "--model", str(tiny_model_file)]
        command += ["--threads", "1", "--no-qc", "-o", str(tmp_path / "out.nc")]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))
    # A week of hours with its margins is 15 MB once read and some copies of that, which 5 days
    # nearly are too; whatever grew with the days would be ten times as much.
    assert peaks[1] < peaks[0] + 40, peaks


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads what Linux says of memory")
def test_the_writer_holds_a_day_and_not_the_file(tiny_model: Model, tmp_path: Path) -> None:
    """The netCDF library holds 64 MB of each variable, unless it is told otherwise."""
    grid = dataclasses.replace(tiny_model.metadata.grid, rows=300, columns=300)
    metadata = dataclasses.replace(tiny_model.metadata, own_grid=grid)
    resident = []

    def days() -> Iterator[FusedFields]:
        for day in np.datetime64("2019-01-01") + np.arange(150):
            observations = Observations(
                Stations(np.array(["A"]), np.array([105.0]), np.array([36.0])),
                np.array([day]),
                {"pm25": np.array([[10.0]])},
            )
            pages = Path("/proc/self/statm").read_text().split()[1]
            resident.append(int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20)
            field = np.full((1, 300, 300), 10, np.float32)
            count = np.zeros((1, 300, 300), np.int16)
            yield FusedFields(
                values=field,
                uncertainty=np.full_like(field, np.nan),
                station_count=count,
                station_distance=field,
                status=np.zeros(1, np.int8),
                stations=place(observations, metadata),
                model_sha256="0",
                device="cpu",
                provider="CPUExecutionProvider",
            )

    write_netcdf(tmp_path / "out.nc", days(), history="x")
    # 140 days of three variables are 120 MB.
    assert resident[-1] < resident[10] + 30


def test_statuses_have_names() -> None:
    assert [status.label for status in DayStatus] == ["fused", "no_stations", "too_few_stations"]
