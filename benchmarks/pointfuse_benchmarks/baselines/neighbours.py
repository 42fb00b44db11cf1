"""Baselines that average the stations nearby: nearest, inverse distance, Voronoi neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay, KDTree, QhullError

from pointfuse.stations.gridding import PlacedObservations
from pointfuse_benchmarks.baselines.places import in_plane, values_of

Array = NDArray[np.float64]

POWER, NEIGHBOURS = 1.5, 24
"""Inverse distance: tuned on days that none of our tables is scored on."""

VORONOI_POWER, VORONOI_CANDIDATES = 2.0, 30
"""Voronoi neighbour averaging as the United States' AirFuse has it."""

_NEAR = 1e-6
"""Distances below a millimetre (km) count as one, so that no weight is infinite."""


def nearest(known: PlacedObservations, longitude: Array, latitude: Array) -> Array:
    """Value of the nearest station; a `pointfuse.trust.baselines.Baseline`."""
    _, station, values = _stations_nearby(known, longitude, latitude, 1)
    return values[station[:, 0]]


def inverse_distance(known: PlacedObservations, longitude: Array, latitude: Array) -> Array:
    """Mean of the 24 nearest stations, weighted by distance ** -1.5; a `Baseline`."""
    distance, station, values = _stations_nearby(known, longitude, latitude, NEIGHBOURS)
    return np.average(values[station], axis=1, weights=distance**-POWER)


def voronoi(known: PlacedObservations, longitude: Array, latitude: Array) -> Array:
    """Mean of the Voronoi neighbours, weighted by distance ** -2; a `Baseline`.

    The neighbours of a point are the stations whose Voronoi cells would touch its own, were it a
    station too, looked for among the 30 nearest.

    References
    ----------
    Gold et al.: BenMAP's Voronoi neighbour averaging; AirFuse, https://github.com/barronh/airfuse,
    through nna_methods 0.6.0.
    """
    distance, station, values = _stations_nearby(known, longitude, latitude, VORONOI_CANDIDATES)
    grid = known.metadata.grid
    stations = values_of(known)[0].observations.stations
    xy = in_plane(grid, stations.longitude, stations.latitude)
    weights = distance**-VORONOI_POWER
    for row, point in enumerate(in_plane(grid, longitude, latitude)):
        weights[row, ~_touching(xy[station[row]], point)] = 0.0
    return np.average(values[station], axis=1, weights=weights)


def _touching(candidates: Array, point: Array) -> NDArray[np.bool_]:
    """Which of the candidates, nearest first, share an edge of the Delaunay triangles with a point.

    The nearest of all shares one always, and is all there is where the candidates make no triangle.
    """
    touching = np.zeros(len(candidates), bool)
    touching[0] = True
    try:
        begin, neighbours = Delaunay(np.vstack([candidates, point])).vertex_neighbor_vertices
    except QhullError:
        return touching
    last = len(candidates)
    touching[neighbours[begin[last] : begin[last + 1]]] = True
    return touching


def _stations_nearby(
    known: PlacedObservations, longitude: Array, latitude: Array, count: int
) -> tuple[Array, NDArray[np.intp], Array]:
    """The nearest stations of each point, nearest first.

    Returns
    -------
    distance : ndarray of float64, shape (point, neighbour)
        km.
    station : ndarray of int, shape (point, neighbour)
        Positions in `values`.
    values : ndarray of float64, shape (station,)
        What the stations measured.
    """
    with_values, values = values_of(known)
    stations, grid = with_values.observations.stations, known.metadata.grid
    tree = KDTree(in_plane(grid, stations.longitude, stations.latitude))
    neighbours = np.arange(1, min(count, len(values)) + 1)
    distance, station = tree.query(in_plane(grid, longitude, latitude), neighbours)
    return np.maximum(distance, _NEAR), station, values
