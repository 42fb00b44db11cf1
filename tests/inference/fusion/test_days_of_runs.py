"""Days that are empty or not whole: what a file holds, and what is said of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from click.testing import CliRunner, Result

from pointfuse import InputError, fuse, read_stations
from pointfuse.commands.main import main
from pointfuse.fields.timed_fields import TimedFields
from pointfuse.model.loading import Model

Write = Callable[[str, str], Path]

DAYS = ("2019-01-30", "2019-01-31", "2019-02-01", "2019-02-02")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def daily(write: Write, empty: tuple[int, ...]) -> Path:
    """Two stations have 10 and 20, and no value on the days of `empty`."""
    rows = ["station,longitude,latitude,date,pm25"]
    for number, day in enumerate(DAYS):
        values = ("", "") if number in empty else (10, 20)
        rows += [f"A,105,36,{day},{values[0]}", f"B,108,36.5,{day},{values[1]}"]
    return write("daily.csv", "\n".join(rows) + "\n")


@pytest.mark.parametrize("empty", [(), (0,), (1, 2), (3,), (0, 1), (0, 1, 2), (1, 2, 3)])
@pytest.mark.parametrize("period", ["all", "month"])
def test_variables_of_a_file_follow_from_the_model(
    write: Write, scale_model_file: Path, tmp_path: Path, empty: tuple[int, ...], period: str
) -> None:
    path, folder = daily(write, empty), tmp_path / "out"
    folder.mkdir()
    result = run(
        *("fuse", path, "-o", folder / "pm25.nc", "--model", scale_model_file),
        *("--period", period, "--no-qc"),
    )
    assert result.exit_code == 0, result.output
    found = {}
    # Months without any field get no file, and nothing else is left behind.
    for output in sorted(folder.iterdir()):
        assert output.suffix == ".nc"
        with netCDF4.Dataset(output) as dataset:
            assert {"pm25", "pm25_uncertainty", "day_status", "day_hours"} <= set(dataset.variables)
            for name in ("pm25", "pm25_uncertainty"):
                there = ~np.ma.getmaskarray(dataset[name][:]).all(axis=(1, 2))
                assert there.tolist() == (dataset["day_status"][:] == 0).tolist()
            found[output.name] = dataset["day_status"][:].tolist()
    status = [1 if number in empty else 0 for number in range(4)]
    halves = {"pm25_2019-01.nc": status[:2], "pm25_2019-02.nc": status[2:]}
    expected = {name: part for name, part in halves.items() if 0 in part}
    assert found == ({"pm25.nc": status} if period == "all" else expected)


def test_too_few_stations_on_the_first_day(
    write: Write, scale_model_file: Path, tmp_path: Path
) -> None:
    rows = "station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,10\n"
    path = write("d.csv", rows + "A,105,36,2019-01-07,10\nB,108,36.5,2019-01-07,30\n")
    output = tmp_path / "out.nc"
    result = run("fuse", path, "-o", output, "--model", scale_model_file, "--min-stations", 2)
    assert result.exit_code == 0, result.output
    with netCDF4.Dataset(output) as dataset:
        assert np.ma.getmaskarray(dataset["pm25_uncertainty"][0]).all()
        assert np.isfinite(dataset["pm25_uncertainty"][1]).all()


@pytest.mark.parametrize("error", [ValueError("a fault"), MemoryError(), KeyboardInterrupt()])
def test_what_an_error_leaves_behind_can_be_resumed(
    write: Write,
    scale_model_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
) -> None:
    """Of one day nothing is left; of four those that were finished, for --resume."""
    import pointfuse.fields.netcdf as writer

    path, output = daily(write, (0,)), tmp_path / "out" / "pm25.nc"
    output.parent.mkdir()
    call = ["fuse", path, "-o", output, "--model", scale_model_file, "--no-qc"]
    append = writer.NetcdfFile.append

    def fail(file: writer.NetcdfFile, bundle: Sequence[TimedFields]) -> None:
        append(file, bundle)
        if len(file._dataset.dimensions["time"]) == after:
            raise error

    monkeypatch.setattr(writer.NetcdfFile, "append", fail)
    after = 1
    assert run(*call, "--days", DAYS[1]).exit_code != 0
    assert list(output.parent.iterdir()) == []
    after = 3
    assert run(*call).exit_code != 0
    assert not output.exists()
    monkeypatch.setattr(writer.NetcdfFile, "append", append)
    result = run(*call, "--resume")
    assert result.exit_code == 0, result.output
    assert list(output.parent.iterdir()) == [output]


def hourly(write: Write, hours: range, name: str = "hours.csv") -> Path:
    rows = ["station,longitude,latitude,time,pm25"]
    for hour in hours:
        rows += [
            f"{code},{place},2019-01-06T{hour:02}:00,{10 + hour + tens}"
            for code, place, tens in (("A", "105,36", 0), ("B", "108,36.5", 20))
        ]
    return write(name, "\n".join(rows) + "\n")


def test_a_day_that_is_not_whole_is_called_so(
    write: Write,
    tiny_model_file: Path,
    tmp_path: Path,
    assert_cf_compliant: Callable[[Path], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    output = tmp_path / "out.nc"
    call = ["-o", output, "--model", tiny_model_file, "--no-qc", "--min-hours", 1, "--json"]
    result = run("fuse", hourly(write, range(10)), *call)
    assert result.exit_code == 0, result.output
    said = "2019-01-06 is not whole in the files: hours 0 to 9, 10 of 24; its means are of these"
    assert said in caplog.text
    (day,) = json.loads(result.stdout)["days"]
    assert (day["day"], day["partial"]) == ("2019-01-06", "hours 0 to 9, 10 of 24")
    assert_cf_compliant(output)
    with netCDF4.Dataset(output) as dataset:
        assert dataset.partial_days == "2019-01-06: hours 0 to 9, 10 of 24"
        assert dataset["day_hours"][:].tolist() == [10]
        assert "day_hours" in dataset["pm25"].ancillary_variables.split()
        assert dataset["stations/station_pm25"][0].tolist() == [14.5, 34.5]


def test_whole_days_and_daily_means_are_not(
    write: Write, tiny_model_file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for path, hours in ((hourly(write, range(24)), [24]), (daily(write, ()), [None] * 4)):
        output = tmp_path / "out.nc"
        run("fuse", path, "-o", output, "--model", tiny_model_file, "--no-qc")
        assert "not whole" not in caplog.text
        with netCDF4.Dataset(output) as dataset:
            assert "partial_days" not in dataset.ncattrs()
            assert dataset["day_hours"][:].tolist() == hours


def test_a_refusal_names_the_hours_that_there_were(
    write: Write, tiny_model_file: Path, tiny_model: Model, tmp_path: Path
) -> None:
    path = hourly(write, range(10))
    result = run("fuse", path, "-o", tmp_path / "out.nc", "--model", tiny_model_file)
    assert result.exit_code == 1
    said = "at most 10 valid hours of a station on a day; check .* --min-hours"
    with pytest.raises(InputError, match=said) as caught:
        fuse(read_stations(path), tiny_model)
    assert str(caught.value) in result.stderr.replace("pointfuse: ", "")


def test_a_missing_day_names_them_too(
    write: Write, tiny_model_file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = [hourly(write, range(10)), daily(write, ())]
    run("fuse", *files, "-o", tmp_path / "out.nc", "--model", tiny_model_file)
    assert "so no field, on 2019-01-06 (0 stations, at most 10 hours)" in caplog.text


def test_python_and_io_api_say_it(
    write: Write, tiny_model: Model, tiny_model_file: Path, tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    path = hourly(write, range(14, 24))
    observations = read_stations(path, min_hours=1)
    fields = fuse(observations, tiny_model, quality_control=False)
    assert "2019-01-06 is not whole in the files: hours 14 to 23, 10 of 24" in caplog.text
    with netCDF4.Dataset(fields.to_netcdf(tmp_path / "out.nc")) as dataset:
        assert dataset.partial_days == "2019-01-06: hours 14 to 23, 10 of 24"
    call = ["--model", tiny_model_file, "--min-hours", 1, "--output-format", "ioapi"]
    assert run("fuse", path, "-o", tmp_path / "io.nc", *call).exit_code == 0
    with netCDF4.Dataset(tmp_path / "io.nc") as dataset:
        text = "".join(dataset.FILEDESC.split())
        assert "Notwhole,andmeansofthesehoursalone:2019-01-06:hours14to23,10of24." in text
        assert len(dataset.FILEDESC) == 4800
