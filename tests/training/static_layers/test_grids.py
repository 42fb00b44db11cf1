"""The grid of a file is the grid it was written with, whatever the file is."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import netCDF4
import pytest
import torch

from pointfuse import InputError, load_model
from pointfuse.errors import InputFileNotFoundError
from pointfuse.grid.projections import LambertConformal, Mercator
from pointfuse.grid.regular_grid import Grid
from pointfuse_training.archives.archive_writer import writing
from pointfuse_training.static_layers.grids import read_grid

ROOT = Path(__file__).parents[3]

# Another size and projection than those of the shipped model.
GRID = Grid(LambertConformal((33.0, 45.0), -97.0, 40.0, 6_371_200.0), 8, 9, 36e3, -5e5, 1e5)

DESCRIPTION = """
[grid]
rows = 8
columns = 9
cell_size = 36000
first_x = -500000.0
first_y = 1e5

[grid.projection]
grid_mapping_name = "lambert_conformal_conic"
standard_parallel = [33.0, 45.0]
longitude_of_central_meridian = -97.0
latitude_of_projection_origin = 40.0
earth_radius = 6371200.0
"""


@pytest.fixture
def archive(tmp_path):
    with writing(tmp_path / "scenario_00000.nc", GRID, 0, {}) as writer:
        writer.append(torch.ones(3, *GRID.shape))
    return tmp_path


def test_model_description_and_default_agree():
    shipped = load_model().metadata.grid
    assert read_grid(None) == shipped
    assert read_grid(ROOT / "models" / "pointfuse-china12.onnx") == shipped
    assert read_grid(ROOT / "models" / "pointfuse-china12.toml") == shipped


def test_an_archive_and_its_files_have_the_grid_they_were_written_with(archive):
    assert read_grid(archive) == GRID
    assert read_grid(archive / "scenario_00000.nc") == GRID


@pytest.mark.parametrize("step", [240_000, 0])
def test_a_file_of_a_transport_model_says_its_grid(tmp_path, step):
    """I/O API: the corner of the grid, and no time (TSTEP 0) in a file such as GRIDCRO2D."""
    with netCDF4.Dataset(tmp_path / "cmaq.nc", "w", format="NETCDF3_CLASSIC") as dataset:
        dataset.setncatts({"GDTYP": 2, "P_ALP": 33.0, "P_BET": 45.0, "P_GAM": -97.0})
        dataset.setncatts({"XCENT": -97.0, "YCENT": 40.0, "XCELL": 36e3, "YCELL": 36e3})
        dataset.setncatts({"XORIG": -5e5 - 18e3, "YORIG": 1e5 - 18e3, "TSTEP": step})
        for name, size in {"TSTEP": 1, "VAR": 1, "DATE-TIME": 2, "ROW": 8, "COL": 9}.items():
            dataset.createDimension(name, size)
        dataset.createVariable("TFLAG", "i4", ("TSTEP", "VAR", "DATE-TIME"))
    # The sphere of CMAQ.
    sphere = dataclasses.replace(GRID.projection, earth_radius=6_370_000.0)
    assert read_grid(tmp_path / "cmaq.nc") == dataclasses.replace(GRID, projection=sphere)


def test_a_description_needs_nothing_but_the_grid(tmp_path):
    path = tmp_path / "grid.toml"
    path.write_text(DESCRIPTION)
    assert read_grid(path) == GRID
    path.write_text(DESCRIPTION.replace("[33.0, 45.0]", "40.0"))
    tangent = dataclasses.replace(GRID.projection, standard_parallel=(40.0, 40.0))
    assert read_grid(path).projection == tangent


def test_a_description_may_have_any_projection(tmp_path):
    path = tmp_path / "grid.toml"
    table, _ = DESCRIPTION.split("[grid.projection]")
    path.write_text(
        f"""{table}
[grid.projection]
grid_mapping_name = "mercator"
longitude_of_projection_origin = -97
standard_parallel = 10
earth_radius = 6371200.0
"""
    )
    mercator = Mercator(-97.0, 10.0, 6_371_200.0)
    assert read_grid(path) == dataclasses.replace(GRID, projection=mercator)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("[grid.projection]", "[projection]", r"lacks the tables \[grid\]"),
        ("rows = 8", "", "'rows' is lacking"),
        ("rows = 8", "rows = 8.5", "'rows' should be a positive whole number, got 8.5"),
        ("cell_size = 36000", "cell_size = -1", "'cell_size' should be a positive number, got -1"),
        ("first_y = 1e5", "first_y = nan", "'first_y' should be a number, got nan"),
        ("lambert_conformal_conic", "sinusoidal", "the projection 'sinusoidal' is not known"),
        ("lambert_conformal_conic", "mercator", "'longitude_of_projection_origin' is lacking"),
        ("[33.0, 45.0]", "[-33.0, 33.0]", "standard parallels"),
        ("rows = 8", "rows = ", "cannot be read as TOML"),
    ],
)
def test_a_description_that_is_wrong_is_told_where(tmp_path, before, after, message):
    path = tmp_path / "grid.toml"
    path.write_text(DESCRIPTION.replace(before, after))
    with pytest.raises(InputError, match=message):
        read_grid(path)


def test_files_without_a_grid_are_refused(archive, tmp_path):
    with pytest.raises(InputFileNotFoundError, match="there is no file"):
        read_grid(tmp_path / "absent.nc")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputFileNotFoundError, match="there is no archive in"):
        read_grid(tmp_path / "empty")
    text = tmp_path / "text.nc"
    text.write_text("no netCDF")
    with pytest.raises(InputError, match="holds no grid that can be used"):
        read_grid(text)
    with netCDF4.Dataset(tmp_path / "plain.nc", "w") as dataset:
        dataset.createDimension("x", 2)
    with pytest.raises(InputError, match="no field with the attribute grid_mapping"):
        read_grid(tmp_path / "plain.nc")
    path = archive / "scenario_00000.nc"
    with netCDF4.Dataset(path, "a") as dataset:
        dataset["x"].units = "mile"
    with pytest.raises(InputError, match="coordinate x is in 'mile'; expected m or km"):
        read_grid(path)
    with netCDF4.Dataset(path, "a") as dataset:
        dataset["x"].units = "m"
        dataset["x"][3] += 3600
    with pytest.raises(InputError, match="not regular in their projection"):
        read_grid(path)
