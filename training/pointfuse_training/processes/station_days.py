"""Days of stations, as a process takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pointfuse.stations.gridding import PlacedObservations
from pointfuse_training.network.concentration_scale import unit_of
from pointfuse_training.processes.covariates import covariate_layers
from pointfuse_training.processes.terrain_process import ConditionedProcess, TerrainProcess
from pointfuse_training.simulation.static_inputs import StaticInputs

Array = NDArray[np.float64]


@dataclass(frozen=True)
class StationDay:
    """The stations of a day.

    Parameters
    ----------
    xy : ndarray of float64, shape (station, 2)
        Places in the plane, km.
    layers : mapping of str to ndarray of float64, shape (station,)
        Derived layers there.
    values : ndarray of float64, shape (station,)
        Concentrations, in the unit of the pollutant (`unit_of`).
    """

    xy: Array
    layers: Mapping[str, Array]
    values: Array

    def at(self, stations: NDArray[np.generic]) -> StationDay:
        """The same day at some of the stations, by a mask or their numbers."""
        layers = {name: layer[stations] for name, layer in self.layers.items()}
        return StationDay(self.xy[stations], layers, self.values[stations])

    def under(self, process: TerrainProcess) -> ConditionedProcess:
        """What the stations say under a process."""
        return process.conditioned(self.xy, self.layers, self.values)


def station_days(placed: PlacedObservations, static: StaticInputs) -> list[StationDay]:
    """Each day with the stations that have a value of the fused variable.

    Parameters
    ----------
    placed : PlacedObservations
        Daily means at stations.
    static : StaticInputs
        Static layers of their grid; a station has those of its cell.
    """
    grid, where = placed.metadata.grid, placed.observations.stations
    xy = np.stack(grid.projection.forward(where.longitude, where.latitude), axis=-1) / 1000
    layers = {name: each.ravel()[placed.cell] for name, each in covariate_layers(static).items()}
    target = placed.metadata.target.name
    return [
        StationDay(xy, layers, values / unit_of(target)).at(np.isfinite(values))
        for values in placed.observations.values.get(target, ())
    ]
