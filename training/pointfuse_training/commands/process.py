"""`pointfuse-train process`: the parameters of a Gaussian process from real stations."""

from __future__ import annotations

import datetime
import time
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray

from pointfuse.basics.output_formats import OutputFormat
from pointfuse.basics.progress import progress
from pointfuse.commands.command_line import call_text
from pointfuse.commands.inputs_and_outputs import Command, InputFile, OutputFile
from pointfuse.commands.reading_options import (
    ReadingOptions,
    read_daily,
    reading_options,
    station_list,
)
from pointfuse.errors import InputError
from pointfuse.model.loading import load_model
from pointfuse.stations.gridding import PlacedObservations, place
from pointfuse.stations.quality.day_checks import check_days
from pointfuse.stations.readers.network_list import StationList
from pointfuse_training.fitting.adaptation_inputs import observations_sha256
from pointfuse_training.processes.covariates import covariate_layers
from pointfuse_training.processes.likelihood_fit import MOST_STEPS, StationDay, fit_distribution
from pointfuse_training.processes.process_file import write_process
from pointfuse_training.processes.unscored_days import unscored_days
from pointfuse_training.simulation.static_inputs import StaticInputs, read_static_inputs

TOML = OutputFormat("a TOML file", (".toml",))

FEWEST_STATIONS = 100
"""Of a day that is fitted to: fewer do not tell the trend."""


@click.command(cls=Command)
@reading_options
@click.option("--static", required=True, type=InputFile(), help="Static layers (.npz) on the grid.")
@click.option(
    "--exclude-every",
    type=click.IntRange(2),
    help="Leave out every Nth of the days read, from the first, for scores.",
)
@click.option(
    "--apart",
    default=3,
    show_default=True,
    type=click.IntRange(1),
    help="Leave out what is nearer to such a day than so many days, too.",
)
@click.option(
    "--every",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Use every Nth of the days left.",
)
@click.option(
    "--half-of-cities",
    type=click.IntRange(0),
    metavar="SEED",
    help="Use the stations of a random half of the cities alone.",
)
@click.option(
    "-o", "--output", required=True, type=OutputFile(TOML), help="File (.toml) of the process."
)
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def process(
    static: Path,
    exclude_every: int | None,
    apart: int,
    every: int,
    half_of_cities: int | None,
    output: Path,
    quiet: bool,
    reading: ReadingOptions,
) -> None:
    """Fit a Gaussian process over terrain and land to the stations in FILES.

    What comes out is its likeliest parameters, and how they, the level and the trend differ from
    day to day; no value of a station or day.
    """
    began = time.perf_counter()
    model = load_model(reading.model, threads=1, device="cpu", network_alone=True)
    layers = read_static_inputs(static, model.metadata.grid, torch.device("cpu"))
    stations = station_list(reading)
    observations = read_daily(reading, model, stations=stations)
    placed = place(check_days(observations, model), model.metadata)
    if half_of_cities is not None:
        placed = _in_half_of_cities(placed, stations, half_of_cities)
    placed = placed.on_days(_chosen_days(placed, exclude_every, apart, every))
    times = placed.observations.times
    provenance = {
        "command": f"pointfuse-train {call_text(click.get_current_context(), {'output', 'quiet'})}",
        "date": str(datetime.date.today()),
        "stations": len(placed.observations.stations),
        "days": times.astype(str).tolist(),
        "observations_sha256": observations_sha256(placed),
        "static_sha256": layers.sha256,
    }
    with progress(MOST_STEPS + len(times), "fitting", quiet, "steps") as bar:
        distribution = fit_distribution(
            station_days(placed, layers), provenance, on_step=bar.update
        )
    write_process(output, distribution)
    if not quiet:
        click.echo(
            f"wrote {output}: length {distribution.process.length:.0f} km, nugget "
            f"{distribution.process.nugget:.3f}, from {len(times)} days of "
            f"{len(placed.observations.stations)} stations, {time.perf_counter() - began:.0f} s"
        )


def station_days(placed: PlacedObservations, static: StaticInputs) -> list[StationDay]:
    """The days as the fit takes them: places, layers of their cells, and values.

    Parameters
    ----------
    placed : PlacedObservations
        Daily means at stations.
    static : StaticInputs
        Static layers of their grid.
    """
    where = placed.observations.stations
    grid = placed.metadata.grid
    xy = np.stack(grid.projection.forward(where.longitude, where.latitude), axis=-1) / 1000
    layers = {n: layer.ravel()[placed.cell] for n, layer in covariate_layers(static).items()}
    days = []
    for values in placed.observations.values[placed.metadata.target.name]:
        there = np.isfinite(values)
        at_them = {name: layer[there] for name, layer in layers.items()}
        days.append(StationDay(xy[there], at_them, values[there]))
    return days


def _chosen_days(
    placed: PlacedObservations, exclude_every: int | None, apart: int, every: int
) -> NDArray[np.intp]:
    """Positions of the days that are fitted to."""
    chosen = np.ones(len(placed.observations.times), bool)
    if exclude_every is not None:
        chosen = unscored_days(placed.observations.times, exclude_every, apart)
    chosen &= placed.target_stations >= FEWEST_STATIONS
    return np.flatnonzero(chosen)[::every]


def _in_half_of_cities(
    placed: PlacedObservations, stations: StationList | None, seed: int
) -> PlacedObservations:
    """The observations of the stations in a random half of the cities that have a place."""
    cities = sorted(stations.city_places) if stations else []
    if not cities:
        raise InputError(
            "expected a city of each station to take half of them, got none; give a station list "
            "with a column of cities (--stations)"
        )
    drawn = np.array(cities)[np.random.default_rng(seed).random(len(cities)) < 0.5]
    assert stations
    city = [stations.cities.get(code, "") for code in placed.observations.stations.code]
    return placed.without(~np.isin(city, drawn))
