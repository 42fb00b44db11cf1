"""Members of fields and of files, and the intervals that are made of them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from click.testing import CliRunner, Result

from pointfuse import (
    ArgumentError,
    FusedFields,
    InputError,
    Model,
    Observations,
    Stations,
    fuse,
    read_model_file,
)
from pointfuse.commands.main import main
from pointfuse.fields.members.field_members import interval_of
from pointfuse.model.error_correlation import ErrorCorrelation

DAYS = np.array(["2019-01-06", "2019-01-07"], "datetime64[D]")
SQUARE = [[104.0, 35.0], [106.0, 35.0], [106.0, 37.0], [104.0, 37.0], [104.0, 35.0]]
REGIONS = {"middle": {"type": "Polygon", "coordinates": [SQUARE]}}


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def read_rows(table: Path) -> list[dict[str, str]]:
    with table.open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def fields(scale_model_file: Path) -> FusedFields:
    """Two days of a model that tells how its errors go together."""
    content, metadata, sha256 = read_model_file(scale_model_file)
    told = replace(metadata, error_correlation=ErrorCorrelation(100.0, 0.2, (24.0,), (0.5,)))
    stations = Stations(["A", "B"], [104.5, 105.5], [36.0, 35.5])
    observations = Observations(stations, DAYS, {"pm25": np.array([[40.0, 60], [30, 20]])})
    return fuse(observations, Model(content, told, sha256, threads=1))


@pytest.fixture(scope="module")
def file(fields: FusedFields, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fields.to_netcdf(tmp_path_factory.mktemp("fields") / "pm25.nc")


@pytest.fixture(scope="module")
def untold(
    fields: FusedFields, scale_model: Model, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A file of a model that says nothing of it."""
    path = tmp_path_factory.mktemp("untold") / "pm25.nc"
    return fuse(fields.stations.observations, scale_model).to_netcdf(path)


@pytest.fixture
def regions(tmp_path: Path) -> Path:
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": geometry}
        for name, geometry in REGIONS.items()
    ]
    path = tmp_path / "regions.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_members_have_the_field_as_mean_and_its_uncertainty(file: Path, tmp_path: Path) -> None:
    output = tmp_path / "members.nc"
    result = run("members", file, "-o", output, "--members", 30)
    assert (result.exit_code, result.output) == (0, f"wrote {output}: 30 members of 2 fields\n")
    with netCDF4.Dataset(output) as dataset, netCDF4.Dataset(file) as source:
        members = dataset["pm25"][:]
        assert members.shape == (2, 30, *source["pm25"].shape[1:])
        # Both are rounded to 1 part in 8192, members of either sign.
        mean, deviation = members.mean(axis=1), members.std(axis=1, ddof=1)
        np.testing.assert_allclose(mean, source["pm25"][:], rtol=2e-4, atol=0.01)
        np.testing.assert_allclose(deviation, source["pm25_uncertainty"][:], rtol=2e-3)
        assert dataset["member"].standard_name == "realization"
        np.testing.assert_array_equal(dataset["time"][:], source["time"][:])
        assert dataset["time"].units == source["time"].units


def test_a_file_of_members_is_cf(
    file: Path, tmp_path: Path, assert_cf_compliant: Callable[[Path], None]
) -> None:
    output = tmp_path / "members.nc"
    assert run("members", file, "-o", output, "--members", 20).exit_code == 0
    assert_cf_compliant(output)


def test_a_day_has_the_same_members_alone(file: Path, tmp_path: Path) -> None:
    both, one = tmp_path / "both.nc", tmp_path / "one.nc"
    run("members", file, "-o", both, "--members", 20)
    run("members", file, "-o", one, "--members", 20, "--days", "2019-01-06")
    with netCDF4.Dataset(both) as first, netCDF4.Dataset(one) as second:
        np.testing.assert_array_equal(first["pm25"][:1], second["pm25"][:])


def test_intervals_of_regions_are_those_of_the_members(
    fields: FusedFields, file: Path, regions: Path, tmp_path: Path
) -> None:
    table = tmp_path / "means.csv"
    assert run("regions", file, regions, "-o", table, "--members", 40, "--quiet").exit_code == 0
    rows = read_rows(table)
    means = fields.mean(REGIONS, members=40)
    assert means.low is not None
    assert means.high is not None
    for number, row in enumerate(rows):
        low, mean, high = (float(row[f"pm25{end}"]) for end in ("_low", "", "_high"))
        assert low < mean < high
        # Fields in the file are rounded to 1 part in 8192.
        for value, table_value in ((low, means.low), (mean, means.values), (high, means.high)):
            assert value == pytest.approx(table_value[number, 0], rel=2e-4)
        # Errors neither cancel out nor go together completely.
        alone = 1.645 * float(fields.uncertainty[number].mean())
        assert 0.1 * alone < (high - low) / 2 < alone
    named = means.to_dataframe()
    assert list(named) == ["date", "region", "pm25", "pm25_low", "pm25_high"]


def test_the_interval_of_a_month_is_narrower_than_that_of_a_day(
    file: Path, regions: Path, tmp_path: Path
) -> None:
    widths = {}
    for step in ("day", "month"):
        table = tmp_path / f"{step}.csv"
        run("regions", file, regions, "-o", table, "--members", 200, "--by", step)
        rows = read_rows(table)
        widths[step] = np.mean([float(row["pm25_high"]) - float(row["pm25_low"]) for row in rows])
    # Of two days whose errors have the correlation r it is sqrt((1 + r) / 2) of theirs; r is 0.68.
    # Quantiles of 200 members are off by some hundredths.
    r = 0.5 * np.exp(-1) + 0.5
    assert widths["month"] / widths["day"] == pytest.approx(np.sqrt((1 + r) / 2), abs=0.1)


def test_shares_have_intervals_too(file: Path, regions: Path, tmp_path: Path) -> None:
    table = tmp_path / "means.csv"
    run("regions", file, regions, "-o", table, "--members", 40, "--above", 45)
    for row in read_rows(table):
        low, high = float(row["area_above_low"]), float(row["area_above_high"])
        assert 0 <= low <= high <= 1


@pytest.mark.parametrize("command", ["members", "regions"])
def test_without_knowledge_of_the_errors_there_are_none(
    command: str, untold: Path, regions: Path, tmp_path: Path
) -> None:
    output = tmp_path / ("out.nc" if command == "members" else "out.csv")
    also = [regions] if command == "regions" else []
    result = run(command, untold, *also, "-o", output, "--members", 20)
    assert result.exit_code == 1
    assert "pm25.nc does not tell how errors of pm25 go together; members need" in result.output
    assert len(result.output.splitlines()) == 1
    assert not output.exists()


def test_python_says_so_too(fields: FusedFields, scale_model: Model) -> None:
    plain = fuse(fields.stations.observations, scale_model)
    with pytest.raises(InputError, match="does not tell how its errors go together"):
        plain.mean(REGIONS, members=20)
    with pytest.raises(ArgumentError, match="a whole number of members, at least 20, got 5"):
        fields.mean(REGIONS, members=5)


def test_an_interval_holds_a_further_draw_as_often_as_it_should() -> None:
    """Of 20 draws the ends are those between which 90 in 100 further ones lie."""
    random = np.random.default_rng(5)
    low, high = interval_of(50 + random.standard_normal((20, 40_000)))
    further = 50 + random.standard_normal(40_000)
    # Four deviations of a share of 40,000: 4 sqrt(0.09 / 40,000).
    assert np.mean((low <= further) & (further <= high)) == pytest.approx(0.9, abs=0.006)


def changed(file: Path, name: str, **attributes: object) -> Path:
    """A copy of a file, a month later, with other attributes of the uncertainty."""
    copy = file.with_name(f"{name}.nc")
    copy.write_bytes(file.read_bytes())
    with netCDF4.Dataset(copy, "a") as dataset:
        day = {"seconds": 86_400, "minutes": 1440, "hours": 24, "days": 1}
        for time in ("time", "time_bnds"):
            dataset[time][:] += 30 * day[dataset["time"].units.split()[0]]
        dataset["pm25_uncertainty"].setncatts(attributes)
    return copy


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"error_correlation_length": 50.0}, "says something else of how errors go together"),
        ({"error_correlation_length": [80.0, 90.0]}, "go together are damaged"),
        ({"error_own_share": "all"}, "go together are damaged"),
        ({"error_own_share": np.nan}, "go together are damaged"),
    ],
)
def test_every_file_tells_how_its_errors_go_together(
    attributes: dict[str, object], message: str, file: Path, regions: Path, tmp_path: Path
) -> None:
    changed(file, "pm25_later", **attributes)
    pattern, output = file.with_name("pm25*.nc"), tmp_path / "out.csv"
    result = run("regions", pattern, regions, "-o", output, "--members", 20)
    assert result.exit_code == 1, result.output
    assert message in result.output.splitlines()[-1]
    assert not output.exists()


def test_the_mean_lies_in_its_interval_where_the_uncertainty_is_large(
    fields: FusedFields,
) -> None:
    """Members below 0 count: cut there, all of them would be above the mean."""
    unsure = replace(fields, uncertainty=(2 * fields.values).astype(np.float32))
    means = unsure.mean(REGIONS, members=200)
    assert means.low is not None
    assert means.high is not None
    assert ((means.low <= means.values) & (means.values <= means.high)).all()
    assert (means.low >= 0).all()


def test_a_cell_without_uncertainty_has_no_part_in_an_interval(
    file: Path, regions: Path, tmp_path: Path
) -> None:
    copy = changed(file, "gaps")
    with netCDF4.Dataset(copy, "a") as dataset:
        dataset["pm25_uncertainty"][:] = np.ma.masked
    table = tmp_path / "gaps.csv"
    assert run("regions", copy, regions, "-o", table, "--members", 20).exit_code == 0
    for row in read_rows(table):
        assert float(row["pm25"]) > 0
        assert row["pm25_low"] == row["pm25_high"] == ""
