"""The grid of a GeoTIFF."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pointfuse.basics.printable import printable
from pointfuse.errors import InputError, MissingExtraError
from pointfuse.grid.grid_mapping import EARTH_RADIUS
from pointfuse.grid.proj_string import parse_projection
from pointfuse.grid.projections import LatitudeLongitude
from pointfuse.grid.regular_grid import Grid

_SQUARE = 1e-6


def tiff_grid(path: Path) -> Grid:
    """Grid of the pixels of a GeoTIFF, in degrees or in a projection of a sphere.

    Raises
    ------
    InputError
        If it is no GeoTIFF, does not say where it lies, or its pixels are no squares in a
        projection that pointfuse knows.
    MissingExtraError
        If rasterio is not installed.
    """
    try:
        import rasterio
    except ImportError as error:
        raise MissingExtraError(
            f"{printable(path.name)} needs rasterio; install it with pip install "
            "'pointfuse[geotiff]'"
        ) from error
    try:
        with rasterio.open(path) as tiff:
            transform, system = tiff.transform, tiff.crs
            rows, columns = tiff.height, tiff.width
    except rasterio.errors.RasterioIOError as error:
        raise InputError(f"{printable(path.name)} is no GeoTIFF; check the file") from error
    if system is None:
        raise InputError(f"{printable(path.name)} does not say where it lies; it has no CRS")
    size = transform.a
    if transform.b or transform.d or abs(transform.e + size) > _SQUARE * abs(size) or size <= 0:
        raise InputError(
            f"{printable(path.name)} has pixels of {transform.a:g} by {transform.e:g}, expected "
            "squares with the north above"
        )
    west, south = transform.c, transform.f - rows * size
    if not system.is_geographic:
        words = [f"+{name}={value}" for name, value in system.to_dict().items()]
        plane = parse_projection(" ".join(words))
        return Grid(plane, rows, columns, size, west + size / 2, south + size / 2)
    metres = EARTH_RADIUS * np.pi / 180
    middle = round(west + columns * size / 2)
    return Grid(
        LatitudeLongitude(float(middle), EARTH_RADIUS),
        rows,
        columns,
        size * metres,
        (west - middle + size / 2) * metres,
        (south + size / 2) * metres,
    )
