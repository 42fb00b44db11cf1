"""The grid of an archive."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import netCDF4
import pytest
import torch

from pointfuse import InputError
from pointfuse.grid import Grid
from pointfuse_training.archive_grid import read_grid
from pointfuse_training.simulation.archive import writing


def write(path: Path, grid: Grid) -> None:
    with writing(path, grid, 0, {}) as writer:
        writer.append(torch.ones(3, *grid.shape))


def test_the_grid_is_read_as_it_was_written(small_grid: Grid, tmp_path: Path) -> None:
    tangent = replace(small_grid.projection, standard_parallel=(40.0, 40.0), earth_radius=6371e3)
    other = Grid(tangent, 7, 5, 36_000.0, -1.5e6, 2.25e5)
    for grid in (small_grid, other):
        write(tmp_path / "one.nc", grid)
        assert read_grid(tmp_path / "one.nc") == grid


def test_a_file_that_does_not_say_where_it_is_is_refused(small_grid: Grid, tmp_path: Path) -> None:
    path = tmp_path / "one.nc"
    write(path, small_grid)
    with netCDF4.Dataset(path, "a") as dataset:
        dataset["crs"].grid_mapping_name = "mercator"
    with pytest.raises(InputError, match=r"one\.nc: .* projection 'mercator'"):
        read_grid(path)
    with netCDF4.Dataset(path, "a") as dataset:
        dataset["x"][:] *= 2
    with pytest.raises(InputError, match="no grid of square cells"):
        read_grid(path)
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.renameVariable("y", "northing")
    with pytest.raises(InputError, match="does not say where its cells are"):
        read_grid(path)
