"""The command line as its users see it: what it prints, its exit codes, the files it leaves."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import netCDF4
import numpy as np
import onnx
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mean_model import mean_model

from pointfuse import __version__
from pointfuse.commands.main import main
from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.shipped import shipped_models

Write = Callable[[str, str | bytes], Path]
HEAD = "station,longitude,latitude,date,pm25\n"
TWO_DAYS = HEAD + "A,105,36,2019-01-06,10\nB,108,36.5,2019-01-06,30\nA,105,36,2019-01-07,50\n"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def tidy(write: Write) -> Path:
    return write("tidy.csv", TWO_DAYS)


def test_version_names_code_and_model() -> None:
    models = dict.fromkeys(f"{model.name} {model.version}" for model in shipped_models())
    result = run("--version")
    assert result.exit_code == 0
    assert result.output == f"pointfuse {__version__} (models {', '.join(models)})\n"


def test_version_without_a_model_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("pointfuse.model.shipped.model_folder", lambda: tmp_path)
    result = run("--version")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"pointfuse {__version__}: the list of shipped models")


def test_fuse_writes_the_file_and_says_what_it_did(
    tidy: Path, tiny_model_file: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.nc"
    result = run("fuse", tidy, "-o", output, "--model", tiny_model_file, "--threads", 1)
    assert result.exit_code == 0, result.output
    assert "tidy.csv: tidy, 2 stations, 2 times" in result.output
    assert "stations: 2 read, 2 valid, of these 0 without coordinates, 0 outside" in result.output
    assert "2019-01-06: 2 stations of pm25 in 2 of 192 cells" in result.output
    assert "field 50.0 to 50.0, mean 50.0 ug m-3" in result.output
    assert "tiny 0.1.0 in fp32, cpu (CPUExecutionProvider), 1 thread\n" in result.output
    with netCDF4.Dataset(output) as dataset:
        np.testing.assert_array_equal(dataset["pm25"][:, 0, 0], [20.0, 50.0])
        assert dataset.history.endswith(": fuse tidy.csv --model tiny.onnx --threads 1 -o out.nc")


def test_fields_have_an_uncertainty_where_the_model_gives_one(
    tidy: Path, tiny_model_file: Path, scale_model_file: Path, tmp_path: Path
) -> None:
    for model, gives in ((tiny_model_file, False), (scale_model_file, True)):
        output = tmp_path / "out.nc"
        result = run("fuse", tidy, "-o", output, "--model", model)
        assert result.exit_code == 0, result.output
        with netCDF4.Dataset(output) as dataset:
            assert ("pm25_uncertainty" in dataset.variables) == gives


def test_json_summary(tidy: Path, tiny_model_file: Path, tmp_path: Path) -> None:
    result = run("fuse", tidy, "-o", tmp_path / "out.nc", "--model", tiny_model_file, "--json")
    summary = json.loads(result.stdout)
    assert summary["stations"] == {
        "read": 2,
        "valid": 2,
        "without_coordinates": 0,
        "outside_grid": 0,
        "used": 2,
    }
    assert [day["mean"] for day in summary["days"]] == [20.0, 50.0]
    assert (summary["device"], summary["provider"]) == ("cpu", "CPUExecutionProvider")
    assert summary["precision"] == "fp32"
    assert summary["runtime"].startswith("onnxruntime ")
    assert summary["output"] == str(tmp_path / "out.nc")


def test_quiet_prints_nothing_but_the_warning(
    tidy: Path, tiny_model_file: Path, tmp_path: Path
) -> None:
    result = run("fuse", tidy, "-o", tmp_path / "out.nc", "--model", tiny_model_file, "--quiet")
    assert result.exit_code == 0
    assert result.stdout == ""


@pytest.mark.slow
def test_a_program_of_its_own(tidy: Path, tiny_model_file: Path, tmp_path: Path) -> None:
    """What a shell sees, warnings and exit codes included."""
    command = [sys.executable, "-m", "pointfuse", "fuse", "-o", tmp_path / "out.nc", "--quiet"]
    run = subprocess.run(
        [*command, tidy, "--model", tiny_model_file], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (0, "")
    assert run.stderr.startswith("pointfuse: tiny.onnx is not a model that came with pointfuse; ")
    missing = subprocess.run([*command, "none.csv"], capture_output=True, text=True, check=False)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert missing.stderr == "pointfuse: there is no file none.csv; check the path\n"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")
def test_a_stop_from_outside_leaves_finished_days_alone(write: Write, tmp_path: Path) -> None:
    days = [f"A,105,36,{day},10" for day in np.arange("2019-01", "2019-04", dtype="datetime64[D]")]
    tidy = write("days.csv", HEAD + "\n".join(days))
    folder = tmp_path / "out"
    folder.mkdir()
    command = [sys.executable, "-m", "pointfuse", "fuse", tidy, "-o", folder / "out.nc"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        # Not those that are being written, whose names begin with a dot.
        while not list(folder.glob(".out.nc.work/days/2019*.npz")):
            assert process.poll() is None, "it ended before it could be stopped"
            time.sleep(0.05)
        process.terminate()
    # The shell's convention: 128 and the number of the signal, which is 15.
    assert process.returncode == 143
    assert [path.name for path in folder.iterdir()] == [".out.nc.work"]
    kept = {path.name for path in (folder / ".out.nc.work").iterdir()}
    assert kept == {"begun.json", "days", "lock"}


@pytest.mark.parametrize(
    ("days", "kept"),
    [
        ("2019-01-06", [20.0]),
        ("2019-01-07:", [50.0]),
        (":2019-01-06", [20.0]),
        ("2019-01-01:2019-12-31", [20.0, 50.0]),
    ],
)
def test_days(
    tidy: Path, tiny_model_file: Path, tmp_path: Path, days: str, kept: list[float]
) -> None:
    output = tmp_path / "out.nc"
    result = run("fuse", tidy, "-o", output, "--model", tiny_model_file, "--days", days)
    assert result.exit_code == 0, result.output
    with netCDF4.Dataset(output) as dataset:
        np.testing.assert_array_equal(dataset["pm25"][:, 0, 0], kept)


def test_units_timezone_and_hours(write: Write, tiny_model_file: Path, tmp_path: Path) -> None:
    hourly = "station,longitude,latitude,time,pm25\nA,105,36,2019-01-05T20:00Z,0.05\n"
    output = tmp_path / "out.nc"
    arguments = ["fuse", write("h.csv", hourly), "-o", output, "--model", tiny_model_file]
    arguments += ["--units", "pm25=mg/m3", "--min-hours", 1, "--timezone", "+08:00"]
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    with netCDF4.Dataset(output) as dataset:
        assert dataset["pm25"][0, 0, 0] == 50.0
        assert dataset.day_timezone == "+08:00"
        assert str(netCDF4.num2date(dataset["time"][0], dataset["time"].units))[:10] == "2019-01-06"


@pytest.mark.parametrize(
    ("meridian", "named", "warned"),
    [
        (-97.0, None, True),  # noon is 14.5 hours from that of China, and so 9.5
        (-97.0, "Asia/Shanghai", False),
        (100.0, None, False),
        (178.0, None, False),  # four hours and a little less
        (182.0, None, True),
    ],
)
def test_a_default_time_zone_that_is_far_from_the_grid_is_told(
    tiny_metadata: ModelMetadata,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    meridian: float,
    named: str | None,
    warned: bool,
) -> None:
    grid = tiny_metadata.grid
    plane = replace(grid.projection, longitude_of_central_meridian=meridian)
    metadata = replace(tiny_metadata, own_grid=replace(grid, projection=plane))
    (tmp_path / "model.onnx").write_bytes(mean_model(metadata).SerializeToString())
    longitude, latitude = metadata.grid.longitude_latitude()
    day = f"A,{longitude[5, 5]},{latitude[5, 5]},2019-01-06,50"
    (tmp_path / "day.csv").write_text(f"station,longitude,latitude,date,pm25\n{day}\n")
    arguments = ["fuse", tmp_path / "day.csv", "--model", tmp_path / "model.onnx"]
    arguments += ["--timezone", named] if named else []
    result = run(*arguments, "-o", tmp_path / "out.nc")
    assert result.exit_code == 0, result.output
    told = [text for text in caplog.messages if "by default" in text]
    assert len(told) == warned
    if warned:
        assert "name the time zone of the stations with --timezone" in told[0]


@pytest.mark.parametrize(
    "arguments",
    [
        ["fuse"],
        ["fuse", "{tidy}"],
        ["fuse", "{tidy}", "-o", "{out}", "--format", "excel"],
        ["fuse", "{tidy}", "-o", "{out}", "--min-hours", "25"],
        ["fuse", "{tidy}", "-o", "{out}", "--threads", "0"],
        ["fuse", "{tidy}", "-o", "{out}", "--days", "yesterday"],
        ["fuse", "{tidy}", "-o", "{out}", "--days", "2019-01-08:2019-01-06"],
        ["fuse", "{tidy}", "-o", "{out}", "--units", "pm25"],
        ["fuse", "{tidy}", "-o", "{out}", "--quiet", "--json"],
        ["unknown"],
    ],
)
def test_wrong_usage_ends_with_2(tidy: Path, tmp_path: Path, arguments: list[str]) -> None:
    out = tmp_path / "out.nc"
    result = run(*(argument.format(tidy=tidy, out=out) for argument in arguments))
    assert result.exit_code == 2
    assert "Usage:" in result.stderr
    assert not out.exists()


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (HEAD.replace("latitude", "y") + "A,1,2,2019-01-06,1\n", [], "a column named latitude"),
        (TWO_DAYS.replace("pm25", "pm25 [ppm]"), [], "the unit 'ppm' of pm25 cannot be converted"),
        (TWO_DAYS + "A,105,36,2019-01-06,11\n", [], "station A occurs twice at the same time"),
        (TWO_DAYS + "A,106,36,2019-01-08,11\n", [], "station A stands at (106.0, 36.0) here"),
        (TWO_DAYS.replace("30", "3O"), ["--strict"], "column 'pm25': expected a number, got '3O'"),
        (TWO_DAYS.replace(",30", "", 1), [], "the file may be cut off"),
        (b"\x1f\x8b\x08\x00\x00", [], "a damaged or cut-off gzip file"),
        (b"\x00\x01\x02", [], "is no text file"),
        ("", [], "is empty or has no header"),
        (HEAD + "A,-100,40,2019-01-06,1\n", [], "no valid daily mean of pm25 on the grid"),
        (TWO_DAYS, ["--days", "2020-01-01:"], "no valid daily mean of pm25 on the grid: 0 days"),
        (TWO_DAYS, ["--timezone", "Mars/Base"], "the time zone 'Mars/Base' is not known"),
        (TWO_DAYS, ["--stations", "none.csv"], "there is no file none.csv"),
        (TWO_DAYS, ["--model", "none.onnx"], "there is no model file none.onnx"),
        (TWO_DAYS, ["--units", "no2=ppb"], "units were given for no2"),
    ],
)
def test_bad_input_ends_with_1_one_sentence_and_no_file(
    write: Write,
    tiny_model_file: Path,
    tmp_path: Path,
    content: str | bytes,
    options: list[str],
    message: str,
) -> None:
    output = tmp_path / "out.nc"
    model = [] if "--model" in options else ["--model", tiny_model_file]
    result = run("fuse", write("bad.csv", content), "-o", output, *model, *options)
    assert result.exit_code == 1
    # The warning about the model from elsewhere comes first.
    error = [line for line in result.stderr.splitlines() if "is not a model that" not in line]
    assert len(error) == 1
    assert error[0].startswith("pointfuse: ")
    assert message in error[0]
    assert "Traceback" not in result.output
    assert list(tmp_path.glob("*out*")) == []


def wrong_grid(model: onnx.ModelProto) -> None:
    metadata = json.loads(model.metadata_props[0].value)
    metadata["grid"]["rows"] = 13
    model.metadata_props[0].value = json.dumps(metadata)


def foreign_operator(model: onnx.ModelProto) -> None:
    model.graph.node[0].domain = "com.example"


def data_elsewhere(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].external_data.add(key="location", value="weights.bin")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (wrong_grid, "expected observations(time, 3, 13, 16), observed(time, 3, 13, 16), got"),
        (foreign_operator, "uses operators of the domain com.example"),
        (data_elsewhere, "refers to data in other files"),
    ],
)
def test_unfit_model_ends_with_1(
    write: Write,
    tidy: Path,
    tmp_path: Path,
    tiny_proto: onnx.ModelProto,
    spoil: Callable[[onnx.ModelProto], None],
    message: str,
) -> None:
    spoil(tiny_proto)
    model = write("other.onnx", tiny_proto.SerializeToString())
    result = run("fuse", tidy, "-o", tmp_path / "out.nc", "--model", model)
    assert result.exit_code == 1
    assert message in result.stderr
    assert not list(tmp_path.glob("*out*"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x08\x09 altered", "download it again, or rename it"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer"),
        (b"", "(0 bytes) does not begin like an ONNX file"),
    ],
)
def test_altered_model_ends_with_1(
    write: Write, tidy: Path, tmp_path: Path, content: bytes, message: str
) -> None:
    model = write(shipped_models()[0].file, content)
    result = run("fuse", tidy, "-o", tmp_path / "out.nc", "--model", model)
    assert result.exit_code == 1
    assert message in result.stderr
    assert not list(tmp_path.glob("*out*"))


def test_output_that_cannot_be_written(tidy: Path, tiny_model_file: Path, tmp_path: Path) -> None:
    result = run("fuse", tidy, "-o", tmp_path / "no" / "out.nc", "--model", tiny_model_file)
    assert result.exit_code == 1
    assert f"the folder {tmp_path / 'no'} does not exist; make it first" in result.stderr


@pytest.mark.parametrize("read", ["tidy.csv", "list.csv", "tiny.onnx"])
def test_output_that_is_input_is_refused(
    write: Write, tidy: Path, tiny_model_bytes: bytes, tmp_path: Path, read: str
) -> None:
    station_list = write("list.csv", "station,longitude,latitude\nA,105,36\n")
    model = write("tiny.onnx", tiny_model_bytes)
    before = (tmp_path / read).read_bytes()
    arguments = ["fuse", tidy, "--stations", station_list, "--model", model]
    result = run(*arguments, "-o", tmp_path / read)
    assert result.exit_code == 1
    assert f"{tmp_path / read} is one of the files to read; name another" in result.stderr
    assert (tmp_path / read).read_bytes() == before


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    result = run("--debug", "fuse", tmp_path / "none.csv", "-o", tmp_path / "out.nc")
    assert isinstance(result.exception, FileNotFoundError)


def test_an_error_of_our_own_making_is_one_line_too(
    tidy: Path, tiny_model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr("pointfuse.fields.netcdf._define", broken)
    result = run("fuse", tidy, "-o", tmp_path / "out.nc", "--model", tiny_model_file)
    assert result.exit_code == 1
    assert "internal error: ZeroDivisionError: planted; run again with" in result.stderr


def test_inspect(tiny_model_file: Path) -> None:
    text = run("inspect", tiny_model_file)
    assert text.exit_code == 0
    assert "tiny 0.1.0 (fp32, Apache-2.0)" in text.output
    assert "grid: 12 rows x 16 columns of 100 km, lambert_conformal_conic" in text.output
    assert "wind_speed in m s-1, 0 to 60" in text.output
    metadata = json.loads(run("inspect", tiny_model_file, "--json").stdout)
    assert metadata["grid"]["projection"]["standard_parallel"] == [25.0, 47.0]
    assert len(metadata["sha256"]) == 64


def test_inspect_shows_the_shipped_model_by_default() -> None:
    model = shipped_models()[0]
    result = run("inspect")
    assert result.exit_code == 0
    assert f"{model.name} {model.version} (fp32, Apache-2.0)" in result.output
    assert f"sha256 {model.sha256}" in result.output


def test_inspect_refuses_what_is_no_model(tidy: Path) -> None:
    result = run("inspect", tidy)
    assert result.exit_code == 1
    assert "does not begin like an ONNX file" in result.stderr


RUNS = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def fuse_anything(write: Write, model: Path, tmp_path: Path, content: bytes) -> None:
    """Whatever comes in: a whole field, or one sentence, exit code 1 and no file."""
    output = tmp_path / "out.nc"
    output.unlink(missing_ok=True)
    result = run("fuse", write("any.csv", content), "-o", output, "--model", model)
    assert "Traceback" not in result.output
    assert "internal error" not in result.output
    if result.exit_code == 1:
        assert not output.exists()
        return
    assert result.exit_code == 0
    with netCDF4.Dataset(output) as dataset:
        field = dataset["pm25"][:].filled(np.nan)
    # A day without stations is missing, a day with any is whole.
    fused = np.isfinite(field[:, 0, 0])
    assert fused.any()
    assert np.isnan(field[~fused]).all()
    assert (field[fused] >= 0).all()


@pytest.mark.slow
@RUNS
@given(content=st.binary(max_size=400))
def test_any_bytes(write: Write, tiny_model_file: Path, tmp_path: Path, content: bytes) -> None:
    fuse_anything(write, tiny_model_file, tmp_path, content)


@pytest.mark.slow
@RUNS
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from("ABCD"),
            st.floats(-200, 400) | st.floats(100, 110) | st.just(float("nan")),
            st.floats(-100, 100) | st.floats(33, 39),
            st.sampled_from(["2019-01-06", "2019-01-07", "0001-01-01", "9999-12-31"]),
            st.floats() | st.floats(-10, 2000),
        ),
        max_size=8,
    )
)
def test_any_table(
    write: Write, tiny_model_file: Path, tmp_path: Path, rows: list[tuple[object, ...]]
) -> None:
    lines = (",".join(map(str, row)) for row in rows)
    fuse_anything(write, tiny_model_file, tmp_path, (HEAD + "\n".join(lines)).encode())
