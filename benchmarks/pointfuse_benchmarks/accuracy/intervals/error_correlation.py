"""How errors at withheld stations go together: the `error_correlation` of a model file.

    python -m pointfuse_benchmarks.accuracy.intervals.error_correlation
    python -m pointfuse_benchmarks.accuracy.intervals.error_correlation --anywhere

needs the real data (POINTFUSE_REAL_DATA). Cities are withheld on days that are at least three days
away from those that are scored (every 8th of the even weeks of 2019), and a random half of the
cities is looked at. Length and own share are those under which the errors of a day are most likely,
given where the other stations were; times are fitted to the errors of a station on two days.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property

import click
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares, minimize
from scipy.spatial.distance import cdist
from scipy.special import expit, ndtri

from pointfuse import POLLUTANTS, Domain, Observations, check_days, read_stations
from pointfuse.fields.timed_fields import DEVIATION
from pointfuse.model.error_correlation import ErrorCorrelation
from pointfuse.model.loading import Model, load_model
from pointfuse.stations.readers.station_list import read_station_list
from pointfuse.trust.crossval import CrossValidation, cross_validate
from pointfuse_benchmarks.accuracy.pollutant_scores import EVERY, FOLDS
from pointfuse_benchmarks.measuring.machine import REAL_DATA
from pointfuse_training.processes.unscored import stations_in_half_of_cities, unscored_days

Array = NDArray[np.float64]

APART, LAST, HALF = 3, np.datetime64("2019-12-01"), 7
"""As models/train.mk: days from a scored one, the day before which all is, seed of the half."""

ONE_IN = 8
"""Of the days, for the likelihood, which is slow."""

_CNEMC = REAL_DATA / "cnemc"
STATION_LIST = _CNEMC / "station_list.csv"


@dataclass(frozen=True)
class WithheldErrors:
    """Errors at withheld stations as normal numbers.

    Parameters
    ----------
    times : ndarray of datetime64[D], shape (day,)
        Days.
    errors : ndarray, shape (day, station)
        What a normal number is that is as likely as the error; NaN where nothing was withheld.
    places : ndarray, shape (station, 3)
        Where the stations are, in space, km.
    fold : ndarray of int, shape (station,)
        Stations that are withheld together.
    looked_at : ndarray of bool, shape (station,)
        Stations whose errors count.
    """

    times: NDArray[np.datetime64]
    errors: Array
    places: Array
    fold: NDArray[np.int64]
    looked_at: NDArray[np.bool_]

    @cached_property
    def distance(self) -> Array:
        """Distances between stations, km."""
        found: Array = cdist(self.places, self.places)
        return found


@click.command()
@click.option("--variable", "variables", multiple=True, type=click.Choice([*POLLUTANTS]))
@click.option("--anywhere", is_flag=True, help="Of the models of any place.")
def main(variables: tuple[str, ...], anywhere: bool) -> None:
    """Print the entry of each model's description."""
    for variable in variables or POLLUTANTS:
        model = load_model(variable=variable, threads=1)
        if anywhere:
            domain = Domain("China", model.metadata.grid)
            model = load_model(variable=variable, domain=domain, threads=1)
        found = correlation_of(errors_of(cities_withheld(unscored(model), model)))
        click.echo(
            f"# {variable}\n[error_correlation]\nlength = {found.length:g}\nown = {found.own:g}\n"
            f"hours = {list(found.hours)}\npassing = {list(found.passing)}"
        )


def unscored(model: Model) -> Observations:
    """Days for fits, after quality control."""
    variable = model.metadata.target.name
    year = year_of(variable)
    chosen = np.flatnonzero(unscored_days(year.times, EVERY, APART) & (year.times < LAST))
    # Two days, mostly neighbours, of four.
    chosen = chosen[np.arange(len(chosen)) % 4 < 2]
    return check_days(year.at_times(chosen), model).of_variables([variable])


def year_of(variable: str) -> Observations:
    """The days of the even weeks of 2019, with what checks of the variable need."""
    return read_stations(
        _CNEMC / "pollutants_daily_2019_even_weeks.csv.gz",
        stations=STATION_LIST,
        variables=[variable, *(["pm25"] if variable == "pm10" else [])],
    )


def cities_withheld(days: Observations, model: Model) -> CrossValidation:
    """Predictions at cities that are left out, with a bar of progress."""
    cities = read_station_list(STATION_LIST).cities
    label = f"{model.metadata.name} {model.metadata.target.name}"
    with click.progressbar(length=len(days.times), label=label, file=sys.stderr) as bar:
        return cross_validate(
            days, model, scheme="cities", folds=FOLDS, cities=cities, advance=bar.update
        )


def normal_scores(result: CrossValidation) -> Array:
    """Errors as normal numbers: a logistic error at the same quantile of a normal distribution."""
    assert result.uncertainty is not None
    scales = DEVIATION * (result.observed - result.predicted) / result.uncertainty
    scores: Array = ndtri(expit(scales))
    return scores


def errors_of(result: CrossValidation) -> WithheldErrors:
    """Errors at the stations of half of the cities."""
    stations = result.placed.observations.stations
    half = stations_in_half_of_cities(read_station_list(STATION_LIST), HALF)
    grid = result.placed.metadata.grid
    return WithheldErrors(
        result.placed.observations.times,
        normal_scores(result),
        grid.in_space(stations.longitude, stations.latitude).T / 1000,
        result.fold,
        np.isin(stations.code, half),
    )


def correlation_of(errors: WithheldErrors) -> ErrorCorrelation:
    """What makes the errors likely, rounded to what their number tells."""
    length, own = _in_space(errors)
    hours, passing = _in_time(errors)
    return ErrorCorrelation(
        float(f"{length:.2g}"),
        round(own, 2),
        tuple(float(f"{each:.2g}") for each in hours),
        tuple(round(float(share), 2) for share in passing),
    )


def _in_space(errors: WithheldErrors) -> tuple[float, float]:
    """Length and own share; a size of all errors is fitted with them, and forgotten."""
    days = range(ONE_IN // 2, len(errors.times), ONE_IN)

    def unlikeliness(numbers: Array) -> float:
        length, odds, size = np.exp(numbers)
        found = ErrorCorrelation(float(length), float(odds / (1 + odds)), (), ())
        terms = [_of_fold(errors, found, size, day, fold) for day in days for fold in range(FOLDS)]
        return float(sum(terms))

    start = np.log([100.0, 0.25, 1.0])
    simplex = start + 0.3 * np.vstack([np.zeros(3), np.eye(3)])
    options = {"xatol": 0.02, "fatol": 0.1, "initial_simplex": simplex}
    fit = minimize(unlikeliness, start, method="Nelder-Mead", options=options)
    length, odds, _ = np.exp(fit.x)
    return float(length), float(odds / (1 + odds))


def _of_fold(
    errors: WithheldErrors, found: ErrorCorrelation, size: float, day: int, fold: int
) -> float:
    """Minus the logarithm of the likelihood of a fold's errors on a day."""
    observed = np.isfinite(errors.errors[day])
    withheld = np.flatnonzero(observed & (errors.fold == fold) & errors.looked_at)
    left = np.flatnonzero(observed & (errors.fold != fold))

    def between(some: NDArray[np.intp], others: NDArray[np.intp]) -> Array:
        return found.between(errors.distance[np.ix_(some, others)]).astype(np.float64)

    of_left = between(left, left) + found.own * np.eye(len(left))
    across = between(left, withheld)
    covariance = between(withheld, withheld) + found.own * np.eye(len(withheld))
    covariance -= across.T @ np.linalg.solve(of_left, across)
    deviation = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(deviation, deviation)
    scores = errors.errors[day, withheld] / size
    _, logarithm = np.linalg.slogdet(correlation)
    squares = scores @ np.linalg.solve(correlation, scores)
    return float((logarithm + squares) / 2 + len(scores) * np.log(size))


def _in_time(errors: WithheldErrors) -> tuple[Array, Array]:
    """Times and shares of two parts that pass, from the errors of a station on two days."""
    table = np.where(errors.looked_at, errors.errors, np.nan)
    known = np.isfinite(table)
    table = np.where(known, table, 0.0)
    products, pairs = table @ table.T, known.astype(float) @ known.T
    later = np.triu_indices(len(table), 1)
    hours = 24.0 * (errors.times[later[1]] - errors.times[later[0]]).astype(float)
    variance = np.trace(products) / np.trace(pairs)
    correlation = products[later] / np.maximum(pairs[later], 1) / variance

    def misfit(numbers: Array) -> Array:
        soon, late, of_soon, of_rest = numbers
        rest = of_rest * np.exp(-hours / late) + 1 - of_rest
        told = of_soon * np.exp(-hours / soon) + (1 - of_soon) * rest
        difference: Array = np.sqrt(pairs[later]) * (correlation - told)
        return difference

    bounds = [6.0, 100.0, 0.0, 0.0], [100.0, 3000.0, 1.0, 1.0]
    soon, late, of_soon, of_rest = least_squares(misfit, [24.0, 800.0, 0.5, 0.5], bounds=bounds).x
    return np.array([soon, late]), np.array([of_soon, (1 - of_soon) * of_rest])


if __name__ == "__main__":
    main()
