"""`pointfuse-train process`: the parameters of a Gaussian process from real stations."""

from __future__ import annotations

import datetime
import time
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray

from pointfuse.basics.output_formats import TOML
from pointfuse.basics.progress import progress
from pointfuse.commands.command_line import call_text
from pointfuse.commands.inputs_and_outputs import Command, InputFile, OutputFile
from pointfuse.commands.reading_options import (
    ReadingOptions,
    read_daily,
    reading_options,
    station_list,
)
from pointfuse.model.loading import Model, load_model
from pointfuse.stations.gridding import PlacedObservations, place
from pointfuse.stations.quality.day_checks import check_days
from pointfuse_training.fitting.adaptation_inputs import observations_sha256
from pointfuse_training.processes.likelihood_fit import MOST_STEPS, fit_distribution
from pointfuse_training.processes.process_file import write_process
from pointfuse_training.processes.station_days import station_days
from pointfuse_training.processes.unscored import stations_in_half_of_cities, unscored_days
from pointfuse_training.simulation.static_inputs import read_static_inputs

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
    model = load_model(reading.model, threads=1, device="cpu")
    layers = read_static_inputs(static, model.metadata.grid, torch.device("cpu"))
    placed, cities = _read(reading, model, half_of_cities)
    placed = placed.on_days(_chosen_days(placed, exclude_every, apart, every))
    times, stations = placed.observations.times, len(placed.observations.stations)
    provenance = {
        "command": f"pointfuse-train {call_text(click.get_current_context(), {'output', 'quiet'})}",
        "date": str(datetime.date.today()),
        "stations": stations,
        "cities": cities,
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
            f"{stations} stations, {time.perf_counter() - began:.0f} s"
        )


def _read(
    reading: ReadingOptions, model: Model, half_of_cities: int | None
) -> tuple[PlacedObservations, int]:
    """Daily means after quality control, and the number of cities that they are from."""
    stations = station_list(reading)
    if half_of_cities is not None and stations is None:
        raise click.UsageError("--half-of-cities takes the cities of --stations; give both")
    observations = read_daily(reading, model, stations=stations)
    placed = place(check_days(observations, model), model.metadata)
    if stations is None:
        return placed, 0
    if half_of_cities is not None:
        half = stations_in_half_of_cities(stations, half_of_cities)
        placed = placed.without(~np.isin(placed.observations.stations.code, half))
    cities = {stations.cities.get(code, "") for code in placed.observations.stations.code}
    return placed, len(cities - {""})


def _chosen_days(
    placed: PlacedObservations, exclude_every: int | None, apart: int, every: int
) -> NDArray[np.intp]:
    """Positions of the days that are fitted to."""
    chosen = np.ones(len(placed.observations.times), bool)
    if exclude_every is not None:
        chosen = unscored_days(placed.observations.times, exclude_every, apart)
    chosen &= placed.target_stations >= FEWEST_STATIONS
    return np.flatnonzero(chosen)[::every]
