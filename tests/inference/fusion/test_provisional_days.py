"""A day that is not over, fused as what it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from click.testing import CliRunner, Result

from pointfuse import Observations, fuse, read_stations
from pointfuse.commands.main import main
from pointfuse.model.loading import Model
from pointfuse.pictures import maps

Write = Callable[[str, str], Path]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def hours_of(write: Write, days: dict[str, dict[str, range]], name: str = "hours.csv") -> Path:
    """Stations with the hour of the day as their value, B with 20 more."""
    places = {"A": ("105,36", 0), "B": ("108,36.5", 20)}
    rows = ["station,longitude,latitude,time,pm25"]
    for day, stations in days.items():
        for code, hours in stations.items():
            place, more = places[code]
            rows += [f"{code},{place},{day}T{hour:02}:00,{hour + more}" for hour in hours]
    return write(name, "\n".join(rows) + "\n")


WHOLE, TEN = range(24), range(10)


@pytest.fixture
def until_ten(write: Write) -> Path:
    """A whole day, and one until ten o'clock."""
    both = {"A": WHOLE, "B": WHOLE}
    return hours_of(write, {"2019-01-06": both, "2019-01-07": {"A": TEN, "B": TEN}})


def test_a_day_that_is_not_over_is_a_provisional_one(
    until_ten: Path,
    tiny_model_file: Path,
    tmp_path: Path,
    assert_cf_compliant: Callable[[Path], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    output = tmp_path / "out.nc"
    call = ["-o", output, "--model", tiny_model_file, "--no-qc", "--partial", "--json"]
    result = run("fuse", until_ten, *call)
    assert result.exit_code == 0, result.output
    said = "2019-01-07: hours 0 to 9, 10 of 24, not over; its field is provisional"
    assert said in caplog.text
    assert "not whole" not in caplog.text
    first, last = json.loads(result.stdout)["days"]
    assert "provisional" not in first
    assert (last["provisional"], last["partial"]) == (True, "hours 0 to 9, 10 of 24, not over")
    assert_cf_compliant(output)
    with netCDF4.Dataset(output) as dataset:
        assert dataset["day_provisional"][:].tolist() == [0, 1]
        assert dataset["day_hours"][:].tolist() == [24, 10]
        assert dataset.partial_days == "2019-01-07: hours 0 to 9, 10 of 24, not over"
        # Midnight in China is at 16 o'clock, UTC.
        begin = np.datetime64("2019-01-05T16", "h").astype(int)
        bounds = [[begin, begin + 24], [begin + 24, begin + 34]]
        assert dataset["time_bnds"][:].tolist() == bounds
        assert dataset["time"][:].tolist() == [begin + 12, begin + 29]
        # Means of the hours 0 to 9.
        assert dataset["stations/station_pm25"][1].tolist() == [4.5, 24.5]
        assert float(dataset["pm25"][1].mean()) == pytest.approx(14.5, rel=1e-3)


def test_without_being_asked_for_it_is_none(
    until_ten: Path, tiny_model_file: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.nc"
    assert run("fuse", until_ten, "-o", output, "--model", tiny_model_file).exit_code == 0
    with netCDF4.Dataset(output) as dataset:
        assert np.ma.getmaskarray(dataset["pm25"][1]).all()
        assert dataset["day_provisional"][:].tolist() == [0, 0]


def strays(write: Write, hours: dict[int, range], more: str = "") -> Path:
    """Stations 0 to 9 with the hours of each on a day, and further rows."""
    rows = ["station,longitude,latitude,time,pm25,relative_humidity"]
    for station, own in hours.items():
        place = f"S{station},{103 + station / 2},36"
        rows += [f"{place},2019-01-07T{hour:02}:00,{hour},50" for hour in own]
    return write("many.csv", "\n".join([*rows, *more.splitlines()]) + "\n")


NINE = dict.fromkeys(range(9), TEN)


@pytest.mark.parametrize("hour", [10, 13, 23])
def test_one_clock_that_is_ahead_ends_no_day(write: Write, hour: int) -> None:
    path = strays(write, {**NINE, 9: range(hour + 1)})
    read = read_stations(path, partial=True)
    assert read.unfinished == (np.datetime64("2019-01-07"), 10)
    # Its later hours are no part of the mean of any.
    np.testing.assert_array_equal(read.values["pm25"][0], [4.5] * 10)


def test_one_clock_of_tomorrow_ends_no_day(write: Write) -> None:
    path = strays(write, {**NINE, 9: TEN}, "S9,107.5,36,2019-01-08T03:00,7,50")
    read = read_stations(path, partial=True)
    assert read.unfinished == (np.datetime64("2019-01-07"), 10)
    np.testing.assert_array_equal(read.values["pm25"][0], [4.5] * 10)


def test_weather_that_is_ahead_ends_no_day(write: Write) -> None:
    weather = "".join(f"W,105,36,2019-01-07T{hour:02}:00,,{hour}\n" for hour in range(24))
    weather += "W,105,36,2019-01-08T00:00,,50\n"
    read = read_stations(strays(write, {**NINE, 9: TEN}, weather), partial=True)
    assert read.unfinished == (np.datetime64("2019-01-07"), 10)
    assert np.nanmean(read.values["relative_humidity"][0, -1]) == 4.5


def test_hours_filled_with_what_is_no_value_have_not_been(write: Write) -> None:
    filled = "".join(
        f"S{station},{103 + station / 2},36,2019-01-07T{hour:02}:00,-999,\n"
        for station in range(10)
        for hour in range(10, 24)
    )
    read = read_stations(strays(write, {**NINE, 9: TEN}, filled), partial=True)
    assert read.unfinished == (np.datetime64("2019-01-07"), 10)
    np.testing.assert_array_equal(read.values["pm25"][0], [4.5] * 10)


def test_stations_that_are_behind_are_taken_with_their_own_hours(write: Write) -> None:
    """Half of them are: the hours so far are those that more than half have."""
    path = strays(write, {station: range(7) if station % 2 else TEN for station in range(10)})
    read = read_stations(path, partial=True)
    assert read.unfinished == (np.datetime64("2019-01-07"), 7)
    np.testing.assert_array_equal(read.values["pm25"][0], [3.0] * 10)


def test_a_day_before_others_of_the_files_is_over_whatever_is_asked_for(
    write: Write, tiny_model_file: Path, tmp_path: Path
) -> None:
    most, both = range(20), {"A": WHOLE, "B": WHOLE}
    path = hours_of(write, {"2019-01-06": {"A": most, "B": most}, "2019-01-07": both})
    output = tmp_path / "out.nc"
    call = ["-o", output, "--model", tiny_model_file, "--no-qc", "--partial"]
    assert run("fuse", path, *call, "--days", "2019-01-06").exit_code == 0
    with netCDF4.Dataset(output) as dataset:
        assert dataset["day_provisional"][:].tolist() == [0]
        assert dataset["day_hours"][:].tolist() == [20]
    assert read_stations(path, partial=True).unfinished is None


def test_records_of_whole_days_are_not_asked_for_less(
    until_ten: Path, tiny_model_file: Path, tmp_path: Path
) -> None:
    call = ["--model", tiny_model_file, "--partial", "--output-format", "ioapi"]
    result = run("fuse", until_ten, *call, "-o", tmp_path / "out.nc")
    assert result.exit_code == 2
    assert "I/O API files hold whole days of 24 hours" in result.output.replace("\n", " ")


def test_whoever_reads_the_file_is_told(
    until_ten: Path, tiny_model_file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    output, places = tmp_path / "out.nc", tmp_path / "places.csv"
    call = ["-o", output, "--model", tiny_model_file, "--no-qc", "--partial"]
    assert run("fuse", until_ten, *call).exit_code == 0
    places.write_text("name,longitude,latitude\nhere,105,36\n")
    caplog.clear()
    result = run("extract", output, places, "-o", tmp_path / "series.csv")
    assert result.exit_code == 0, result.output
    assert "out.nc: 2019-01-07 was not over: it is provisional" in caplog.text
    index = tmp_path / "index.nc"
    assert run("index", output, "-o", index).exit_code == 0
    with netCDF4.Dataset(index) as dataset:
        assert dataset["day_provisional"][:].tolist() == [0, 1]


# Of ten hours so far 18 / 24 are 7.5: eight are enough, and seven are not.
@pytest.mark.parametrize(("hours", "enough"), [(8, True), (7, False)])
def test_a_station_needs_the_same_share_of_the_hours_so_far(
    write: Write, hours: int, enough: bool
) -> None:
    read = read_stations(strays(write, {0: TEN, 1: TEN, 2: range(hours)}), partial=True)
    assert np.isfinite(read.values["pm25"][0]).tolist() == [True, True, enough]


def test_in_memory_it_is_the_same(
    until_ten: Path, tiny_model: Model, caplog: pytest.LogCaptureFixture
) -> None:
    observations = read_stations(until_ten, partial=True)
    assert observations.unfinished == (np.datetime64("2019-01-07"), 10)
    fields = fuse(observations, tiny_model, quality_control=False)
    assert fields.stations.hours.unfinished.tolist() == [False, True]
    assert "its field is provisional" in caplog.text
    np.testing.assert_allclose(fields.values[1], 14.5)


def test_only_the_last_day_can_be_one_that_is_not_over(write: Write) -> None:
    days = {"2019-01-06": {"A": TEN, "B": TEN}, "2019-01-07": {"A": WHOLE, "B": WHOLE}}
    read = read_stations(hours_of(write, days), partial=True)
    assert read.unfinished is None
    assert np.isnan(read.values["pm25"][0]).all()


@pytest.mark.parametrize("first", [0, 20])
def test_a_day_of_which_the_last_hour_is_there_is_over(write: Write, first: int) -> None:
    day = {"A": range(first, 24), "B": range(first, 24)}
    assert read_stations(hours_of(write, {"2019-01-07": day}), partial=True).unfinished is None


def test_a_week_later_is_another_week_of_the_same_run(
    write: Write, tiny_model_file: Path, tmp_path: Path
) -> None:
    """A run reads week by week, and the last day is that of all of them."""
    both, ten = {"A": WHOLE, "B": WHOLE}, {"A": TEN, "B": TEN}
    path = hours_of(write, {"2019-01-03": ten, "2019-01-06": both, "2019-01-17": ten})
    output = tmp_path / "out.nc"
    call = ["-o", output, "--model", tiny_model_file, "--no-qc", "--partial"]
    assert run("fuse", path, *call).exit_code == 0
    with netCDF4.Dataset(output) as dataset:
        assert dataset["day_provisional"][:].tolist() == [0, 0, 1]
        missing = np.ma.getmaskarray(dataset["pm25"][:]).all(axis=(1, 2))
        assert missing.tolist() == [True, False, False]


def test_daily_means_are_over(write: Write) -> None:
    path = write("d.csv", "station,longitude,latitude,date,pm25\nA,105,36,2019-01-07,10\n")
    observations: Observations = read_stations(path, partial=True)
    assert observations.unfinished is None


def test_the_map_says_so(
    until_ten: Path,
    tiny_model: Model,
    tiny_model_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    output = tmp_path / "out.nc"
    call = ["-o", output, "--model", tiny_model_file, "--no-qc", "--partial"]
    assert run("fuse", until_ten, *call).exit_code == 0
    footers = []
    made = maps.make_sheet
    monkeypatch.setattr(
        maps,
        "make_sheet",
        lambda *given, **named: footers.append(named["footer"]) or made(*given, **named),
    )
    for days in ("2019-01-06", "2019-01-07", "2019-01-06:2019-01-07"):
        picture = tmp_path / "map.png"
        assert run("plot", output, "--days", days, "-o", picture).exit_code == 0
    said = ["provisional: 2019-01-07 is not over" in footer for footer in footers]
    assert said == [False, True, True]
    fields = fuse(read_stations(until_ten, partial=True), tiny_model, quality_control=False)
    footer = fields.plot("2019-01-07")._supxlabel.get_text()
    assert "provisional: 2019-01-07 is not over" in footer
