"""Static channels: what a network is told of each cell that never changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

from pointfuse.errors import InputError
from pointfuse_training.network.weights import read_arrays
from pointfuse_training.processes.covariates import covariate_layers
from pointfuse_training.samples.pseudo_stations import brightness
from pointfuse_training.simulation.static_inputs import StaticInputs

RUGGED = 300.0
"""Scatter of the height from a cell to its neighbours that counts as 1, m."""

BROAD = 16
"""Standard deviation of the Gaussian that smooths the mean of simulated days, cells."""


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


def _pattern(number: int) -> Callable[[StaticInputs], Tensor]:
    """A pattern of simulated days, as 'pointfuse-train patterns' numbers them; 0 is their mean."""

    def of(layers: StaticInputs) -> Tensor:
        if layers.patterns is None or number >= len(layers.patterns):
            raise InputError(
                f"the static layers hold no pattern {number} of simulated days; add patterns with "
                "'pointfuse-train patterns'"
            )
        return layers.patterns[number]

    return of


def _broad_pattern(layers: StaticInputs) -> Tensor:
    """The mean of simulated days without its cities: real days have it too."""
    mean = _pattern(0)(layers)
    broad = gaussian_filter(mean.cpu().double().numpy(), BROAD, mode="nearest")
    return torch.from_numpy(broad).float()


def _covariate(name: str, scale: float) -> Callable[[StaticInputs], Tensor]:
    """A layer that the process of the samples knows of, over a scale."""
    return lambda layers: torch.from_numpy(covariate_layers(layers)[name]).float() / scale


CHANNELS: dict[str, Callable[[StaticInputs], Tensor]] = {
    "height": lambda layers: layers.height / 2000,
    "water_fraction": lambda layers: layers.water,
    "urban_fraction": lambda layers: layers.urban,
    "cropland_fraction": lambda layers: layers.crop,
    "barren_fraction": lambda layers: layers.barren,
    "forest_fraction": lambda layers: layers.forest,
    "night_lights": lambda layers: brightness(layers.night_lights),
    "ruggedness": lambda layers: ruggedness(layers.height) / RUGGED,
    "broad_height": _covariate("broad_height", 2),
    "broad_ruggedness": _covariate("ruggedness", 2),
    "log_lights": _covariate("lights", 4),
    "broad_lights": _covariate("broad_lights", 4),
    "broad_pattern": _broad_pattern,
    **{f"pattern_{number}": _pattern(number) for number in range(17)},
}
"""How each channel is made from the static layers; all are of order one."""

PAPER_CHANNELS = tuple(CHANNELS)[:6]
"""Channels of the published network."""

DEFAULT_CHANNELS = (*PAPER_CHANNELS, "ruggedness", "broad_height", "broad_ruggedness", "log_lights")
DEFAULT_CHANNELS += ("broad_lights",)
"""Channels of the default network where nothing is known of simulated days. That which is shipped
knows their patterns too."""


def static_channels(layers: StaticInputs, names: Sequence[str]) -> Tensor:
    """Static channels of a network.

    Parameters
    ----------
    layers : StaticInputs
        Static layers of the grid.
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
    return torch.stack([in_bytes(CHANNELS[name](layers)).values() for name in names])


@dataclass(frozen=True)
class ByteLayer:
    """A layer in 255 steps between its lowest and its highest value: (steps - zero) * scale.

    Parameters
    ----------
    steps : Tensor of uint8, shape (rows, columns)
        Steps.
    scale : float
        What a step is worth.
    zero : int
        The step of the value 0.
    """

    steps: Tensor
    scale: float
    zero: int

    def values(self) -> Tensor:
        """The layer, float32."""
        return (self.steps.float() - self.zero) * self.scale


def in_bytes(layer: Tensor) -> ByteLayer:
    """A layer rounded so that a model file holds it in a byte a cell.

    Networks are trained with the rounded layers: what the file holds is what they know. A layer
    that was rounded already comes out as it is.

    Parameters
    ----------
    layer : Tensor, shape (rows, columns)
        Finite values.
    """
    lowest, scale = _lowest_and_scale(layer)
    # The ends of what was rounded already tell its scale but for the last digit.
    for one in (scale, np.nextafter(scale, 0), np.nextafter(scale, 2 * scale)):
        exact = _in_steps(layer, lowest, float(one))
        if torch.equal(exact.values(), layer):
            return exact
    rounded = _in_steps(layer, lowest, float(scale))
    if max(int(rounded.steps.max()), rounded.zero) < 255:
        # Both ends were rounded inwards, which leaves 254 steps: they are made 255.
        lowest, scale = _lowest_and_scale(rounded.values())
        rounded = _in_steps(layer, lowest, float(scale))
    return rounded


def _lowest_and_scale(layer: Tensor) -> tuple[float, np.float32]:
    """The lowest value, 0 among them, and a 255th of the range in the precision of the file."""
    lowest, highest = min(float(layer.min()), 0.0), max(float(layer.max()), 0.0)
    return lowest, np.float32((highest - lowest) / 255) or np.float32(1)


def _in_steps(layer: Tensor, lowest: float, scale: float) -> ByteLayer:
    zero = round(-lowest / scale)
    steps = (layer.double() / scale).round() + zero
    return ByteLayer(steps.clamp(0, 255).to(torch.uint8), scale, zero)


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
