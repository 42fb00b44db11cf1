"""People in each cell of a grid, from a raster of counts: netCDF, or GeoTIFF (`[geotiff]`)."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.netcdf_files.classic_netcdf import check_classic_file
from pointfuse.basics.netcdf_files.netcdf_values import open_netcdf, read_numbers
from pointfuse.basics.printable import printable
from pointfuse.errors import InputError, InputFileNotFoundError, MissingExtraError
from pointfuse.grid.grid_mapping import GridAxes, grid_axes
from pointfuse.grid.regular_grid import Grid

Floats = NDArray[np.float64]

_AT_ONCE = 2_000_000
"""Pixels, or parts of pixels, in memory."""

_FINE = 4
"""Parts of the edge of a cell that a pixel must be smaller than; a larger one is divided."""

_DENSITY = re.compile(r"(/|per\b).*(km|m\b|mi)|k?m\^?-2|k?m\*\*-2", re.IGNORECASE)


@dataclass(frozen=True)
class _Raster:
    """Counts of people in pixels.

    Parameters
    ----------
    rows, columns : int
        Its size.
    read : callable
        From the first and behind the last row to the counts, shape (row, column).
    places : callable
        From rows and columns, with parts, to longitudes and latitudes; whole numbers are the
        middles of pixels.
    """

    rows: int
    columns: int
    read: Callable[[int, int], Floats]
    places: Callable[[Floats, Floats], tuple[Floats, Floats]]


def read_population(path: Path, grid: Grid) -> Floats:
    """People in each cell.

    Each pixel's people go to the cells that its middle lies in; a pixel that is not small is
    divided first, so that people are kept.

    Parameters
    ----------
    path : Path
        Raster of counts of people: netCDF on any regular grid, or GeoTIFF.
    grid : Grid
        The grid.

    Returns
    -------
    ndarray of float64, shape (row, column)
        People.

    Raises
    ------
    InputFileNotFoundError, InputError
        If there is no such raster, or it has densities, or nobody on the grid.
    MissingExtraError
        If it is a GeoTIFF, and rasterio is not installed.
    """
    if not path.is_file():
        raise InputFileNotFoundError(f"there is no file {path}; check the path")
    is_tiff = path.suffix.lower() in {".tif", ".tiff"}
    with (_opened_tiff if is_tiff else _opened_netcdf)(path) as raster:
        parts = _parts(raster, grid)
        people = np.zeros(grid.rows * grid.columns)
        size = max(1, _AT_ONCE // (raster.columns * parts**2))
        for first in range(0, raster.rows, size):
            last = min(first + size, raster.rows)
            if _touches(raster, grid, first, last):
                _add(people, raster, grid, first, last, parts)
    if not people.any():
        raise InputError(f"{printable(path.name)} has no people on the grid of the fields")
    return people.reshape(grid.shape)


def _parts(raster: _Raster, grid: Grid) -> int:
    """Into how many parts an edge of a pixel is divided."""
    rows = np.array([0.0, 0.0, 1.0]) + (raster.rows - 1) // 2
    columns = np.array([0.0, 1.0, 0.0]) + (raster.columns - 1) // 2
    x, y = grid.projection.forward(*raster.places(rows, columns))
    edge = max(np.hypot(x[1] - x[0], y[1] - y[0]), np.hypot(x[2] - x[0], y[2] - y[0]))
    if not np.isfinite(edge):
        return 1
    return 1 if _FINE * edge <= grid.cell_size else int(np.ceil(_FINE * edge / grid.cell_size))


def _touches(raster: _Raster, grid: Grid, first: int, last: int) -> bool:
    """Whether some rows may lie on the grid; of a small raster all may."""
    if raster.rows * raster.columns <= _AT_ONCE:
        return True
    rows = np.linspace(first, last - 1, min(8, last - first))
    columns = np.linspace(0, raster.columns - 1, min(2000, raster.columns))
    places = raster.places(*(part.ravel() for part in np.meshgrid(rows, columns)))
    return bool((grid.cells(*places) >= 0).any())


def _add(people: Floats, raster: _Raster, grid: Grid, first: int, last: int, parts: int) -> None:
    """Add the people of some rows to their cells."""
    counts = raster.read(first, last)
    counts = np.where(np.isfinite(counts) & (counts > 0), counts, 0.0) / parts**2
    offsets = (np.arange(parts) + 0.5) / parts - 0.5
    row, column = np.nonzero(counts)
    for down in offsets:
        for along in offsets:
            places = raster.places(row + first + down, column + along)
            cell = grid.cells(*places)
            on_grid = cell >= 0
            people += np.bincount(cell[on_grid], counts[row, column][on_grid], len(people))


@contextmanager
def _opened_netcdf(path: Path) -> Iterator[_Raster]:
    try:
        check_classic_file(path)
        dataset = open_netcdf(path)
    except OSError as error:
        raise InputError(
            f"{printable(path.name)} is neither netCDF nor GeoTIFF (*.tif); expected a raster of "
            "counts of people"
        ) from error
    with dataset:
        name, axes = _chosen(dataset, path)
        units = str(getattr(dataset[name], "units", ""))
        if _DENSITY.search(units):
            raise InputError(
                f"{name} of {printable(path.name)} is in '{printable(units)}'; expected counts of "
                "people in each pixel"
            )
        variable = dataset[name]
        above = (0,) * (variable.ndim - 2)
        grid, (rows, columns) = axes.grid, axes.order

        def read(first: int, last: int) -> Floats:
            if rows.step == -1:
                first, last = grid.rows - last, grid.rows - first
            values = read_numbers(variable, (*above, slice(first, last)))
            return values[rows, columns]

        def places(row: Floats, column: Floats) -> tuple[Floats, Floats]:
            x = grid.first_x + column * grid.cell_size
            return grid.projection.inverse(x, grid.first_y + row * grid.cell_size)

        yield _Raster(grid.rows, grid.columns, read, places)


def _chosen(dataset: netCDF4.Dataset, path: Path) -> tuple[str, GridAxes]:
    """The only variable on a grid, and its axes."""
    found = {}
    for name, variable in dataset.variables.items():
        named = {"lat", "lon", "latitude", "longitude"} & {name.lower()}
        if variable.ndim < 2 or variable.dtype == str or named or "bnds" in name:
            continue
        with contextlib.suppress(InputError):
            found[name] = grid_axes(dataset, name)
    people = [name for name in found if "pop" in name.lower()]
    names = people if len(found) > 1 and len(people) == 1 else list(found)
    if len(names) != 1:
        held = ", ".join(map(printable, names)) or "no variable on a grid"
        raise InputError(
            f"{printable(path.name)} has {held}; expected one variable with counts of people, on a "
            "regular grid"
        )
    return names[0], found[names[0]]


@contextmanager
def _opened_tiff(path: Path) -> Iterator[_Raster]:
    try:
        import rasterio
        import rasterio.warp
    except ImportError as error:
        raise MissingExtraError(
            f"{path.name} needs rasterio; install it with pip install 'pointfuse[geotiff]'"
        ) from error
    try:
        opened = rasterio.open(path)
    except rasterio.errors.RasterioIOError as error:
        raise InputError(f"{printable(path.name)} is no GeoTIFF; check the file") from error
    with opened as tiff:
        if tiff.crs is None:
            raise InputError(f"{printable(path.name)} does not say where it lies; it has no CRS")
        geographic = tiff.crs.is_geographic

        def read(first: int, last: int) -> Floats:
            window = rasterio.windows.Window(0, first, tiff.width, last - first)
            values = tiff.read(1, window=window, masked=True).astype(np.float64)
            filled: Floats = values.filled(np.nan)
            return filled

        def places(row: Floats, column: Floats) -> tuple[Floats, Floats]:
            x, y = tiff.transform @ (column + 0.5, row + 0.5)
            if geographic:
                return x, y
            longitude, latitude = rasterio.warp.transform(tiff.crs, "EPSG:4326", x, y)
            return np.array(longitude), np.array(latitude)

        yield _Raster(tiff.height, tiff.width, read, places)
