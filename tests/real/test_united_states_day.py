"""The real files of the example of the United States: CMAQ and AQS, 15 January 2016."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import netCDF4
import numpy as np
import pyproj
import pytest
from scipy.interpolate import RegularGridInterpolator

from pointfuse import read_stations
from pointfuse.model.metadata import ModelMetadata
from pointfuse.stations.gridding import place
from pointfuse_training.archives.archive import Archive
from pointfuse_training.ctm_output.conversion import convert, plan_conversion
from pointfuse_training.static_layers.grids import read_grid

FOLDER = "formats/cmaq_us_2016"
AQS = "daily_88101_20160115.csv"
CMAQ = "dailyavg.LST.Y_24.2016fh.v531.108US2.01.nc"


def test_the_grid_is_the_one_that_griddesc_gives(
    real_data: Path, united_states: SimpleNamespace
) -> None:
    text = (real_data / FOLDER / "GRIDDESC").read_text()
    line = re.search(r"'108US2'\s+'LamCon_40N_97W'\s+(.*)", text)
    assert line is not None
    west, south, size, _, columns, rows, _ = map(float, line[1].split())
    for name in (CMAQ, "GRIDCRO2D.108US2.35L.160101.nc"):
        grid = read_grid(real_data / FOLDER / name)
        assert (grid.rows, grid.columns, grid.cell_size) == (rows, columns, size)
        assert (grid.first_x, grid.first_y) == (west + size / 2, south + size / 2)
    finer = united_states.run.finer(grid, 3)
    # Nine small cells fill a large one: the corners of both grids are the same.
    assert finer.x[0] - finer.cell_size / 2 == pytest.approx(west, abs=1e-6)
    assert finer.y[-1] + finer.cell_size / 2 == pytest.approx(south + rows * size, abs=1e-6)
    proj = pyproj.Proj("+proj=lcc +lat_1=33 +lat_2=45 +lat_0=40 +lon_0=-97 +R=6370000")
    expected = proj(*np.meshgrid(finer.x, finer.y), inverse=True)
    # 1e-7 degrees are a centimetre.
    np.testing.assert_allclose(finer.longitude_latitude(), expected, rtol=0, atol=1e-7)


def test_monitors_and_cmaq_meet(
    real_data: Path, united_states: SimpleNamespace, tiny_metadata: ModelMetadata, tmp_path: Path
) -> None:
    """CMAQ at the monitors, by the example and by scipy on the file as it is."""
    cmaq = real_data / FOLDER / CMAQ
    convert(plan_conversion([cmaq], weather=False), tmp_path / "coarse")
    coarse = Archive(tmp_path / "coarse")
    assert [str(date) for date in coarse.dates] == ["2016-01-15"]
    finer = united_states.run.finer(coarse.grid, 3)
    united_states.run.write_finer(coarse, finer, tmp_path / "fine")

    observations = read_stations(real_data / FOLDER / AQS, timezone="America/Chicago")
    placed = place(observations, replace(tiny_metadata, own_grid=finer))
    # Alaska, Hawaii and Puerto Rico are elsewhere.
    assert (placed.counts.valid, placed.counts.outside_grid, placed.counts.used) == (422, 15, 407)
    stations = placed.observations.stations
    predict = united_states.comparison.field_of(Archive(tmp_path / "fine"))
    found = predict(placed, stations.longitude, stations.latitude)

    with netCDF4.Dataset(cmaq) as dataset:
        field = dataset["PM25_FRM"][0, 0].filled()
    y, x = coarse.grid.y, coarse.grid.x
    places = coarse.grid.projection.forward(stations.longitude, stations.latitude)
    inside = np.clip(places[1], y[0], y[-1]), np.clip(places[0], x[0], x[-1])
    expected = RegularGridInterpolator((y, x), field)(inside)
    # Interpolated twice: peaks between centres of small cells are cut, by a few per cent of 36.
    np.testing.assert_allclose(found, expected, rtol=0, atol=2.0)
    assert np.abs(found - expected).mean() < 0.1
