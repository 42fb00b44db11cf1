"""The static layers of a grid, in the file that the simulation reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.atomic_files import replacing
from pointfuse.grid.regular_grid import Grid
from pointfuse_training.simulation.static_inputs import IGBP_CLASSES
from pointfuse_training.static_layers import sources
from pointfuse_training.static_layers.countries import COUNTRIES, country_mask
from pointfuse_training.static_layers.raster import cell_means, sub_points

_MOSTLY = 0.5


def build_static_layers(
    grid: Grid,
    cache: Path,
    countries: Sequence[str] = (),
    on_layer: Callable[[], None] = lambda: None,
) -> dict[str, NDArray[Any]]:
    """Build the static layers of a grid.

    Parameters
    ----------
    grid : Grid
        Any grid.
    cache : Path
        Folder that keeps the files of the registries; what it lacks is fetched.
    countries : sequence of str
        Countries to mark, by ISO code or name; see `country_mask`.
    on_layer : callable
        Called after each of the four layers that come from a raster.

    Returns
    -------
    dict of ndarray
        ``lat``, ``lon`` (degrees), ``height`` (m), ``night_lights`` (arbitrary unit),
        ``ocean_fraction``, each of shape (rows, columns), and ``igbp_fraction``, shape
        (17, rows, columns); ``country`` (bool), land of the countries if any are named;
        ``sources`` (str), the packages that they came from. Row 0 is south, column 0 is west.

    Raises
    ------
    InputError
        If a package cannot be fetched, or there is no such country.
    MissingExtraError
        If Pillow or shapely is not installed.
    OutputError
        If the folder cannot be written.
    """
    # Countries first: a misspelt one is told before the downloads.
    mask = country_mask(grid, countries, cache) if countries else None
    longitude, latitude = grid.longitude_latitude()
    points = sub_points(grid)
    layers: dict[str, NDArray[Any]] = {
        "lat": latitude.astype(np.float32),
        "lon": longitude.astype(np.float32),
    }
    height = sources.topography(cache).bilinear(*points)
    layers["height"] = cell_means(height, grid).astype(np.float32)
    on_layer()
    lights = sources.night_lights(cache).bilinear(*points)
    layers["night_lights"] = cell_means(lights, grid).astype(np.float32)
    on_layer()
    cover = sources.land_cover(cache).nearest(*points)
    shares = [cell_means(cover == kind, grid) for kind in range(IGBP_CLASSES)]
    # Sixteenths, and more than enough of any other share.
    layers["igbp_fraction"] = np.stack(shares).astype(np.float16)
    on_layer()
    sea = sources.sea(cache).nearest(*points)
    layers["ocean_fraction"] = cell_means(sea, grid).astype(np.float16)
    on_layer()
    files = [sources.TOPOGRAPHY, sources.NIGHT_LIGHTS, sources.LAND_COVER, sources.LAND_MASK]
    if mask is not None:
        # Borders of 1:50 million cut across bays that the finer land mask knows.
        layers["country"] = mask & (layers["ocean_fraction"] < _MOSTLY)
        files.append(COUNTRIES)
    layers["sources"] = np.array([f"{file} ({file.licence})" for file in files])
    return layers


def write_static_layers(layers: dict[str, Any], path: Path) -> None:
    """Write static layers as a numpy archive; the same layers make the same bytes.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **layers)
