"""What the file of any place computes: the same as PyTorch, on domains of many kinds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from pointfuse.domains.extents import extent_around
from pointfuse.domains.new_domain import new_domain
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.loading import Model
from pointfuse.model.metadata import ModelMetadata
from pointfuse.trust.golden_case import GoldenCase, Values
from pointfuse_export.errors import VerificationError
from pointfuse_training.fitting.world_days import layers_of
from pointfuse_training.network.anywhere.world_network import WorldNetwork

TOLERANCE = 2e-3
"""Largest difference between two computations of a field, as a share of its highest value: in
single precision, the inverse of the covariances of crowded stations has three digits."""

_STATIONS, _EXPECTED_CELLS = 150, 300


class Place(NamedTuple):
    """A domain to check on.

    Attributes
    ----------
    name : str
        What is special about it.
    longitude, latitude, size, cell : float
        Middle, degrees; edge and cell, km.
    stations : int
        Cells with stations.
    """

    name: str
    longitude: float
    latitude: float
    size: float
    cell: float
    stations: int


PLACES = (
    Place("a country", 10, 51, 900, 12, 60),
    Place("one station", -71, -33, 600, 12, 1),
    Place("the date line", 179, -17, 900, 10, 30),
    Place("a pole", 20, 88, 1500, 20, 40),
    Place("the equator", 36, 0, 1200, 15, 200),
    Place("many stations", 116, 33, 900, 12, 2500),
    Place("a continent", 12, 50, 5400, 36, 900),
)


def check_world(content: bytes, metadata: ModelMetadata, network: WorldNetwork) -> float:
    """Make sure that a file gives what the network does, wherever it is.

    Returns
    -------
    float
        Largest difference, as a share of the highest value.

    Raises
    ------
    VerificationError
        If it gives something else, or a value that cannot be.
    """
    model, worst = Model(content, metadata, "", threads=1), 0.0
    for place in PLACES:
        extent = extent_around(place.longitude, place.latitude, place.size)
        grid = new_domain(extent, cell_size=1000 * place.cell).grid
        observations, observed = some_stations(grid, place.stations)
        field, scale = model.on(grid).run(observations, observed)
        assert scale is not None
        expected = fields_of(network, grid, observations, observed)
        for found, right in zip((field, scale), expected, strict=True):
            apart = float(np.abs(found - right).max() / np.abs(right).max())
            if not apart <= TOLERANCE:
                raise VerificationError(
                    f"the model differs from PyTorch by {apart:.2g} of the highest value in "
                    f"{place.name}; expected at most {TOLERANCE:g}"
                )
            worst = max(worst, apart)
    return worst


def some_stations(grid: Grid, count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A smooth day at random cells, some with several stations: as a model takes it."""
    random = np.random.default_rng(count)
    cells = random.permutation(grid.rows * grid.columns)[:count]
    row, column = np.divmod(cells, grid.columns)
    value = 40 + 25 * np.sin(6 * row / grid.rows) * np.cos(8 * column / grid.columns)
    observations = np.zeros((1, 1, *grid.shape), np.float32)
    observed = np.zeros_like(observations)
    observations[0, 0, row, column] = value + random.normal(0, 5, len(cells))
    observed[0, 0, row, column] = 1 + random.integers(0, 3, len(cells))
    return observations, observed


def fields_of(
    network: WorldNetwork,
    grid: Grid,
    observations: NDArray[np.float32],
    observed: NDArray[np.float32],
) -> tuple[NDArray[np.float64], ...]:
    """Field and scale in double precision, shape (time, row, column)."""
    exact = WorldNetwork(network.target).double()
    exact.load_state_dict(network.state_dict())
    static = layers_of(grid).reshape(-1, *grid.shape)
    given = (torch.from_numpy(array).double() for array in (observations, observed))
    with torch.no_grad():
        field, scale = exact(*given, static)
    return field[:, 0].numpy(), scale[:, 0].numpy()


def world_golden_case(network: WorldNetwork, metadata: ModelMetadata) -> GoldenCase:
    """The golden case of a file: a domain in Europe, with what it must give."""
    grid = new_domain(extent_around(10, 51, 800), cell_size=10_000.0).grid
    observations, observed = some_stations(grid, _STATIONS)
    row, column = np.nonzero(observed[0, 0])
    observations = observations.round(1)
    given = Values(
        tuple(row.tolist()),
        tuple(column.tolist()),
        tuple(observations[0, 0, row, column].astype(float).round(1).tolist()),
        tuple(observed[0, 0, row, column].astype(int).tolist()),
    )
    field, _ = fields_of(network, grid, observations, observed)
    cells = np.random.default_rng(0).permutation(field[0].size)[:_EXPECTED_CELLS]
    at = np.divmod(np.sort(cells), grid.columns)
    values = tuple(field[0][at].round(5).tolist())
    expected = Values(tuple(at[0].tolist()), tuple(at[1].tolist()), values)
    return GoldenCase(
        metadata.weights_sha256,
        f"PyTorch in double precision, on a CPU, for {metadata.name} {metadata.version}",
        {network.target: given},
        expected,
        round(float(field.mean()), 5),
        grid,
    )
