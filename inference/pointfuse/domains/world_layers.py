"""Terrain, land cover and lights of the whole Earth, from the package pointfuse-world.

`pointfuse-train world` makes its files; they are read without any network.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.array_archives import read_arrays
from pointfuse.errors import MissingExtraError, ModelFileError

PACKAGE = "pointfuse_world"
LAYERS_FILE, COUNTRIES_FILE = "layers.npz", "countries.json"

_HOW_TO_GET_IT = "install it with pip install pointfuse-world, or pip install ./world in a checkout"


@dataclass(frozen=True, eq=False)
class WorldLayer:
    """A field around the whole Earth.

    Parameters
    ----------
    steps : ndarray of int16 or uint8, shape (180 n, 360 n)
        The middle of the pixel of row 0 and column 0 is half a pixel south of the north pole and
        east of the date line; n pixels in a degree.
    step : float
        What a step is worth.
    """

    steps: NDArray[Any]
    step: float

    def at(
        self, longitude: NDArray[np.float64], latitude: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Values between the middles of the four pixels around, bilinear.

        Parameters
        ----------
        longitude, latitude : ndarray of float64
            Degrees east and north, of one shape.

        Returns
        -------
        ndarray of float32, the shape of the places
        """
        rows, columns = self.steps.shape
        row = (90 - latitude) * (rows / 180) - 0.5
        column = (longitude + 180) * (columns / 360) - 0.5
        north, west = np.floor(row).astype(np.int64), np.floor(column).astype(np.int64)
        down, right = (row - north).astype(np.float32), (column - west).astype(np.float32)
        # Beyond the last row is the pole.
        upper, lower = north.clip(0, rows - 1), (north + 1).clip(0, rows - 1)
        left, east = west % columns, (west + 1) % columns
        above = self.steps[upper, left] * (1 - right) + self.steps[upper, east] * right
        below = self.steps[lower, left] * (1 - right) + self.steps[lower, east] * right
        values: NDArray[np.float32] = (above * (1 - down) + below * down) * np.float32(self.step)
        return values


@dataclass(frozen=True)
class Country:
    """The box around a country.

    Parameters
    ----------
    name, code : str
        Name in Natural Earth, and numeric code of ISO 3166-1, empty where it has none.
    west, south, east, north : float
        Degrees; east is above 180 where the box crosses the date line.
    """

    name: str
    code: str
    west: float
    south: float
    east: float
    north: float


@cache
def world_layers() -> dict[str, WorldLayer]:
    """All layers by name.

    Raises
    ------
    MissingExtraError
        If the package is not installed.
    ModelFileError
        If its file is damaged.
    """
    path = _folder() / LAYERS_FILE
    try:
        arrays = read_arrays(path)
        names = [name for name in arrays if f"{name}_step" in arrays]
        return {
            name: WorldLayer(
                # Differences along a row, in as few bits: they wrap around.
                np.cumsum(arrays[name], axis=1, dtype=arrays[name].dtype),
                float(arrays[f"{name}_step"]),
            )
            for name in names
        }
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from error


@cache
def countries() -> tuple[Country, ...]:
    """Boxes of all countries.

    Raises
    ------
    MissingExtraError
        If the package is not installed.
    ModelFileError
        If its file is damaged.
    """
    path = _folder() / COUNTRIES_FILE
    try:
        return tuple(Country(**entry) for entry in json.loads(path.read_text(encoding="utf-8")))
    except (OSError, TypeError, ValueError) as error:
        raise _damaged(path, error) from error


def _folder() -> Path:
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise MissingExtraError(
            "fields of any place need the terrain, land and lights of the whole Earth, which the "
            f"package pointfuse-world holds; {_HOW_TO_GET_IT}"
        )
    return Path(found.submodule_search_locations[0])


def _damaged(path: Path, error: Exception) -> ModelFileError:
    return ModelFileError(f"{path} cannot be read ({error}); {_HOW_TO_GET_IT}")
