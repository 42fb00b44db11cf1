"""Files of indices: CF, in official colours, and with the days above a level."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import netCDF4
import numpy as np
import pytest
from click.testing import CliRunner

from pointfuse import Model, Observations, Stations, air_quality, fuse
from pointfuse.commands.main import main
from pointfuse.fields.map_file import opened
from pointfuse.limits.standards import STANDARDS
from pointfuse.pictures.index_colours import index_scale

DAYS = np.array(["2019-01-06", "2019-01-07", "2019-01-08"], "datetime64[D]")


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(word) for word in words])
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def fused(uneven_model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days that get worse, in fields that differ from cell to cell."""
    stations = Stations(
        np.array(["A", "B", "C"]), np.array([105.0, 108.0, 110.0]), np.array([36.0, 36.5, 34.0])
    )
    values = np.array([[20.0, 40.0, 50.0], [40.0, 60.0, 90.0], [90.0, 260.0, 160.0]])
    fields = fuse(Observations(stations, DAYS, {"pm25": values}), uneven_model)
    return fields.to_netcdf(tmp_path_factory.mktemp("fields") / "pm25.nc")


@pytest.fixture
def ozone(fused: Path, tmp_path: Path) -> Path:
    """The same file with values of ozone, of which one day and one cell lack."""
    path = tmp_path / "o3.nc"
    path.write_bytes(fused.read_bytes())
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.renameVariable("pm25", "o3_8h")
        values = dataset["o3_8h"]
        values.standard_name = "mass_concentration_of_ozone_in_air"
        values[:] = 10 * np.arange(values[:].size).reshape(values.shape) % 300
        values[1] = np.ma.masked
        values[0, 2, 3] = np.ma.masked
    return path


@pytest.mark.parametrize("standard", STANDARDS)
def test_a_file_holds_the_index_of_each_day(
    standard: str, fused: Path, tmp_path: Path, assert_cf_compliant: Callable[[Path], None]
) -> None:
    output = tmp_path / "aqi.nc"
    code, said = run("index", fused, "-o", output, "--standard", standard)
    source = f"{STANDARDS[standard].title} ({STANDARDS[standard].source})"
    assert (code, said) == (0, f"wrote {output}: {source}, 3 days\n")
    with netCDF4.Dataset(fused) as dataset:
        expected = air_quality({"pm25": dataset["pm25"][:]}, standard)  # type: ignore[arg-type]
        times = dataset["time"][:]
    with netCDF4.Dataset(output) as dataset:
        np.testing.assert_array_equal(dataset["air_quality_index"][:], expected.index)
        np.testing.assert_array_equal(dataset["air_quality_level"][:], expected.level)
        np.testing.assert_array_equal(dataset["time"][:], times)
        assert "main_pollutant" not in dataset.variables
        assert dataset.day_timezone == "Asia/Shanghai"
        names = dataset["air_quality_level"].flag_meanings.split()
        assert names == [level.name for level in STANDARDS[standard].levels]
    assert_cf_compliant(output)


def test_several_pollutants_give_the_worst(
    fused: Path, ozone: Path, tmp_path: Path, assert_cf_compliant: Callable[[Path], None]
) -> None:
    output = tmp_path / "aqi.nc"
    assert run("index", fused, ozone, "-o", output)[0] == 0
    with netCDF4.Dataset(fused) as one, netCDF4.Dataset(ozone) as other:
        concentrations = {
            "pm25": one["pm25"][:].filled(np.nan),
            "o3_8h": other["o3_8h"][:].filled(np.nan),
        }
    expected = air_quality(concentrations)
    with netCDF4.Dataset(output) as dataset:
        np.testing.assert_array_equal(dataset["air_quality_index"][:], expected.index)
        np.testing.assert_array_equal(dataset["main_pollutant"][:], expected.main_pollutant)
        assert dataset["main_pollutant"].flag_meanings == "pm25 o3_8h"
        assert set(np.unique(dataset["main_pollutant"][:])) == {0, 1}
    assert_cf_compliant(output)


def test_days_above_a_level_are_counted(
    fused: Path, tmp_path: Path, assert_cf_compliant: Callable[[Path], None]
) -> None:
    output = tmp_path / "days.nc"
    assert run("index", fused, "-o", output, "--days-above", "good")[0] == 0
    with netCDF4.Dataset(fused) as dataset:
        # 60 ug/m3 is the last that is good, and is reported in whole numbers.
        expected = (np.rint(dataset["pm25"][:]) > 60).sum(axis=0)
        bounds = dataset["time_bnds"][:]
    with netCDF4.Dataset(output) as dataset:
        np.testing.assert_array_equal(dataset["days_above"][0], expected)
        np.testing.assert_array_equal(dataset["time_bnds"][0], [bounds.min(), bounds.max()])
        assert dataset["days_above"].long_name == (
            "days of 3 with pm25 worse than 'good' (HJ 633-2026), 2019-01-06 to 2019-01-08"
        )
    assert 0 < expected.max() <= 3
    assert expected.min() < expected.max()
    assert_cf_compliant(output)


def test_cells_without_any_value_have_no_count(ozone: Path, tmp_path: Path) -> None:
    with netCDF4.Dataset(ozone, "a") as dataset:
        dataset["o3_8h"][:, 5, 5] = np.ma.masked
    output = tmp_path / "days.nc"
    assert run("index", ozone, "-o", output, "--days-above", "good")[0] == 0
    with netCDF4.Dataset(output) as dataset:
        missing = np.ma.getmaskarray(dataset["days_above"][0])
    assert np.argwhere(missing).tolist() == [[5, 5]]


def test_days_are_chosen(fused: Path, tmp_path: Path) -> None:
    output = tmp_path / "aqi.nc"
    assert run("index", fused, "-o", output, "--days", "2019-01-07:")[0] == 0
    with opened(output) as file:
        np.testing.assert_array_equal(file.days, DAYS[1:])
        assert file.variable == "air_quality_index"
    code, said = run("index", fused, "-o", output, "--days", "2020-01-01")
    assert code == 1
    assert "pm25.nc hold no common day of 2020-01-01:2020-01-01; the first holds 2019-01-06" in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--days-above", "fair"],
            "expected a level of the air quality index of China that others are worse than "
            "(excellent, good, lightly_polluted, moderately_polluted, heavily_polluted), "
            "got 'fair'",
        ),
        (["--variable", "station_distance"], "station_distance is no pollutant of an index"),
        (["--variable", "none"], "has no fields of none"),
    ],
)
def test_what_has_no_index_is_refused(
    words: list[str], message: str, fused: Path, tmp_path: Path
) -> None:
    code, said = run("index", fused, "-o", tmp_path / "aqi.nc", *words)
    assert code == 1
    assert message in said
    assert len(said.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_other_grids_are_refused(fused: Path, ozone: Path, tmp_path: Path) -> None:
    with netCDF4.Dataset(ozone, "a") as dataset:
        dataset["x"][:] = dataset["x"][:] + 100_000
        dataset.renameVariable("lat", "was_lat")
        for name in ("was_lat", "lon"):
            for attribute in ("standard_name", "units"):
                dataset[name].delncattr(attribute)
        dataset.renameVariable("lon", "was_lon")
    code, said = run("index", fused, ozone, "-o", tmp_path / "aqi.nc")
    assert code == 1
    assert "pm25.nc and o3.nc are on different grids" in said


def test_maps_of_an_index_have_its_official_colours(fused: Path, tmp_path: Path) -> None:
    output, picture = tmp_path / "aqi.nc", tmp_path / "aqi.png"
    assert run("index", fused, "-o", output, "--standard", "us")[0] == 0
    assert run("plot", output, "-o", picture, "--days", "2019-01-08")[0] == 0
    shown = {tuple(round(255 * part) for part in pixel[:3]) for pixel in unique(picture)}
    # EPA-454/B-24-002, table 2: unhealthy, and very unhealthy.
    assert {(255, 0, 0), (143, 63, 151)} <= shown


def unique(picture: Path) -> np.ndarray:
    import matplotlib.image

    return np.unique(matplotlib.image.imread(picture).reshape(-1, 4), axis=0)


@pytest.mark.parametrize("standard", STANDARDS)
def test_an_index_has_the_colour_of_its_level(standard: str) -> None:
    table = STANDARDS[standard]
    scale = index_scale(table)
    worst = 500 if table.tops[0] == 50 else len(table.levels)
    for number, index in enumerate([*table.tops, worst]):
        colour = mpl.colors.to_hex(scale["cmap"](scale["norm"](index)))
        assert colour == table.levels[number].colour
    for number, top in enumerate(table.tops, start=1):
        colour = mpl.colors.to_hex(scale["cmap"](scale["norm"](top + 1)))
        assert colour == table.levels[number].colour
