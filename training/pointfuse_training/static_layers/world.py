"""Static layers of the whole Earth, as the package pointfuse-world holds them.

Each is a table of whole numbers at equal steps of latitude and longitude. What is smooth is kept
in fewer points: between them it is read bilinearly.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from pointfuse.basics.atomic_files import replacing
from pointfuse.domains.world_layers import COUNTRIES_FILE, LAYERS_FILE, WorldLayer
from pointfuse_training.static_layers import sources
from pointfuse_training.static_layers.countries import COUNTRIES
from pointfuse_training.static_layers.country_boxes import country_boxes
from pointfuse_training.static_layers.packages import fetched
from pointfuse_training.static_layers.raster import Raster

FINE, BROAD = 12, 4
"""Points in a degree of what has all its detail, and of what is smoothed."""

BROAD_HEIGHT, NEAR_HEIGHT, NEAR_LIGHTS = 96.0, 48.0, 24.0
"""Standard deviations of the Gaussians that heights and lights are smoothed with, km."""

SHARES = {
    "water_fraction": (0,),
    "urban_fraction": (13,),
    "cropland_fraction": (12, 14),
    "barren_fraction": (16,),
    "forest_fraction": (1, 2, 3, 4, 5),
}
"""Classes of the IGBP scheme that each share of land cover is the sum of."""

_POINTS = 4
"""Along an edge of a pixel, whose mean is taken."""

_AT_ONCE = 60
"""Rows of pixels."""

_KM_IN_DEGREE = 111.2

_STEPS = {
    "height": 1.0,
    "broad_height": 1.0,
    "ruggedness": 0.01,
    "night_lights": 1.0,
    "broad_lights": 0.02,
    **dict.fromkeys(SHARES, 1 / 16),
}
"""What a step of each layer is worth, in m, logarithms, units of the picture and shares."""


def build_world_layers(
    cache: Path, on_layer: Callable[[], None] = lambda: None
) -> Iterator[tuple[str, WorldLayer]]:
    """Layers of the whole Earth, one after the other.

    Parameters
    ----------
    cache : Path
        Folder that keeps the files of the registries; what it lacks is fetched.
    on_layer : callable
        Called after each of the `LAYERS`.

    Yields
    ------
    tuple of str and WorldLayer
        ``height`` and ``broad_height`` (m), ``ruggedness`` (log(1 + d), d the mean distance of the
        height from the broad height around, in 100 m), ``night_lights`` (arbitrary unit),
        ``broad_lights`` (log(1 + lights), of lights that are smoothed), and the `SHARES`.

    Raises
    ------
    InputError
        If a package cannot be fetched.
    MissingExtraError
        If Pillow is not installed.
    """

    def done(name: str, values: NDArray[np.floating[Any]]) -> tuple[str, WorldLayer]:
        kind = np.int16 if "height" in name else np.uint8
        steps = np.rint(values / _STEPS[name]).clip(np.iinfo(kind).min, np.iinfo(kind).max)
        on_layer()
        return name, WorldLayer(steps.astype(kind), _STEPS[name])

    height = pixel_means(sources.topography(cache).bilinear, FINE)
    yield done("height", height)
    broad = smoothed(height, BROAD_HEIGHT)
    yield done("broad_height", coarser(broad))
    rugged = np.log1p(smoothed(np.abs(height - broad), NEAR_HEIGHT) / 100)
    yield done("ruggedness", coarser(rugged))
    lights = pixel_means(sources.night_lights(cache).bilinear, FINE // 2)
    yield done("night_lights", lights)
    yield done("broad_lights", np.log1p(smoothed(lights, NEAR_LIGHTS)))
    cover: Raster = sources.land_cover(cache)
    for name, classes in SHARES.items():
        of_classes = Raster(
            np.isin(cover.values, classes), cover.north, cover.west, cover.per_degree
        )
        yield done(name, pixel_means(of_classes.nearest, FINE))


LAYERS = tuple(_STEPS)
"""Names of the layers."""


def pixel_means(
    at: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[Any]], per_degree: int
) -> NDArray[np.float32]:
    """Means over pixels of the whole Earth.

    Parameters
    ----------
    at : callable
        Gives values at longitudes and latitudes, degrees, of one shape.
    per_degree : int
        Pixels in a degree.

    Returns
    -------
    ndarray of float32, shape (180 per_degree, 360 per_degree)
        Row 0 in the north, column 0 in the west.
    """
    rows, columns = 180 * per_degree, 360 * per_degree
    within = (np.arange(_POINTS) + 0.5) / _POINTS
    longitude = -180 + (np.arange(columns)[:, None] + within).ravel() / per_degree
    means = np.empty((rows, columns), np.float32)
    for first in range(0, rows, _AT_ONCE):
        some = np.arange(first, min(first + _AT_ONCE, rows))
        latitude = 90 - (some[:, None] + within).ravel() / per_degree
        values = at(*np.meshgrid(longitude, latitude))
        squares = values.reshape(len(some), _POINTS, columns, _POINTS)
        means[some] = squares.mean((1, 3), dtype=np.float32)
    return means


def smoothed(values: NDArray[np.float32], deviation: float) -> NDArray[np.float32]:
    """A layer of the Earth, smoothed by a Gaussian of a standard deviation in km.

    Along a meridian first, then along each parallel, whose pixels are narrower towards the poles.
    """
    per_degree = values.shape[1] / 360
    pixels = deviation / _KM_IN_DEGREE * per_degree
    along_meridians = gaussian_filter1d(values, pixels, axis=0, mode="nearest")
    latitude = 90 - (np.arange(len(values)) + 0.5) / per_degree
    around = values.shape[1]
    result: NDArray[np.float32] = np.empty_like(values)
    for row, wide in enumerate(pixels / np.cos(np.radians(latitude))):
        # A Gaussian as wide as the parallel leaves its mean.
        result[row] = (
            along_meridians[row].mean()
            if wide > around / 6
            else gaussian_filter1d(along_meridians[row], wide, mode="wrap")
        )
    return result


def coarser(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means over squares of pixels: from `FINE` to `BROAD`."""
    edge = FINE // BROAD
    rows, columns = values.shape
    means: NDArray[np.float32] = values.reshape(rows // edge, edge, columns // edge, edge).mean(
        (1, 3)
    )
    return means


def write_world_package(folder: Path, cache: Path, on_layer: Callable[[], None]) -> int:
    """Write the data of the package pointfuse-world; the same sources make the same bytes.

    Parameters
    ----------
    folder : Path
        Folder of the package's modules.
    cache : Path
        Folder that keeps the files of the registries.
    on_layer : callable
        Called after each of the `LAYERS`.

    Returns
    -------
    int
        Bytes written.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    boxes = country_boxes(json.loads(fetched(COUNTRIES, cache).read_text(encoding="utf-8")))
    arrays: dict[str, Any] = {}
    for name, layer in build_world_layers(cache, on_layer):
        # Differences along a row wrap around, and take less room than what they are of.
        arrays[name] = np.diff(layer.steps, axis=1, prepend=layer.steps.dtype.type(0))
        arrays[f"{name}_step"] = np.array(layer.step)
    layers, countries = folder / LAYERS_FILE, folder / COUNTRIES_FILE
    with replacing(layers) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)
    with replacing(countries) as temporary:
        temporary.write_text(json.dumps(boxes, ensure_ascii=False, indent=0) + "\n", "utf-8")
    return layers.stat().st_size + countries.stat().st_size
