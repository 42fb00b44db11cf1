"""Estimates from gridded stations: the network's field, and the Gaussian process beside it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pointfuse.model.loading import Model
from pointfuse.stations.gridding import PlacedObservations, grid_days, station_distance


class Estimates(NamedTuple):
    """Estimates of the fused variable; all arrays have the shape (day, cell).

    Parameters
    ----------
    values : ndarray of float32
        The variable in the units of the model.
    network : ndarray of float32
        What the network alone gives for it.
    uncertainty : ndarray of float32
        Standard deviation of the difference to what a station in the cell would measure, same
        units; NaN where it is not known.
    effective_stations : ndarray of float32
        Number of stations in the cell itself that would tell as much; NaN where it is not known.
    station_distance : ndarray of float32
        Distance from the cell centre to the nearest cell with a station, m.
    station_count : ndarray of int16
        Stations of the fused variable in the cell.
    """

    values: NDArray[np.float32]
    network: NDArray[np.float32]
    uncertainty: NDArray[np.float32]
    effective_stations: NDArray[np.float32]
    station_distance: NDArray[np.float32]
    station_count: NDArray[np.int16]


def estimate(
    placed: PlacedObservations, model: Model, cells: NDArray[np.int64] | None = None
) -> Estimates:
    """Estimate complete fields, or some cells of them.

    Where the model brings a Gaussian process, its field and the network's are averaged, with
    weights that depend on the distance to the nearest station.

    Parameters
    ----------
    placed : PlacedObservations
        Stations on the grid of the model; each day has an observation of the fused variable.
    model : Model
        The model.
    cells : ndarray of int64, shape (cell,), optional
        ``row * columns + column`` of the cells wanted; all by default.
    """
    grid, gridded = model.metadata.grid, grid_days(placed)
    days = len(gridded.observations)
    wanted: slice | NDArray[np.int64] = slice(None) if cells is None else cells
    output = model.run(gridded.observations, gridded.observed)
    network = output.field.reshape(days, -1)[:, wanted]
    occupied = gridded.station_count > 0
    distance = np.stack([station_distance(day, grid).ravel()[wanted] for day in occupied])
    unknown = np.full_like(network, np.nan)
    count = gridded.station_count.reshape(days, -1)[:, wanted]
    estimates = Estimates(network.copy(), network, unknown, unknown.copy(), distance, count)
    settings = model.metadata.gaussian_process
    if settings is None:
        if output.scale is not None:
            # The standard deviation of a Laplace distribution of that scale.
            estimates.uncertainty[:] = np.sqrt(2) * output.scale.reshape(days, -1)[:, wanted]
        return estimates
    process = model.gaussian_process
    weight = settings.weight_at(distance)
    for day, values in enumerate(placed.observations.values[model.metadata.target.name]):
        known = np.isfinite(values)
        conditioned = process.condition(placed.interpolation[known], values[known], model.threads)
        prediction = conditioned.predict(cells, model.threads)
        own = weight[day]
        estimates.values[day] = own * network[day] + (1 - own) * prediction.mean
        estimates.uncertainty[day] = settings.inflation * prediction.standard_error
        estimates.effective_stations[day] = prediction.effective_stations
    return estimates
