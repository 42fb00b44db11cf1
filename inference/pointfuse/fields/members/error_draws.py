"""Errors that are drawn given where the stations are, time after time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.fields.members.waves import WAVES, Waves
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.error_correlation import ErrorCorrelation

Floats = NDArray[np.float32]
Coordinates = NDArray[np.float64]

_AT_ONCE = 4096
"""Places whose distances from all stations are in memory at the same time."""

_LEAST_NOISE = 1e-4
"""Share of the variance that is each station's own, at least, so that kriging can be solved."""


class ErrorDraws:
    """Draws errors of a field at places, in standard uncertainties, one time after the other.

    Errors are drawn as if there were no stations, and what the stations say of each draw is taken
    off by kriging: what is left goes together as errors between stations do (Journel and
    Huijbregts, Mining Geostatistics, 1978, chapter VII). Over the members each place then has a
    mean of 0 and a standard deviation of 1, which the uncertainty of the field makes its own.

    Parameters
    ----------
    correlation : ErrorCorrelation
        How errors go together.
    grid : Grid
        Grid of the field.
    longitude, latitude : ndarray of float64, shape (place,)
        Where errors are drawn, degrees.
    members : int
        Number of draws, at least 2.
    seed : int
        Seed of the random numbers: the same gives the same errors.
    """

    def __init__(
        self,
        correlation: ErrorCorrelation,
        grid: Grid,
        longitude: NDArray[np.float64],
        latitude: NDArray[np.float64],
        members: int,
        seed: int,
    ) -> None:
        self._correlation, self._grid = correlation, grid
        self._random = np.random.default_rng(seed)
        self._places = _kilometres(grid, longitude, latitude)
        self._waves = Waves(correlation.length, members, self._random)
        self._time = np.datetime64("NaT", "h")
        self._weights = _Numbers(correlation, members, self._random)
        self._weights.grow(2 * WAVES)
        self._own = _Numbers(correlation, members, self._random)
        self._own.grow(len(longitude))
        self._station_cells = np.zeros(0, np.int64)
        self._of_stations = _Numbers(correlation, members, self._random)

    def at(self, time: np.datetime64, station_count: NDArray[np.integer[Any]]) -> Floats:
        """Errors of all members at a time, which is later than the one before.

        Parameters
        ----------
        time : datetime64
            When: a day or an hour.
        station_count : ndarray of int, shape (row, column)
            Stations in each cell, whose mean was used.

        Returns
        -------
        ndarray of float32, shape (place, member)
        """
        own, together = _root(self._correlation.own), _root(1 - self._correlation.own)
        cells = np.flatnonzero(station_count)
        numbers = station_count.ravel()[cells]
        self._pass_on_to(time, cells)
        weights = together * self._weights.now()  # of the waves
        stations = _kilometres(self._grid, *self._grid.centres(cells))
        seen = self._waves.sums(stations, weights)
        of_stations = self._of_stations.now()[np.searchsorted(self._station_cells, cells)]
        seen += own / np.sqrt(numbers, dtype=np.float32)[:, None] * of_stations
        told = self._weighed(stations, numbers, seen)
        errors = own * self._own.now()
        errors += self._waves.sums(self._places, weights)
        for first in range(0, len(errors), _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            distances = _distances(self._places[part], stations)
            errors[part] -= self._correlation.between(distances) @ told
        return _standardised(errors)

    def _pass_on_to(self, time: np.datetime64, cells: NDArray[np.int64]) -> None:
        """Let the time pass; cells with a first station get numbers for it."""
        if not np.isnat(self._time):
            passed = (time.astype("datetime64[h]") - self._time).astype(np.int64)
            for numbers in (self._weights, self._own, self._of_stations):
                numbers.forget(float(passed))
        self._time = time.astype("datetime64[h]")
        new = np.setdiff1d(cells, self._station_cells)
        self._of_stations.grow(len(new), np.searchsorted(self._station_cells, new))
        self._station_cells = np.union1d(self._station_cells, new)

    def _weighed(self, stations: Floats, numbers: NDArray[np.integer[Any]], seen: Floats) -> Floats:
        """What stations have seen, as kriging weighs it; shape (cell, member)."""
        noise = np.maximum(self._correlation.own, _LEAST_NOISE) / numbers
        between = self._correlation.between(_distances(stations, stations).astype(np.float64))
        told: Floats = np.linalg.solve(between + np.diag(noise), seen).astype(np.float32)
        return told


class _Numbers:
    """Rows of normal numbers of which parts are forgotten sooner or later, and one lasts."""

    def __init__(
        self, correlation: ErrorCorrelation, members: int, random: np.random.Generator
    ) -> None:
        # What lasts is forgotten after endless time.
        self._hours = (*correlation.hours, math.inf)
        self._sizes = [_root(share) for share in (*correlation.passing, correlation.lasting)]
        self._parts = [np.zeros((0, members), np.float32) for _ in self._hours]
        self._random = random

    def grow(self, rows: int, before: NDArray[np.int64] | int = 0) -> None:
        """Draw rows more, which stand before some of those that are there."""
        for part, numbers in enumerate(self._parts):
            new = self._random.standard_normal((rows, numbers.shape[1]), np.float32)
            where = np.broadcast_to(before, rows)
            self._parts[part] = np.insert(numbers, where, new, axis=0)

    def forget(self, hours: float) -> None:
        """Let so many hours pass."""
        for length, numbers in zip(self._hours, self._parts, strict=True):
            kept = math.exp(-hours / length)
            if kept < 1:
                numbers *= np.float32(kept)
                new = self._random.standard_normal(numbers.shape, np.float32)
                numbers += _root(1 - kept**2) * new

    def now(self) -> Floats:
        """The numbers: normal, with a standard deviation of 1."""
        total = np.zeros_like(self._parts[0])
        for size, numbers in zip(self._sizes, self._parts, strict=True):
            total += size * numbers
        return total


def _root(number: float) -> np.float32:
    return np.float32(math.sqrt(number))


def _kilometres(grid: Grid, longitude: Coordinates, latitude: Coordinates) -> Floats:
    """Where places are in space, km, shape (place, 3)."""
    # Around the middle of the grid single precision is good to metres.
    places: Floats = (grid.in_space(longitude, latitude).T / 1000).astype(np.float32)
    return places


def _distances(places: Floats, others: Floats) -> Floats:
    """Distances in space, shape (place, other)."""
    square = (places**2).sum(1)[:, None] + (others**2).sum(1) - 2 * places @ others.T
    distances: Floats = np.sqrt(np.maximum(square, 0))
    return distances


def _standardised(errors: Floats) -> Floats:
    """Errors with a mean of 0 and a standard deviation of 1 over the members."""
    errors -= errors.mean(axis=1, keepdims=True)
    errors /= errors.std(axis=1, keepdims=True, ddof=1)
    return errors
