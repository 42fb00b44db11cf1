"""The distribution of processes and days, from the stations of some days."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from pointfuse.errors import InputError
from pointfuse_training.processes.distribution import ProcessDistribution, TrendLayer
from pointfuse_training.processes.station_days import StationDay
from pointfuse_training.processes.terrain_process import (
    TERRAIN_AND_LAND,
    ConditionedProcess,
    TerrainProcess,
)

Array = NDArray[np.float64]

MOST_STATIONS = 800
"""Of a day, that the parameters are fitted to: the time goes with the cube of their number."""

MOST_STEPS = 40
"""Of the fit to all days together."""

_WEAK = 0.5
"""Standard deviation of the logarithms of a day's own parameters before its stations are seen."""

_FARTHEST = 3.0
"""Bound of the logarithms: a scale that does not matter would go on to infinity."""

_DIFFERENCE = 1e-5
"""Step of the logarithms for derivatives: the likelihood has ten more digits than it needs."""


def fit_distribution(
    days: Sequence[StationDay],
    provenance: Mapping[str, Any],
    *,
    target: str = "pm25",
    start: TerrainProcess = TERRAIN_AND_LAND,
    on_step: Callable[[int], None] = lambda steps: None,
) -> ProcessDistribution:
    """Fit the parameters to all days together, their spread to each day alone, and the days.

    Parameters
    ----------
    days : sequence of StationDay
        The days.
    provenance : mapping
        Where they come from.
    target : str
        Name of the pollutant.
    start : TerrainProcess
        Its layers are those of the process, and its parameters where the search begins.
    on_step : callable
        Told of steps; there are `MOST_STEPS` and one more a day.

    Raises
    ------
    InputError
        If there are too few days, or nothing can be told from one of them.
    """
    fewest = 2 + len(start.trend) + 1
    if len(days) < fewest:
        raise InputError(
            f"expected at least {fewest} days with enough stations, got {len(days)}; give more "
            "days, or leave fewer of them out"
        )
    trend = trend_layers(days, start.trend)
    for day in days:
        # What a fit could not cope with is found before it takes its time.
        _day_vector(day.under(start), trend)
    random = np.random.default_rng(0)
    some = [day.at(random.permutation(len(day.values))[:MOST_STATIONS]) for day in days]
    process = fit_process(some, start, on_step)
    own = []
    for day in some:
        own.append(_own_parameters(day, process))
        on_step(1)
    vectors = np.array([_day_vector(day.under(process), trend) for day in days])
    return ProcessDistribution(
        process,
        dict(zip(process.parameters, np.std(own, axis=0, ddof=1).tolist(), strict=True)),
        trend,
        vectors.mean(axis=0),
        np.cov(vectors, rowvar=False),
        provenance,
        target,
    )


def fit_process(
    days: Sequence[StationDay],
    start: TerrainProcess,
    on_step: Callable[[int], None] = lambda steps: None,
) -> TerrainProcess:
    """The process under which all days together are most likely.

    Parameters
    ----------
    days : sequence of StationDay
        The days; each has its own sill and trend.
    start : TerrainProcess
        Where the search begins.
    on_step : callable
        Told of steps; there are `MOST_STEPS`.
    """

    def unlikely(logarithms: Array) -> float:
        process = start.varied(logarithms)
        return -sum(day.under(process).log_likelihood() for day in days)

    taken = []

    def step(_: Array) -> None:
        taken.append(1)
        on_step(1)

    found = _least(unlikely, len(start.parameters), step)
    on_step(MOST_STEPS - len(taken))
    return start.varied(found)


def _own_parameters(day: StationDay, process: TerrainProcess) -> Array:
    """Most likely logarithms of the factors of a day's own parameters, shape (2 + scale,).

    With few stations and many parameters some say next to nothing; these stay near 0.
    """

    def unlikely(logarithms: Array) -> float:
        prior = float(logarithms @ logarithms) / (2 * _WEAK**2)
        return prior - day.under(process.varied(logarithms)).log_likelihood()

    return _least(unlikely, len(process.parameters))


def _least(
    function: Callable[[Array], float], size: int, on_step: Callable[[Array], None] | None = None
) -> Array:
    """Where a function of logarithms is least, from 0 on."""
    result = minimize(
        function,
        np.zeros(size),
        method="L-BFGS-B",
        bounds=[(-_FARTHEST, _FARTHEST)] * size,
        callback=on_step,
        options={"maxiter": MOST_STEPS, "eps": _DIFFERENCE},
    )
    least: Array = result.x
    return least


def trend_layers(days: Sequence[StationDay], names: Sequence[str]) -> dict[str, TrendLayer]:
    """Mean and range of layers over the stations of all days."""
    layers = {name: np.concatenate([day.layers[name] for day in days]) for name in names}
    return {
        name: TrendLayer(float(layer.mean()), float(layer.min()), float(layer.max()))
        for name, layer in layers.items()
    }


def _day_vector(fitted: ConditionedProcess, trend: Mapping[str, TrendLayer]) -> Array:
    """What a day has to itself, as `ProcessDistribution.day_mean`."""
    constant, coefficients = fitted.coefficients[0], fitted.coefficients[1:]
    level = constant + coefficients @ [layer.centre for layer in trend.values()]
    if not (level > 0 and fitted.sill > 0):
        raise InputError(
            "expected stations with different values, and a mean above 0 where the layers have "
            f"theirs, got the mean {level:g} and the variance {fitted.sill:g} on one of the days; "
            "leave out days on which next to nothing was measured"
        )
    return np.array([np.log(level), np.log(fitted.sill / level**2), *(coefficients / level)])
