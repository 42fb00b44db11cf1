"""The example of the United States, on a small piece of it that was made up.

Files are laid out as those of CMAQ and of the EPA, and every step of the example runs; only the
static layers, which are fetched, are there already.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import netCDF4
import numpy as np
import pyproj
import pytest
from click.testing import CliRunner
from scipy.interpolate import RegularGridInterpolator

from pointfuse import load_model
from pointfuse.grid.regular_grid import Grid
from pointfuse_training.static_layers.grids import read_grid

pytestmark = pytest.mark.slow

PROJECTION = "+proj=lcc +lat_1=33 +lat_2=45 +lat_0=40 +lon_0=-97 +R=6370000"
ROWS, COLUMNS, CELL = 7, 9, 108_000.0
WEST, SOUTH = -500_000.0, -400_000.0
"""Corner of the grid, m."""


def truth(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A haze east of the middle, ug/m3."""
    return 4 + 14 * np.exp(-(((x - 150e3) / 250e3) ** 2) - (y / 300e3) ** 2)


def write_cmaq(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A daily mean, too low by a fifth; coordinates of its centres, and its field."""
    x = WEST + CELL * (np.arange(COLUMNS) + 0.5)
    y = SOUTH + CELL * (np.arange(ROWS) + 0.5)
    field = 0.8 * truth(*np.meshgrid(x, y))
    with netCDF4.Dataset(path, "w", format="NETCDF4_CLASSIC") as dataset:
        dataset.setncatts({"GDTYP": 2, "P_ALP": 33.0, "P_BET": 45.0, "P_GAM": -97.0})
        dataset.setncatts({"XCENT": -97.0, "YCENT": 40.0, "XCELL": CELL, "YCELL": CELL})
        dataset.setncatts({"XORIG": WEST, "YORIG": SOUTH, "TSTEP": 240_000})
        sizes = {"TSTEP": 1, "DATE-TIME": 2, "LAY": 1, "VAR": 1, "ROW": ROWS, "COL": COLUMNS}
        for name, size in sizes.items():
            dataset.createDimension(name, size)
        dataset.createVariable("TFLAG", "i4", ("TSTEP", "VAR", "DATE-TIME"))[0, 0] = 2016015, 0
        variable = dataset.createVariable("PM25_FRM", "f4", ("TSTEP", "LAY", "ROW", "COL"))
        variable.units = "ug m-3"
        variable[0, 0] = field
    return x, y, field


def write_aqs(path: Path, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Monitors anywhere: their coordinates in the plane, and what they measured."""
    x = rng.uniform(WEST + 20e3, WEST + COLUMNS * CELL - 20e3, 90)
    y = rng.uniform(SOUTH + 20e3, SOUTH + ROWS * CELL - 20e3, 90)
    values = truth(x, y) * np.exp(0.05 * rng.standard_normal(90))
    header = ["State Code", "County Code", "Site Num", "Parameter Code", "POC", "Latitude"]
    header += ["Longitude", "Sample Duration", "Date Local", "Units of Measure", "Event Type"]
    header += ["Observation Percent", "Arithmetic Mean"]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        places = zip(*pyproj.Proj(PROJECTION)(x, y, inverse=True), values, strict=True)
        for number, (east, north, value) in enumerate(places):
            row = [20, 1, number, 88101, 1, north, east, "24 HOUR", "2016-01-15"]
            writer.writerow([*row, "Micrograms/cubic meter (LC)", "None", 100.0, value])
    return x, y, values


def write_layers(grid: Grid, path: Path) -> None:
    """A ridge in the west, one city, cropland."""
    longitude, latitude = grid.longitude_latitude()
    row, column = np.mgrid[: grid.rows, : grid.columns]
    city = np.exp(-((row - 10) ** 2 + (column - 18) ** 2) / 6)
    cover = np.zeros((17, *grid.shape))
    cover[13], cover[12] = 0.8 * city, 1 - 0.8 * city
    np.savez(
        path,
        lat=latitude,
        lon=longitude,
        height=2000 * np.exp(-((column - 4) ** 2) / 8),
        night_lights=0.5 + 40 * city,
        ocean_fraction=np.zeros(grid.shape),
        igbp_fraction=cover,
        country=row > 2,
    )


@pytest.fixture(scope="module")
def made(
    united_states: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory
) -> SimpleNamespace:
    """What the example made, and what it was made of."""
    data, out = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("us")
    cmaq = write_cmaq(data / "dailyavg.nc")
    monitors = write_aqs(data / "daily_88101_20160115.csv", np.random.default_rng(3))
    write_layers(united_states.run.finer(read_grid(data / "dailyavg.nc"), 3), out / "layers.npz")
    short = ["--minutes", "0.02", "--scenarios", "5", "--days", "1"]

    def run() -> str:
        result = CliRunner().invoke(united_states.run.main, [str(data), "-o", str(out), *short])
        assert result.exit_code == 0, result.output
        return result.output

    return SimpleNamespace(cmaq=cmaq, monitors=monitors, out=out, said=run(), run=run)


def test_the_grid_is_that_of_cmaq_in_smaller_cells(made: SimpleNamespace) -> None:
    metadata = load_model(made.out / "us36-example.onnx").metadata
    assert (metadata.grid.shape, metadata.grid.cell_size) == ((3 * ROWS, 3 * COLUMNS), CELL / 3)
    x = WEST + CELL / 3 * (np.arange(3 * COLUMNS) + 0.5)
    y = SOUTH + CELL / 3 * (np.arange(3 * ROWS) + 0.5)
    expected = pyproj.Proj(PROJECTION)(*np.meshgrid(x, y), inverse=True)
    # 1e-7 degrees are a centimetre.
    np.testing.assert_allclose(metadata.grid.longitude_latitude(), expected, rtol=0, atol=1e-7)
    assert metadata.training["observations_used"] == "none"
    (score,) = metadata.scores
    assert np.isfinite([score["r2"], score["rmse"], score["nme"]]).all()


def test_the_fused_day_is_that_of_the_monitors(made: SimpleNamespace) -> None:
    with netCDF4.Dataset(made.out / "fused.nc") as dataset:
        field = dataset["pm25"][0].filled(np.nan)
        assert dataset.day_timezone == "America/Chicago"
        # Midnight of the central standard time, six hours after that of UTC.
        bounds = netCDF4.num2date(dataset["time_bnds"][0], dataset["time"].units)
        assert [bound.strftime("%Y-%m-%dT%H") for bound in bounds] == [
            "2016-01-15T06",
            "2016-01-16T06",
        ]
        x, y = np.meshgrid(dataset["x"][:], dataset["y"][:])
    # The network learned for a second; upside down or elsewhere nothing would fit.
    assert np.corrcoef(field.ravel(), truth(x, y).ravel())[0, 1] > 0.9


def test_the_scores_of_cmaq_are_those_of_its_field_at_the_monitors(made: SimpleNamespace) -> None:
    scores = json.loads((made.out / "scores.json").read_text(encoding="utf-8"))
    x, y, field = made.cmaq
    east, north, values = made.monitors
    inside = np.clip(north, y[0], y[-1]), np.clip(east, x[0], x[-1])
    error = RegularGridInterpolator((y, x), field)(inside) - values
    found = scores["monitors"]["single monitors, no quality control"]
    expected = np.sqrt((error**2).mean())
    cmaq = found["CMAQ, which knows no monitor"]
    assert cmaq["pairs"] == len(values)
    # Its field was interpolated to the finer grid before, which flattens its top a little.
    assert cmaq["rmse"] == pytest.approx(expected, rel=0.03)
    # All methods have the same monitors, and those that know the others do better than it.
    assert {method["pairs"] for method in found.values()} == {len(values)}
    for name in ("network", "kriging", "idw"):
        assert found[name]["rmse"] < cmaq["rmse"]


def test_what_is_there_is_not_made_again(
    made: SimpleNamespace, united_states: SimpleNamespace
) -> None:
    scores = json.loads((made.out / "scores.json").read_text(encoding="utf-8"))
    assert united_states.comparison.markdown(scores) in made.said
    assert "$ pointfuse-train fit" in made.said
    assert (made.out / "maps.png").stat().st_size > 20_000
    again = made.run()
    for command in ("pointfuse-train fit", "pointfuse-train static", "pointfuse-export"):
        assert f"$ {command}" not in again
    assert united_states.comparison.markdown(scores) in again
    with pytest.raises(SystemExit):
        united_states.run.main([str(made.out), "-o", str(made.out / "other")])
