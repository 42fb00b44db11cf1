"""Archives of real files of CMAQ, MCIP and WRF."""

from __future__ import annotations

import datetime
from pathlib import Path

import netCDF4
import numpy as np
import pyproj
import pytest
from click.testing import CliRunner

from pointfuse.errors import InputError
from pointfuse_training.archives.archive import Archive
from pointfuse_training.archives.archive_variables import WEATHER
from pointfuse_training.commands.main import main
from pointfuse_training.ctm_output.conversion import convert, plan_conversion
from pointfuse_training.ctm_output.daily_means import daily_means
from pointfuse_training.ctm_output.formats import open_output
from pointfuse_training.ctm_output.quantities import RELATIVE_HUMIDITY, WIND_SPEED

JANUARY = "+proj=lcc +lat_1=25 +lat_2=40 +lat_0=34 +lon_0=110 +R=6370000"


def test_a_daily_mean_of_cmaq_becomes_an_archive(real_data: Path, tmp_path: Path) -> None:
    (path,) = (real_data / "formats" / "cmaq_us_2016").glob("dailyavg*.nc")
    convert(plan_conversion([path], weather=False), tmp_path)
    archive = Archive(tmp_path)
    assert archive.dates.astype(str).tolist() == ["2016-01-15"]
    with netCDF4.Dataset(path) as dataset:
        expected = dataset["PM25_FRM"][0, 0].filled()
        proj = pyproj.Proj(proj="lcc", lat_1=33, lat_2=45, lat_0=40, lon_0=-97, R=6_370_000)
    # Half a step of packing: the highest value is above 13 and below 65.5.
    np.testing.assert_allclose(archive[0][0], expected, atol=6e-4)
    x, y = (-2_412_000 + 108_000 * (43 + 0.5), -1_620_000 + 108_000 * 0.5)
    longitude, latitude = archive.grid.longitude_latitude()
    np.testing.assert_allclose((longitude[0, 43], latitude[0, 43]), proj(x, y, inverse=True))


def test_cells_are_where_mcip_has_them(real_data: Path) -> None:
    folder = real_data / "formats" / "mcip_au_2022"
    grid = open_output(folder / "METCRO2D_au-test_v1").layout.axes.grid
    with netCDF4.Dataset(folder / "GRIDCRO2D_au-test_v1") as dataset:
        expected = dataset["LON"][0, 0], dataset["LAT"][0, 0]
    # MCIP computes in single precision: some metres.
    np.testing.assert_allclose(grid.longitude_latitude(), expected, rtol=0, atol=1e-4)
    with pytest.raises(InputError, match="does not depend on time"):
        open_output(folder / "GRIDCRO2D_au-test_v1")


def test_weather_of_mcip_is_that_of_a_day(real_data: Path) -> None:
    path = real_data / "formats" / "mcip_au_2022" / "METCRO2D_au-test_v1"
    file = open_output(path)
    day = np.datetime64("2022-12-07")
    with netCDF4.Dataset(path) as dataset:
        ratio, warm, air, wind = (
            dataset[name][:24, 0].astype(np.float64).filled()
            for name in ("Q2", "TEMP2", "PRSFC", "WSPD10")
        )
    # Magnus as Alduchov and Eskridge (1996) have it differs from Bolton by 0.1 % at most.
    saturated = 610.94 * np.exp(17.625 * (warm - 273.15) / (warm - 30.11))
    humidity = (100 * ratio * air / (0.622 + ratio) / saturated).mean(0)
    for variable, recipes, expected, tolerance in (
        (WEATHER[0], RELATIVE_HUMIDITY, humidity, 0.1),
        (WEATHER[1], WIND_SPEED, wind.mean(0), 1e-5),
    ):
        means = daily_means(variable.name, recipes, [file], datetime.UTC)
        assert means is not None
        assert means.is_complete(day)
        np.testing.assert_allclose(means.mean(day), expected, rtol=0, atol=tolerance)
    with pytest.raises(InputError, match="no file has the target 'pm25'"):
        plan_conversion([path])


def test_an_hour_of_wrf_is_on_its_grid_and_no_day(real_data: Path) -> None:
    (path,) = (real_data / "formats" / "wrf_au_2022").iterdir()
    file = open_output(path)
    assert file.layout.starts.astype(str).tolist() == ["2022-12-07T06:00:00"]
    with netCDF4.Dataset(path) as dataset:
        expected = dataset["XLONG"][0], dataset["XLAT"][0]
    grid = file.layout.axes.grid
    # WRF computes in single precision: some metres.
    np.testing.assert_allclose(grid.longitude_latitude(), expected, rtol=0, atol=1e-4)
    assert grid.cell_size == pytest.approx(10_000, abs=1)
    # It has no chemistry: soil water stands for a species that is there.
    with pytest.raises(InputError, match="'m3 m-3'; expected a mass per volume"):
        plan_conversion([path], target="SMOIS")
    with pytest.raises(InputError, match="no file has the target 'pm25'"):
        plan_conversion([path])


def test_days_of_cmaq_without_a_projection_need_one(real_data: Path, tmp_path: Path) -> None:
    paths = sorted(map(str, (real_data / "cmaq_jan2020_36km").glob("cmaq_*.nc")))
    command = ["archive", *paths, "-o", str(tmp_path), "--without-weather"]
    without = CliRunner().invoke(main, command)
    assert without.exit_code == 1
    assert "PM25_cmaq has no projection" in without.output
    wrong = CliRunner().invoke(main, [*command, "--projection", JANUARY.replace("40", "45")])
    assert wrong.exit_code == 1
    assert "not regular in their projection" in wrong.output or "km away" in wrong.output
    result = CliRunner().invoke(main, [*command, "--projection", JANUARY])
    assert result.exit_code == 0, result.output
    archive = Archive(tmp_path)
    days = ["01", "06", "11", "16", "21", "27"]
    assert archive.dates.astype(str).tolist() == [f"2020-01-{day}" for day in days]
    assert archive.grid.cell_size == pytest.approx(36_000, abs=1)
    for index, path in enumerate(paths):
        with netCDF4.Dataset(path) as dataset:
            field = dataset["PM25_cmaq"][:].filled()
            places = dataset["lon"][:].filled(), dataset["lat"][:].filled()
        # Half of the coarsest step that the highest value of these days, above 131, leaves.
        np.testing.assert_allclose(
            archive[index][0], field, atol=2.6e-3 if field.max() < 327 else 6e-3
        )
        longitude, latitude = archive.grid.longitude_latitude()
        np.testing.assert_allclose((longitude, latitude), places, rtol=0, atol=1e-4)
