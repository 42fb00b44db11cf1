"""What does not change: terrain, land cover and lights on the grid of the simulation."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pointfuse.errors import InputError
from pointfuse.grid.regular_grid import Grid
from pointfuse_training.network.weights import read_arrays

IGBP_CLASSES = 17
_FORESTS = slice(1, 6)
_WATER, _CROP, _URBAN, _CROP_MOSAIC, _BARREN = 0, 12, 13, 14, 16
_LAYERS = ("lat", "lon", "height", "night_lights", "ocean_fraction", "igbp_fraction")


@dataclass(frozen=True)
class StaticInputs:
    """Static layers, each a float32 tensor of shape (rows, columns).

    Parameters
    ----------
    grid : Grid
        Where the cells are.
    latitude : Tensor
        Cell centres, degrees north.
    height : Tensor
        Mean height of the ground, m.
    night_lights : Tensor
        Lights at night in any linear unit, not negative.
    ocean : Tensor
        Share of the cell that is sea.
    water, urban, crop, barren, forest : Tensor
        Shares of land cover (IGBP classes 0; 13; 12 and 14; 16; 1 to 5).
    sha256 : str
        Hash of the file they were read from.
    patterns : Tensor, shape (patterns, rows, columns), optional
        Patterns of simulated days, as `patterns_of` makes them, where the file has some.
    """

    grid: Grid
    latitude: Tensor
    height: Tensor
    night_lights: Tensor
    ocean: Tensor
    water: Tensor
    urban: Tensor
    crop: Tensor
    barren: Tensor
    forest: Tensor
    sha256: str = ""
    patterns: Tensor | None = None

    @property
    def from_equator(self) -> Tensor:
        """Degrees of latitude from the equator, either way: how cold winters are."""
        return self.latitude.abs()

    @property
    def is_southern(self) -> bool:
        """Whether the grid is in the south, for the most part: it has winter in July."""
        return bool(self.latitude.mean() < 0)

    @property
    def device(self) -> torch.device:
        """Where the layers are."""
        return self.height.device


def read_static_inputs(path: Path, grid: Grid, device: torch.device) -> StaticInputs:
    """Read the static layers of a grid from a numpy archive.

    Parameters
    ----------
    path : Path
        Archive (.npz) of ``lat`` and ``lon`` (degrees), ``height`` (m), ``night_lights`` (any
        linear unit), ``ocean_fraction``, each of shape (rows, columns), and ``igbp_fraction``,
        shape (17, rows, columns), shares of the IGBP classes in their order from 0 (water) to 16
        (barren); and perhaps ``patterns``, shape (patterns, rows, columns). Row 0 is south, column
        0 is west. Further arrays are ignored.
    grid : Grid
        Grid that the layers are on.
    device : torch.device
        Where they are needed.

    Raises
    ------
    InputFileNotFoundError
        If the file is missing.
    ModelFileError
        If it is no numpy archive.
    InputError
        If a layer is missing, has another shape or impossible values, or the cells lie elsewhere
        than those of the grid.
    """
    arrays = read_arrays(path)
    if lacking := [name for name in _LAYERS if name not in arrays]:
        raise InputError(
            f"{path.name} lacks the layer {', '.join(lacking)}; expected {', '.join(_LAYERS)}"
        )
    layers = {name: _checked(path, name, arrays[name], grid) for name in _LAYERS}
    _check_place(path, layers["lon"], layers["lat"], grid)
    tensors = {name: torch.from_numpy(layer).to(device) for name, layer in layers.items()}
    cover = tensors["igbp_fraction"]
    return StaticInputs(
        grid=grid,
        latitude=tensors["lat"],
        height=tensors["height"],
        night_lights=tensors["night_lights"],
        ocean=tensors["ocean_fraction"],
        water=cover[_WATER],
        urban=cover[_URBAN],
        crop=cover[_CROP] + cover[_CROP_MOSAIC],
        barren=cover[_BARREN],
        forest=cover[_FORESTS].sum(0),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        patterns=_patterns(path, arrays["patterns"], grid).to(device)
        if "patterns" in arrays
        else None,
    )


def _patterns(path: Path, patterns: NDArray[np.generic], grid: Grid) -> Tensor:
    if patterns.shape[1:] != grid.shape or not np.isfinite(patterns).all():
        raise InputError(
            f"{path.name} holds patterns with the shape {patterns.shape}, expected finite values "
            f"on {grid.shape}; make them with 'pointfuse-train patterns'"
        )
    return torch.from_numpy(patterns.astype(np.float32))


_LIMITS = {
    "lat": (-90.0, 90.0),
    "lon": (-180.0, 360.0),
    "height": (-500.0, 9000.0),
    "night_lights": (0.0, 1e6),
    "ocean_fraction": (0.0, 1.0),
    "igbp_fraction": (0.0, 1.0),
}


def _checked(path: Path, name: str, layer: NDArray[np.generic], grid: Grid) -> NDArray[np.float32]:
    expected = (IGBP_CLASSES, *grid.shape) if name == "igbp_fraction" else grid.shape
    if layer.shape != expected:
        raise InputError(
            f"{path.name} holds {name} with the shape {layer.shape}, the grid needs {expected}; "
            "make the layers on the grid of the model"
        )
    values = layer.astype(np.float32)
    low, high = _LIMITS[name]
    if not (np.all(values >= low - 1e-3) and np.all(values <= high + 1e-3)):
        raise InputError(
            f"{path.name} holds {name} from {np.min(values):g} to {np.max(values):g}, expected "
            f"finite values from {low:g} to {high:g}; check its unit and its gaps"
        )
    return values


def _check_place(
    path: Path, longitude: NDArray[np.float32], latitude: NDArray[np.float32], grid: Grid
) -> None:
    """Refuse layers whose cells are not those of the grid."""
    x, y = grid.projection.forward(longitude, latitude)
    distance = float(np.max(np.hypot(x - grid.x[None, :], y - grid.y[:, None])))
    if not distance < 0.1 * grid.cell_size:
        raise InputError(
            f"{path.name} has cells up to {distance / 1000:.3g} km from those of the grid; "
            "expected row 0 in the south, column 0 in the west, and the projection of the model"
        )
