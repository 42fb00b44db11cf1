"""Kriging and a Gaussian process of terrain and land for each pollutant.

    python -m pointfuse_benchmarks.baselines.pollutants

finds the parameters of the process again, on four days of 2019 that nothing is scored on, as far
from those that are as can be.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace

import click
import numpy as np
from numpy.typing import NDArray

from pointfuse import POLLUTANTS, Model, check_days, place, read_model_file, read_stations
from pointfuse.stations.gridding import PlacedObservations
from pointfuse.stations.readers.station_list import read_station_list
from pointfuse.trust.crossval import Scheme, assign_folds
from pointfuse_benchmarks.baselines.gaussian_process import GP_C, GaussianProcess
from pointfuse_benchmarks.measuring.machine import REAL_DATA, machine
from pointfuse_training.network.concentration_scale import unit_of

Array = NDArray[np.float64]

_TRIED = tuple(itertools.product((0.35, 0.5, 0.7, 1.0, 1.4), (0.03, 0.06, 0.1, 0.15, 0.25, 0.4)))
"""Factors of all lengths of `GP_C`, and nuggets."""

_SCHEMES: tuple[Scheme, ...] = ("stations", "cities")
_FOLDS_A_DAY = 3

DAYS = slice(4, None, 48)
"""Days that are looked at, of the even weeks; every eighth, from the first, is scored."""

FOUND: dict[str, tuple[float, float]] = {
    "pm25": (0.7, 0.03),
    "pm10": (0.7, 0.03),
    "so2": (0.35, 0.25),
    "no2": (1.4, 0.03),
    "co": (0.35, 0.1),
    "o3": (1.0, 0.06),
    "o3_mda8": (0.35, 0.15),
}
"""Factor and nugget of each pollutant, as the command finds them."""


@dataclass(frozen=True)
class InUnits:
    """A process of a pollutant on the scale of its unit; a `Baseline`.

    Parameters
    ----------
    process : GaussianProcess
        On square roots of numbers of units.
    unit : float
        The unit, in that of the observations.
    """

    process: GaussianProcess
    unit: float

    def __call__(self, known: PlacedObservations, longitude: Array, latitude: Array) -> Array:
        """Expected concentrations, in the unit of the observations."""
        name = known.metadata.target.name
        scaled = {name: known.observations.values[name] / self.unit}
        of_units = replace(known, observations=replace(known.observations, values=scaled))
        return self.unit * self.process(of_units, longitude, latitude)


def baselines_of(variable: str) -> dict[str, InUnits]:
    """Kriging on square roots, and the process of terrain and land, for a pollutant."""
    return {
        "kriging": InUnits(
            GaussianProcess(length=300.0, nugget=0.15, square_root=True), unit_of(variable)
        ),
        "gp": InUnits(varied(*FOUND[variable]), unit_of(variable)),
    }


def varied(factor: float, nugget: float) -> GaussianProcess:
    """`GP_C` with all lengths longer by a factor, and another nugget."""
    return GaussianProcess(
        length=factor * GP_C.length,
        nugget=nugget,
        scales={name: factor * scale for name, scale in GP_C.scales.items()},
        trend=GP_C.trend,
        square_root=True,
    )


@click.command()
@click.option("--variable", "variables", multiple=True, default=[*POLLUTANTS])
def main(variables: tuple[str, ...]) -> None:
    """Try all, and print what is best over stations and cities left out."""
    folder = REAL_DATA / "cnemc"
    stations = folder / "station_list.csv"
    cities = read_station_list(stations).cities
    content, metadata, sha256 = read_model_file()
    for variable in variables:
        of_variable = replace(metadata, variables=(POLLUTANTS[variable],))
        year = read_stations(
            folder / "pollutants_daily_2019_even_weeks.csv.gz",
            stations=stations,
            variables=[variable],
        )
        # Of the model, checks take the grid and the heights alone.
        days = check_days(year.at_times(DAYS), Model(content, of_variable, sha256, threads=1))
        placed = place(days, of_variable)
        errors = np.mean([_errors(placed, scheme, cities) for scheme in _SCHEMES], axis=0)
        best = [*_TRIED][int(np.argmin(errors))]
        click.echo(f'    "{variable}": {best},')
    about = machine()
    click.echo(f"{about['processor']}, {about['date']}")


def _errors(placed: PlacedObservations, scheme: Scheme, cities: Mapping[str, str]) -> Array:
    """RMSE of each pair of parameters at the stations of some folds, over the least of all."""
    name, grid = placed.metadata.target.name, placed.metadata.grid
    stations = placed.observations.stations
    xy = np.stack(grid.projection.forward(stations.longitude, stations.latitude), axis=1)
    fold = assign_folds(stations, xy, scheme, 10, 0, cities)
    squares = np.zeros(len(_TRIED))
    for day in range(len(placed.observations.times)):
        one = placed.on_days(slice(day, day + 1))
        observed = one.observations.values[name][0]
        for own in range(day, day + _FOLDS_A_DAY):
            withheld = (fold == own) & np.isfinite(observed)
            where = stations.longitude[withheld], stations.latitude[withheld]
            for place_of, parameters in enumerate(_TRIED):
                process = InUnits(varied(*parameters), unit_of(name))
                predicted = process(one.without(fold == own), *where)
                squares[place_of] += np.square(predicted - observed[withheld]).sum()
    relative: Array = np.sqrt(squares / squares.min())
    return relative


if __name__ == "__main__":
    main()
