"""Several variables in one run: one file or one each, and what one is at least."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pointfuse import (
    POLLUTANTS,
    ArgumentError,
    InputError,
    Observations,
    Stations,
    fuse_pollutants,
    read_stations,
    write_netcdf,
)
from pointfuse.commands.main import main
from pointfuse.fields.day_status import DayStatus
from pointfuse.fields.fused_fields import FusedFields
from pointfuse.fusion.bounded import bounded
from pointfuse.fusion.fuse import day_fields
from pointfuse.model.loading import Model
from pointfuse.model.metadata import ModelMetadata
from pointfuse.stations.gridding import place

Ship = Callable[..., Path]

HEADER = "station,longitude,latitude,date,pm25,pm10,no2\n"
DAYS = ("2019-01-30", "2019-01-31", "2019-02-01")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """PM2.5 of 10 and 30 and PM10 of 25 and 45 every day; NO2 on the last day alone."""
    path = tmp_path / "days.csv"
    rows = [
        f"{code},{place},{day},{fine},{fine + 15},{40 if day == DAYS[-1] else ''}"
        for day in DAYS
        for code, place, fine in (("A", "105,36", 10), ("B", "108,36.5", 30))
    ]
    path.write_text(HEADER + "\n".join(rows) + "\n")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


def test_one_file_holds_all(
    ship: Ship, table: Path, tmp_path: Path, assert_cf_compliant: Callable[[Path], None]
) -> None:
    ship("pm25", "pm10", "no2")
    output = tmp_path / "all.nc"
    result = run("fuse", table, "-o", output, "--variable", "ALL", "--json", "--no-qc")
    assert result.exit_code == 0, result.output
    assert_cf_compliant(output)
    with netCDF4.Dataset(output) as dataset:
        assert dataset["pm25"][:, 0, 0].tolist() == [20, 20, 20]
        assert dataset["pm10"][:, 0, 0].tolist() == [35, 35, 35]
        assert dataset["no2"][:, 0, 0].tolist() == [None, None, 40]
        assert dataset["no2_day_status"][:].tolist() == [1, 1, 0]
        assert dataset["pm10_day_status"][:].tolist() == [0, 0, 0]
        # Each names its own support and its own model.
        for name in ("pm25", "pm10", "no2"):
            assert f"{name}_station_count" in dataset[name].ancillary_variables.split()
            assert dataset[name].model_name == f"tiny-{name}"
            assert dataset[name].standard_name == POLLUTANTS[name].standard_name
        assert "station_count" not in dataset.variables
        assert dataset.title.startswith("Daily mean PM2.5, daily mean PM10 and daily mean NO2,")
    content = json.loads(result.stdout)
    assert [*content["variables"]] == ["pm25", "pm10", "no2"]
    assert [day["day"] for day in content["variables"]["no2"]["days_missing"]] == [*DAYS[:2]]
    assert content["variables"]["pm10"]["days"][0]["mean"] == 35


def test_the_largest_8_hour_mean_is_cf(
    ship: Ship, tmp_path: Path, assert_cf_compliant: Callable[[Path], None]
) -> None:
    ship("o3", "o3_mda8")
    path, output = tmp_path / "h.csv", tmp_path / "f.nc"
    rows = "".join(f"A,105,36,2019-01-06T{hour:02}:00:00+08:00,{hour}\n" for hour in range(24))
    path.write_text("station,longitude,latitude,time,o3\n" + rows)
    result = run("fuse", path, "-o", output, "--variable", "all", "--no-qc")
    assert result.exit_code == 0, result.output
    assert_cf_compliant(output)
    with netCDF4.Dataset(output) as dataset:
        assert dataset["o3_mda8"].cell_methods == "time: maximum (of means of 8 hours)"
        # The hours 16 to 23, and all of them.
        assert dataset["o3_mda8"][0, 0, 0] == 19.5
        assert dataset["o3"][0, 0, 0] == 11.5


def test_others_do_not_change_a_field(ship: Ship, table: Path, tmp_path: Path) -> None:
    ship("pm25", "no2")
    alone, among = tmp_path / "alone.nc", tmp_path / "among.nc"
    assert run("fuse", table, "-o", alone, "--no-qc").exit_code == 0
    both = ("--variable", "no2", "--variable", "pm25", "--variable", "no2")
    assert run("fuse", table, "-o", among, "--no-qc", *both).exit_code == 0
    with netCDF4.Dataset(alone) as one, netCDF4.Dataset(among) as two:
        for name in ("pm25", "stations/station_pm25", "time", "time_bnds"):
            assert np.array_equal(one[name][:], two[name][:])
        for name in ("day_status", "day_hours", "station_count", "station_distance"):
            assert np.array_equal(one[name][:].filled(-1), two[f"pm25_{name}"][:].filled(-1))


@pytest.mark.parametrize("period", ["all", "month"])
def test_a_file_each(ship: Ship, table: Path, tmp_path: Path, period: str) -> None:
    ship("pm25", "no2")
    folder = tmp_path / "out"
    folder.mkdir()
    call = ("fuse", table, "-o", folder / "f.nc", "--variable", "all", "--split", "--no-qc")
    result = run(*call, "--period", period)
    assert result.exit_code == 0, result.output
    # NO2 has no field in January, and no file of it.
    expected = {
        "all": ["f_no2.nc", "f_pm25.nc"],
        "month": ["f_no2_2019-02.nc", "f_pm25_2019-01.nc", "f_pm25_2019-02.nc"],
    }[period]
    assert sorted(path.name for path in folder.iterdir()) == expected
    with netCDF4.Dataset(folder / expected[0]) as dataset:
        # As if it were fused alone: names without a prefix.
        assert "station_count" in dataset.variables
        assert dataset.model_name == "tiny-no2"
        assert dataset["no2"][-1, 0, 0] == 40


def test_months_are_not_made_twice(
    ship: Ship, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that ended in February goes on there, with the files of January as they are."""
    import pointfuse.fields.netcdf as writer

    ship("pm25", "pm10")
    folder = tmp_path / "out"
    folder.mkdir()
    call = ("fuse", table, "-o", folder / "f.nc", "--variable", "all", "--split", "--no-qc")
    call += ("--period", "month")
    append, made = writer.NetcdfFile.append, 0

    def fail(file: writer.NetcdfFile, bundle: list[FusedFields]) -> None:
        nonlocal made
        made += 1
        if made == 5:
            raise ValueError("a fault")
        append(file, bundle)

    monkeypatch.setattr(writer.NetcdfFile, "append", fail)
    assert run(*call).exit_code != 0
    january = [folder / "f_pm10_2019-01.nc", folder / "f_pm25_2019-01.nc"]
    before = [path.stat().st_mtime_ns for path in january]
    made = 10
    result = run(*call, "--resume", "--json")
    assert result.exit_code == 0, result.output
    assert made == 12  # a day of February in two files
    assert [path.stat().st_mtime_ns for path in january] == before
    content = json.loads(result.stdout)
    assert len(content["outputs"]) == 4
    assert [day["day"] for day in content["variables"]["pm10"]["days"]] == [*DAYS]


def test_a_format_of_one_variable_asks_for_split(ship: Ship, table: Path, tmp_path: Path) -> None:
    ship("pm25", "pm10")
    call = ("fuse", table, "-o", tmp_path / "f.nc", "--variable", "all", "--no-qc")
    result = run(*call, "--output-format", "ioapi")
    assert result.exit_code == 2
    assert "--output-format ioapi needs --split" in result.output
    result = run(*call, "--output-format", "ioapi", "--split")
    assert result.exit_code == 0, result.output
    with netCDF4.Dataset(tmp_path / "f_pm10.nc") as dataset:
        assert float(dataset["PM10"][0, 0, 0, 0]) == 35


def test_no_variable_with_any_field(ship: Ship, tmp_path: Path) -> None:
    ship("pm25", "pm10")
    path = tmp_path / "none.csv"
    path.write_text("station,longitude,latitude,date,pm25,pm10\nA,105,36,2019-01-06,,\n")
    result = run("fuse", path, "-o", tmp_path / "f.nc", "--variable", "all")
    assert result.exit_code == 1
    assert "there is no valid daily mean of pm25 on the grid" in result.output
    assert not (tmp_path / "f.nc").exists()


def test_pm10_of_a_day_is_checked_against_pm25(ship: Ship, tmp_path: Path) -> None:
    """The station's PM10 is below its PM2.5, which is told wherever both are read."""
    ship("pm25", "pm10")
    path = tmp_path / "d.csv"
    rows = "A,105,36,2019-01-06,50,20\nB,108,36.5,2019-01-06,30,60\n"
    path.write_text("station,longitude,latitude,date,pm25,pm10\n" + rows)
    output = tmp_path / "f.nc"
    result = run("fuse", path, "-o", output, "--variable", "all", "--json")
    assert result.exit_code == 0, result.output
    checked = json.loads(result.stdout)["variables"]
    assert checked["pm10"]["quality_control"]["day"]["pm10"]["suspect"] == {"below_pm25": 1}
    # What another model takes is not counted among its own.
    assert [*checked["pm25"]["quality_control"]["day"]] == ["pm25"]


def fields_of(model: Model, name: str, values: np.ndarray, fused: bool = True) -> FusedFields:
    """Fields of a variable with values of one's own."""
    variables = (replace(POLLUTANTS[name]), *model.metadata.variables[1:])
    metadata = replace(model.metadata, variables=variables)
    stations = Stations(np.array(["A"]), np.array([105.0]), np.array([36.0]))
    day = np.array(["2019-01-06"], "datetime64[D]")
    placed = place(Observations(stations, day, {name: np.array([[1.0]])}), metadata)
    status = DayStatus.FUSED if fused else DayStatus.NO_STATIONS
    return day_fields(placed, model, status, values[None], np.ones_like(values[None]))


concentrations = arrays.arrays(np.float32, (12, 16), elements=st.floats(0, 2000, width=32))


@given(fine=concentrations, coarse=concentrations)
def test_pm10_is_nowhere_below_pm25(
    tiny_model: Model, fine: np.ndarray, coarse: np.ndarray
) -> None:
    bundle = [fields_of(tiny_model, "pm10", coarse), fields_of(tiny_model, "pm25", fine)]
    raised, same = bounded(bundle)
    assert (raised.values >= same.values).all()
    assert np.array_equal(raised.values[0], np.maximum(coarse, fine))
    assert np.array_equal(same.values[0], fine)


@pytest.mark.parametrize(("rule", "applies"), [("china", True), ("eu", True), ("us", False)])
@given(mean=concentrations, largest=concentrations)
def test_the_largest_mean_is_at_least_the_mean_where_it_must(
    tiny_model: Model, rule: str, applies: bool, mean: np.ndarray, largest: np.ndarray
) -> None:
    """The means of 8 hours of the United States leave out the early morning."""
    bundle = [fields_of(tiny_model, "o3", mean), fields_of(tiny_model, "o3_mda8", largest)]
    _, found = bounded(bundle, rule)  # type: ignore[arg-type]
    assert np.array_equal(found.values[0], np.maximum(mean, largest) if applies else largest)


def test_a_day_that_one_lacks_bounds_nothing(tiny_model: Model) -> None:
    ones, nothing = np.ones((12, 16), np.float32), np.full((12, 16), np.nan, np.float32)
    lacking = fields_of(tiny_model, "pm25", nothing, fused=False)
    coarse, _ = bounded([fields_of(tiny_model, "pm10", ones), lacking])
    assert np.array_equal(coarse.values[0], ones)
    missing = fields_of(tiny_model, "pm10", nothing, fused=False)
    coarse, _ = bounded([missing, fields_of(tiny_model, "pm25", ones)])
    assert np.isnan(coarse.values).all()


def test_several_in_memory(ship: Ship, table: Path, tmp_path: Path) -> None:
    """What the stations have and comes with pointfuse, bounded as in files."""
    ship("pm25", "pm10", "no2", "co")
    observations = read_stations(table, variables=["pm25", "pm10"])
    found = fuse_pollutants(observations, quality_control=False)
    assert [*found] == ["pm25", "pm10"]
    assert found["pm10"].values[:, 0, 0].tolist() == [35, 35, 35]
    path = write_netcdf(tmp_path / "f.nc", [[*found.values()]], history="by hand")
    with netCDF4.Dataset(path) as dataset:
        assert dataset["pm10"][:, 0, 0].tolist() == [35, 35, 35]
        assert dataset["pm25_day_status"][:].tolist() == [0, 0, 0]
    with_no2 = read_stations(table, variables=["pm25", "no2"])
    found = fuse_pollutants(with_no2, ["no2", "pm25"], quality_control=False)
    assert found["no2"].times.astype(str).tolist() == [DAYS[-1]]
    with pytest.raises(InputError, match=r"fields of the same times .* got 1 of no2, 3 of pm25"):
        write_netcdf(tmp_path / "g.nc", [[*found.values()]], history="by hand")
    assert not (tmp_path / "g.nc").exists()


def test_what_is_in_no_file_is_not_fused(ship: Ship, table: Path) -> None:
    ship("pm25", "co")
    observations = read_stations(table, variables=["pm25"])
    with pytest.raises(InputError, match="no values of co among the observations; they have pm25"):
        fuse_pollutants(observations, ["co"])
    none = observations.of_variables([])
    with pytest.raises(InputError, match=r"no pollutant to fuse .* expected one of pm25, co"):
        fuse_pollutants(none)


def test_what_cannot_stand_in_one_file(tiny_model: Model, tmp_path: Path) -> None:
    ones = np.ones((12, 16), np.float32)
    fine, coarse = (fields_of(tiny_model, name, ones) for name in ("pm25", "pm10"))
    elsewhere = replace(coarse, stations=replace(coarse.stations, metadata=moved(coarse)))
    path = tmp_path / "f.nc"
    for batches, message in (
        ([[]], "fields of one variable or more, each once, got none"),
        ([[fine, fine]], "each once, got pm25, pm25"),
        ([[fine, elsewhere]], "expected fields on one grid"),
        (
            [[fine], [fine, coarse]],
            "expected fields of pm25 at all times of a file, got pm25, pm10",
        ),
    ):
        with pytest.raises(InputError, match=message):
            write_netcdf(path, batches, history="by hand")
        assert not path.exists()


def moved(fields: FusedFields) -> ModelMetadata:
    """The model of fields, as if its grid lay a cell to the east."""
    metadata = fields.model
    grid = replace(metadata.grid, first_x=metadata.grid.first_x + metadata.grid.cell_size)
    return replace(metadata, own_grid=grid)


def test_a_model_of_ones_own_has_its_variable(
    ship: Ship, table: Path, tmp_path: Path, tiny_model_file: Path
) -> None:
    """A name beside it would be a second one."""
    ship("pm25")
    call = ("fuse", table, "-o", tmp_path / "f.nc", "--model", tiny_model_file, "--no-qc")
    result = run(*call, "--variable", "all")
    assert result.exit_code == 2
    assert "fuses what it was made for; leave --variable out" in result.output
    result = run(*call)
    assert result.exit_code == 0, result.output


def test_a_file_that_was_not_written_is_told(
    ship: Ship, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ship("pm25", "no2")
    path = tmp_path / "d.csv"
    path.write_text("station,longitude,latitude,date,pm25,no2\nA,105,36,2019-01-06,20,\n")
    call = ("fuse", path, "-o", tmp_path / "f.nc", "--variable", "all", "--split", "--no-qc")
    assert run(*call).exit_code == 0
    assert "no file f_no2.nc was written: none of its times has a field" in caplog.messages


def test_a_last_day_of_any_of_them_is_taken_as_it_is(ship: Ship, tmp_path: Path) -> None:
    """Of PM2.5 nothing was measured; the day of NO2 is provisional all the same."""
    ship("pm25", "no2")
    path, output = tmp_path / "h.csv", tmp_path / "f.nc"
    rows = "".join(f"A,105,36,2019-01-06T{hour:02}:00:00+08:00,,20\n" for hour in range(10))
    path.write_text("station,longitude,latitude,time,pm25,no2\n" + rows)
    result = run("fuse", path, "-o", output, "--variable", "all", "--partial", "--no-qc")
    assert result.exit_code == 0, result.output
    with netCDF4.Dataset(output) as dataset:
        assert dataset["no2_day_provisional"][:].tolist() == [1]
        assert dataset["no2"][0, 0, 0] == 20


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"variables": "pm25"}, ArgumentError, "expected variables as a list of names, got str"),
        ({"mda8": "chinese"}, InputError, "the rule 'chinese' is not known"),
        ({"variables": []}, InputError, "no pollutant to fuse"),
    ],
)
def test_arguments_in_memory(
    ship: Ship,
    table: Path,
    arguments: dict[str, object],
    error: type[Exception],
    message: str,
) -> None:
    ship("pm25")
    observations = read_stations(table, variables=["pm25"])
    with pytest.raises(error, match=message):
        fuse_pollutants(observations, **arguments)  # type: ignore[arg-type]
