"""Kriging and a Gaussian process of terrain and land for each pollutant.

    python -m pointfuse_benchmarks.baselines.pollutants

finds the parameters of the process again, on four days of 2019 that nothing is scored on, as far
from those that are as can be.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import click
import numpy as np
from numpy.typing import NDArray

from pointfuse import POLLUTANTS, check_days, read_stations
from pointfuse.model.loading import Model, load_model
from pointfuse.stations.gridding import PlacedObservations
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.station_list import read_station_list
from pointfuse.trust.crossval import Scheme, cross_validate
from pointfuse_benchmarks.baselines.gaussian_process import GP_C, GaussianProcess
from pointfuse_benchmarks.measuring.machine import REAL_DATA, machine
from pointfuse_training.network.concentration_scale import unit_of

Array = NDArray[np.float64]

FACTORS = (0.35, 0.5, 0.7, 1.0, 1.4, 2.0)
NUGGETS = (0.03, 0.06, 0.1, 0.15, 0.25, 0.4, 0.6)
"""What is tried: factors of all lengths of `GP_C`, and nuggets."""

DAYS = slice(4, None, 48)
"""Days that are looked at, of the even weeks; every eighth, from the first, is scored."""

FOUND: dict[str, tuple[float, float]] = {}
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
    for variable in variables:
        model = load_model(threads=1, variable=variable)
        year = read_stations(
            folder / "pollutants_daily_2019_even_weeks.csv.gz",
            stations=stations,
            variables=[POLLUTANTS[variable]],
        )
        days = check_days(year.at_times(DAYS), model)
        tried = {
            f"{factor} {nugget}": InUnits(varied(factor, nugget), unit_of(variable))
            for factor, nugget in itertools.product(FACTORS, NUGGETS)
        }
        errors = np.mean(
            [_errors(days, model, tried, scheme, cities) for scheme in ("stations", "cities")],
            axis=0,
        )
        best = [*tried][int(np.argmin(errors))]
        click.echo(f'    "{variable}": ({best.replace(" ", ", ")}),')
    about = machine()
    click.echo(f"{about['processor']}, {about['date']}")


def _errors(
    days: Observations,
    model: Model,
    tried: dict[str, InUnits],
    scheme: Scheme,
    cities: dict[str, str],
) -> Array:
    """RMSE of each, over the least of all."""
    result = cross_validate(
        days, model, scheme=scheme, folds=10, cities=cities, baselines=tried, in_turns=True
    )
    errors = np.array(
        [np.sqrt(np.nanmean((each - result.observed) ** 2)) for each in result.baselines.values()]
    )
    relative: Array = errors / errors.min()
    return relative


if __name__ == "__main__":
    main()
