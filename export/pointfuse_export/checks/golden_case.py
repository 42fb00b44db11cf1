"""The golden case of a network: a day with what it must give, for `pointfuse verify`."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from pointfuse.model.metadata import ModelMetadata
from pointfuse.trust.golden_case import GoldenCase, Values
from pointfuse_training import PaperNetwork
from pointfuse_training.network.variants import Network

_STATIONS = 600
_WITH_WEATHER = 150
_EXPECTED_CELLS = 400
_MOST_IN_A_CELL = 4

# Shares of the valid ranges of PM2.5, humidity and wind: 75 ug m-3, 60 % and 3 m s-1.
_MIDDLES = (0.05, 0.6, 0.05)


def golden_case(network: Network, metadata: ModelMetadata) -> GoldenCase:
    """Make the golden case of a network, in double precision and with PyTorch.

    Parameters
    ----------
    network : FusionNetwork or PaperNetwork
        The network, as it was trained.
    metadata : ModelMetadata
        Metadata of its model file.
    """
    rng = np.random.default_rng(0)
    grid = metadata.grid
    cells = rng.permutation(grid.rows * grid.columns)
    # So many on a large grid; a quarter of the cells of a small one.
    stations = cells[: min(_STATIONS, len(cells) // 4)]
    places = stations, stations[:_WITH_WEATHER], stations[:_WITH_WEATHER]
    given = {
        variable.name: _waves(places[i], grid.shape, variable.valid_range, _MIDDLES[i], phase=i)
        for i, variable in enumerate(metadata.variables)
    }
    target = metadata.target.name
    counts = tuple(1 + i % _MOST_IN_A_CELL for i in range(len(stations)))
    given[target] = replace(given[target], stations=counts)
    unfinished = GoldenCase(metadata.weights_sha256, "", given, Values((), (), ()), 0.0)
    field = _field(network, *unfinished.inputs(metadata))
    wanted = np.sort(rng.permutation(cells)[:_EXPECTED_CELLS])
    return GoldenCase(
        weights_sha256=metadata.weights_sha256,
        origin=f"PyTorch in double precision, on a CPU, for {metadata.name} {metadata.version}",
        observations=given,
        expected=_values(wanted, field.ravel()[wanted].round(5), grid.shape),
        mean=round(float(field.mean()), 5),
    )


def _waves(
    cells: NDArray[np.int64],
    shape: tuple[int, int],
    valid_range: tuple[float, float],
    middle: float,
    phase: int,
) -> Values:
    """A smooth field of plausible values at some cells, rounded as stations report."""
    row, column = np.unravel_index(cells, shape)
    wave = np.sin(6 * row / shape[0] + phase) * np.cos(8 * column / shape[1])
    low, high = valid_range
    return _values(cells, (low + middle * (high - low) * (1 + 0.6 * wave)).round(1), shape)


def _values(
    cells: NDArray[np.int64], values: NDArray[np.floating], shape: tuple[int, int]
) -> Values:
    row, column = np.unravel_index(cells, shape)
    return Values(tuple(row.tolist()), tuple(column.tolist()), tuple(values.tolist()))


def _field(
    network: Network, observations: NDArray[np.float32], observed: NDArray[np.float32]
) -> NDArray[np.float64]:
    exact = copy.deepcopy(network).eval().double()
    with torch.no_grad():
        given = exact(torch.from_numpy(observations).double(), torch.from_numpy(observed).double())
    field = given if isinstance(network, PaperNetwork) else given[0]
    result: NDArray[np.float64] = field[0, 0].numpy()
    return result
