"""Static channels: what a network is told of each cell that never changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pointfuse.errors import InputError
from pointfuse_training.seed_weights import read_arrays

RUGGED = 300.0
"""Scatter of the height from a cell to its neighbours that counts as 1, m."""

_Layers = Mapping[str, NDArray[Any]]


def ruggedness(height: Tensor) -> Tensor:
    """Standard deviation of the height over 3 x 3 cells, m; at the edge the edge is repeated.

    Parameters
    ----------
    height : Tensor, shape (rows, columns)
        Mean height of the ground, m.
    """
    padded = torch.nn.functional.pad(height[None, None].double(), (1, 1, 1, 1), mode="replicate")
    windows = padded[0, 0].unfold(0, 3, 1).unfold(1, 3, 1)
    return windows.std((2, 3), correction=0).to(height.dtype)


def _bright(layers: _Layers) -> NDArray[Any]:
    lights = layers["night_lights"]
    return np.sqrt(lights / max(float(lights.max()), 1e-12))


def _rugged(layers: _Layers) -> NDArray[Any]:
    return ruggedness(torch.from_numpy(layers["height"])).numpy() / RUGGED


CHANNELS: dict[str, Callable[[_Layers], NDArray[Any]]] = {
    "height": lambda layers: layers["height"] / 2000,
    "water_fraction": lambda layers: layers["igbp_fraction"][0],
    "urban_fraction": lambda layers: layers["igbp_fraction"][13],
    "cropland_fraction": lambda layers: layers["igbp_fraction"][[12, 14]].sum(0),
    "barren_fraction": lambda layers: layers["igbp_fraction"][16],
    "forest_fraction": lambda layers: layers["igbp_fraction"][1:6].sum(0),
    "night_lights": _bright,
    "ruggedness": _rugged,
}
"""How each channel is made from the layers of a static file; all are of order one."""

SEED_CHANNELS = tuple(CHANNELS)[:6]
"""Channels of the seed weights, in their order."""


def read_static_channels(path: Path, names: Sequence[str]) -> Tensor:
    """Static channels from a file that `read_static_inputs` has found to be in order.

    Parameters
    ----------
    path : Path
        Archive (.npz) of static layers.
    names : sequence of str
        Keys of `CHANNELS`, in the order of the channels.

    Returns
    -------
    Tensor, shape (channels, rows, columns)
        float32.

    Raises
    ------
    InputError
        If there is no such channel.
    """
    if unknown := [name for name in names if name not in CHANNELS]:
        raise InputError(
            f"there is no static channel '{unknown[0]}'; expected some of {', '.join(CHANNELS)}"
        )
    needed = ("height", "night_lights", "igbp_fraction")
    arrays = read_arrays(path)
    layers = {name: arrays[name].astype(np.float32) for name in needed}
    return torch.from_numpy(np.stack([CHANNELS[name](layers) for name in names]))


def read_target(path: Path, name: str, shape: tuple[int, int]) -> Tensor:
    """Share of each cell that belongs to the region that a network is made for.

    Parameters
    ----------
    path : Path
        Archive (.npz) of static layers.
    name : str
        Array in it, shares or true and false.
    shape : tuple of two ints
        Rows and columns of the grid.

    Raises
    ------
    InputError
        If there is no such array, or it holds no shares on the grid.
    """
    arrays = read_arrays(path)
    if name not in arrays or arrays[name].shape != shape:
        found = arrays[name].shape if name in arrays else "none"
        raise InputError(
            f"{path.name} should hold the array '{name}' of the shape {shape}, got {found}; add "
            "it, or leave 'target_layer' out of the recipe"
        )
    share = arrays[name].astype(np.float32)
    if not (np.all(share >= 0) and np.all(share <= 1)):
        raise InputError(f"'{name}' in {path.name} should hold shares, 0 to 1, in every cell")
    return torch.from_numpy(share)
