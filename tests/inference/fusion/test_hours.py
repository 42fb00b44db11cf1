"""Fields of hours: when they are, what is missing, and that runs of them go on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from click.testing import CliRunner, Result
from pyarrow import parquet

from pointfuse import Observations, Stations, check_days, fuse, read_stations
from pointfuse.commands.main import main
from pointfuse.fields.map_file import opened
from pointfuse.model.loading import Model
from pointfuse.model.model_file import read_model_file
from pointfuse.stations.quality.reasons import Reason

Ship = Callable[..., Path]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


@pytest.fixture
def china(tmp_path: Path) -> tuple[Path, Path]:
    """Two stations of the Chinese network on a day, without hours 5 and 6; hour h has 10 + h."""
    rows = [
        f"20190131,{hour},{kind},{10 + hour + more},{14 + hour + more}\n"
        for hour in range(24)
        if hour not in (5, 6)
        for kind, more in (("PM2.5", 0), ("O3", 40))
    ]
    path, places = tmp_path / "china.csv", tmp_path / "list.csv"
    path.write_text("date,hour,type,1001A,1002A\n" + "".join(rows))
    places.write_text("code,name,city,longitude,latitude\n1001A,x,y,105,36\n1002A,x,y,107,36.5\n")
    return path, places


def test_a_field_an_hour(
    ship: Ship,
    china: tuple[Path, Path],
    tmp_path: Path,
    assert_cf_compliant: Callable[[Path], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    ship("pm25", "o3", "o3_mda8")
    output = tmp_path / "hours.nc"
    call = ("fuse", china[0], "--stations", china[1], "-o", output, "--variable", "all")
    result = run(*call, "--hourly", "--json")
    assert result.exit_code == 0, result.output
    assert_cf_compliant(output)
    with netCDF4.Dataset(output) as dataset:
        # Of all, those that hours have.
        assert "o3_mda8" not in dataset.variables
        assert dataset["pm25"].shape[0] == dataset["o3"].shape[0] == 24
        known = [hour for hour in range(24) if hour not in (5, 6)]
        assert dataset["pm25"][known, 0, 0].tolist() == [12 + hour for hour in known]
        assert dataset["o3"][known, 0, 0].tolist() == [52 + hour for hour in known]
        # The gap is written as one, with its reason.
        assert np.ma.getmaskarray(dataset["pm25"][5:7]).all()
        assert dataset["pm25_hour_status"][:].tolist() == [
            int(hour in (5, 6)) for hour in range(24)
        ]
        assert dataset["pm25"].cell_methods == "time: mean"
        assert dataset["pm25"].long_name == "hourly mean PM2.5"
        # Hour 0 of the network ended at midnight in Beijing, which is 16 o'clock UTC.
        begin = (np.datetime64("2019-01-30T15") - np.datetime64("1970-01-01T00")).astype(int)
        bounds = np.stack([begin + np.arange(24), begin + 1 + np.arange(24)], axis=1)
        assert dataset["time_bnds"][:].tolist() == bounds.tolist()
        assert dataset["time"][:].tolist() == bounds[:, 1].tolist()
        assert "partial_days" not in dataset.ncattrs()
    content = json.loads(result.stdout)["variables"]["pm25"]
    assert len(content["hours"]) == 22
    assert [each["hour"] for each in content["hours_missing"]] == ["2019-01-31T05", "2019-01-31T06"]
    assert "on 2019-01-31T05 (0 stations), 2019-01-31T06 (0 stations)" in caplog.text


def test_the_mean_of_hours_is_that_of_the_day(tiny_model: Model, china: tuple[Path, Path]) -> None:
    """For a model that is linear in its stations; networks are not, but nearly."""
    by_hour = fuse(read_stations(china[0], stations=china[1], hourly=True), tiny_model)
    by_day = fuse(read_stations(china[0], stations=china[1]), tiny_model)
    assert by_hour.hourly
    assert len(by_hour.times) == 22
    assert set(by_hour.days.tolist()) == set(by_day.days.tolist())
    # Single precision of some ten.
    assert by_hour.values.mean(axis=0) == pytest.approx(by_day.values[0], rel=1e-6)
    assert repr(by_hour).splitlines()[1].startswith("hours: 2019-01-31T00 to 2019-01-31T23, 22")
    table = by_hour.at({"here": (105.0, 36.0)})
    assert table.days.tolist() == by_hour.times.tolist()
    dataset = by_hour.to_xarray()
    assert dataset["pm25"].sizes["time"] == 22


def test_hours_of_tidy_files_begin_at_their_time(scale_model_file: Path, tmp_path: Path) -> None:
    path, output = tmp_path / "h.csv", tmp_path / "h.nc"
    path.write_text(
        "station,longitude,latitude,time,pm25\n"
        "A,105,36,2019-01-06T10:00:00Z,10\nA,105,36,2019-01-06T11:00:00Z,12\n"
    )
    call = ("fuse", path, "-o", output, "--model", scale_model_file, "--hourly")
    assert run(*call, "--timezone", "UTC").exit_code == 0
    with netCDF4.Dataset(output) as dataset:
        hours = netCDF4.num2date(dataset["time_bnds"][:], dataset["time"].units)
        assert [[each.hour for each in span] for span in hours] == [[10, 11], [11, 12]]
        assert dataset["time"].long_name == "beginning of the hour, UTC"
        assert {"hour_status", "station_count", "pm25_uncertainty"} <= set(dataset.variables)
        assert "of hours it is too small" in dataset["pm25_uncertainty"].comment
        assert "day_status" not in dataset.variables
    with opened(output) as file:
        assert file.hourly
        assert file.times.astype(str).tolist() == ["2019-01-06T10", "2019-01-06T11"]
        assert file.status is not None
        assert file.status.tolist() == [0, 0]


def test_intervals_of_hours_are_wider_by_what_the_file_says(
    scale_model: Model, scale_model_file: Path
) -> None:
    factor = 1.5
    content, metadata, sha256 = read_model_file(scale_model_file)
    wider = Model(content, replace(metadata, hourly_factor=factor), sha256, threads=1)
    stations = Stations(["A"], [105.0], [36.0])
    for unit, ratio in (("h", factor), ("D", 1.0)):
        times = np.array(["2019-01-06"], f"datetime64[{unit}]")
        one = Observations(stations, times, {"pm25": np.array([[40.0]])})
        first, second = (fuse(one, model).uncertainty for model in (scale_model, wider))
        # Rounded once more, to half a unit of 24 bits.
        np.testing.assert_allclose(second, ratio * first, rtol=1e-6)


def test_months_and_resume(ship: Ship, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run over the end of a month that stops there goes on with what it has."""
    import pointfuse.fusion.finished_days as finished

    ship("pm25")
    path, folder = tmp_path / "h.csv", tmp_path / "out"
    folder.mkdir()
    times = np.arange("2019-01-31T20", "2019-02-01T04", dtype="datetime64[h]")
    rows = "".join(f"A,105,36,{time}:00+08:00,{10 + i}\n" for i, time in enumerate(times))
    path.write_text("station,longitude,latitude,time,pm25\n" + rows)
    call = ("fuse", path, "-o", folder / "pm25.nc", "--hourly", "--period", "month")
    compute, computed = finished.fuse_in_batches, []

    def fail(placed: object, model: Model) -> object:
        computed.append(placed)
        if len(computed) == 7:
            raise KeyboardInterrupt
        return compute(placed, model)  # type: ignore[arg-type]

    monkeypatch.setattr(finished, "fuse_in_batches", fail)
    assert run(*call).exit_code != 0
    assert sorted(path.name for path in folder.glob("*.nc")) == ["pm25_2019-01.nc"]
    result = run(*call, "--resume", "--json")
    assert result.exit_code == 0, result.output
    assert len(computed) == 9  # the last two of eight
    with netCDF4.Dataset(folder / "pm25_2019-02.nc") as dataset:
        assert dataset["pm25"][:, 0, 0].tolist() == [14, 15, 16, 17]
    assert len(json.loads(result.stdout)["hours"]) == 8


def test_a_spike_is_left_out_of_its_hour(scale_model: Model, tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    rows = [
        f"{code},{105 + number / 10},36,2019-01-06T{hour:02}:00:00+08:00,"
        f"{900 if (code, hour) == ('C', 12) else 30 + hour % 3}\n"
        for number, code in enumerate("ABCDEF")
        for hour in range(24)
    ]
    path.write_text("station,longitude,latitude,time,pm25\n" + "".join(rows))
    found = fuse(read_stations(path, hourly=True), scale_model)
    assert found.values[:, 0, 0].tolist() == [30 + hour % 3 for hour in range(24)]


def test_neighbours_judge_the_day_of_an_hour(scale_model: Model) -> None:
    """One bad hour of a station among its neighbours is weather; a whole bad day is a fault."""
    hours, stations = 48, 8
    places = Stations(
        np.array([*"ABCDEFGH"]), 105 + np.arange(stations) / 20, np.full(stations, 36.0)
    )
    times = np.datetime64("2019-01-07T00") + np.arange(hours)
    table = np.full((hours, stations), 30.0) + np.arange(hours)[:, None] % 5
    table[5:9, 0] = 150  # a plume
    table[24:, 0] = 300 + np.arange(24)  # the day after
    table[10:, 7] = np.nan  # of its first day too little is known, and nothing of the second
    checked = check_days(Observations(places, times, {"pm25": table}), scale_model)
    reasons = checked.reasons["pm25"]
    assert (reasons[:24, 0] == Reason.PASSED).all()
    assert (reasons[24:, 0] == Reason.NEIGHBOURS_DISAGREE).all()
    assert (reasons[:, 1:7] == Reason.PASSED).all()
    assert (reasons[:10, 7] == Reason.ISOLATED).all()
    assert (reasons[10:, 7] == Reason.NO_VALUE).all()


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--partial"], 2, "--partial is for days; --hourly fuses the hours that there are"),
        (["--variable", "o3_mda8"], 1, "o3_mda8 is the largest 8-hour mean O3 of the day"),
        (["--min-stations", "3"], 1, "no hour has 3 stations with a valid hourly value of pm25"),
    ],
)
def test_what_hours_do_not_have(
    ship: Ship,
    china: tuple[Path, Path],
    tmp_path: Path,
    options: list[str],
    code: int,
    message: str,
) -> None:
    ship("pm25", "o3_mda8")
    output = tmp_path / "f.nc"
    call = ("fuse", china[0], "--stations", china[1], "-o", output, "--hourly")
    result = run(*call, *options)
    assert result.exit_code == code
    assert message in result.output
    assert not output.exists()


def test_an_index_is_of_days(ship: Ship, china: tuple[Path, Path], tmp_path: Path) -> None:
    ship("pm25")
    output = tmp_path / "f.nc"
    call = ("fuse", china[0], "--stations", china[1], "-o", output, "--hourly")
    assert run(*call).exit_code == 0
    result = run("index", output, "-o", tmp_path / "index.nc")
    assert result.exit_code == 1
    assert "expected fields of days, got hours in f.nc" in result.output


def test_hours_for_cmaq(ship: Ship, china: tuple[Path, Path], tmp_path: Path) -> None:
    ship("pm25")
    output = tmp_path / "f.nc"
    call = ("fuse", china[0], "--stations", china[1], "-o", output, "--hourly")
    result = run(*call, "--output-format", "ioapi")
    assert result.exit_code == 0, result.output
    with netCDF4.Dataset(output) as dataset:
        assert int(dataset.TSTEP) == 10000
        assert dataset["TFLAG"][0, 0].tolist() == [2019030, 150000]
        assert dataset["TFLAG"][-1, 0].tolist() == [2019031, 140000]
        assert float(dataset["PM25"][0, 0, 0, 0]) == 12
        assert float(dataset["PM25"][5, 0, 0, 0]) < -9e36


def test_regions_count_days_of_hours(ship: Ship, china: tuple[Path, Path], tmp_path: Path) -> None:
    """The mean of a day is that of its hours, and a day is one day."""
    ship("pm25")
    output, table = tmp_path / "f.nc", tmp_path / "t.csv"
    call = ("fuse", china[0], "--stations", china[1], "-o", output, "--hourly")
    assert run(*call).exit_code == 0
    square = {
        "type": "Feature",
        "properties": {"name": "box"},
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[103, 35], [107, 35], [107, 38], [103, 38], [103, 35]]],
        },
    }
    regions = tmp_path / "r.geojson"
    regions.write_text(json.dumps({"type": "FeatureCollection", "features": [square]}))
    result = run("regions", output, regions, "--by", "day", "-o", table)
    assert result.exit_code == 0, result.output
    header, row = table.read_text().splitlines()
    found = dict(zip(header.split(","), row.split(","), strict=True))
    assert (found["period"], found["days"]) == ("2019-01-31", "1")
    expected = np.mean([12 + hour for hour in range(24) if hour not in (5, 6)])
    assert float(found["pm25"]) == pytest.approx(expected, rel=1e-6)


def test_crossval_and_qc_take_hours(ship: Ship, china: tuple[Path, Path], tmp_path: Path) -> None:
    ship("pm25", "o3")
    scores, flags = tmp_path / "s.json", tmp_path / "f.csv"
    call = (china[0], "--stations", china[1], "--variable", "o3", "--hourly")
    result = run("crossval", *call, "--folds", 2, "--in-turns", "-o", scores, "--quiet")
    assert result.exit_code == 0, result.output
    found = json.loads(scores.read_text())
    # One of two stations in each of 22 hours, predicted by the other.
    assert found["overall"]["pairs"] == 22
    assert "above_120" in found
    result = run("qc", *call, "-o", flags)
    assert result.exit_code == 0, result.output
    rows = flags.read_text().splitlines()
    assert rows[1] == "1001A,o3,hour,2019-01-31T00,2019-01-31T04,5,not_tested,isolated,50,54"


def test_files_of_hours_at_places(ship: Ship, china: tuple[Path, Path], tmp_path: Path) -> None:
    """A row an hour, in Parquet too, and of what supports a variable as well."""
    ship("pm25", "o3")
    output, places = tmp_path / "f.nc", tmp_path / "places.csv"
    places.write_text("name,longitude,latitude\nhere,105,36\n")
    call = ("fuse", china[0], "--stations", china[1], "-o", output, "--variable", "all")
    assert run(*call, "--hourly").exit_code == 0
    for variable in ("pm25", "o3_station_count"):
        table = tmp_path / f"{variable}.parquet"
        result = run("extract", output, places, "--variable", variable, "-o", table)
        assert result.exit_code == 0, result.output
        assert "1 place on 24 hours" in result.output
        dates = parquet.read_table(table)["date"].to_pylist()
        assert [date.hour for date in dates] == [*range(24)]


def test_hours_and_days_are_not_mixed(ship: Ship, china: tuple[Path, Path], tmp_path: Path) -> None:
    ship("pm25")
    hours, days, places = tmp_path / "a_h.nc", tmp_path / "b_d.nc", tmp_path / "p.csv"
    call = ("fuse", china[0], "--stations", china[1])
    assert run(*call, "-o", hours, "--hourly").exit_code == 0
    assert run(*call, "-o", days).exit_code == 0
    places.write_text("name,longitude,latitude\nhere,105,36\n")
    result = run("plot", hours, days, "-o", tmp_path / "m.png")
    assert result.exit_code == 1
    assert "expected two files of days or two of hours" in result.output
    result = run("extract", tmp_path / "*_?.nc", places, "-o", tmp_path / "t.csv")
    assert result.exit_code == 1
    assert "are fields of hours and of days; extract them one by one" in result.output
    assert not (tmp_path / "t.csv").exists()


def test_a_period_without_hours(ship: Ship, china: tuple[Path, Path], tmp_path: Path) -> None:
    ship("pm25")
    call = ("fuse", china[0], "--stations", china[1], "-o", tmp_path / "f.nc", "--hourly")
    result = run(*call, "--days", "2019-03-01")
    assert result.exit_code == 1
    assert "there are no hourly values in the period" in result.output
