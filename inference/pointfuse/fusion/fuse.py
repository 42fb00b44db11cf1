"""Fuse observations in memory into complete fields."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Iterator, Sequence
from os import PathLike

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.counted import counted
from pointfuse.domains.domain import Domain
from pointfuse.errors import InputError, require
from pointfuse.fields.day_status import DayStatus
from pointfuse.fields.fused_fields import FusedFields
from pointfuse.fields.timed_fields import concatenate
from pointfuse.fusion.bounded import bounded
from pointfuse.fusion.estimation import estimate
from pointfuse.fusion.where import AROUND_STATIONS, around, is_elsewhere, shipped_model
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.devices import DeviceChoice
from pointfuse.model.loading import Model, load_model, require_model
from pointfuse.model.precisions import PrecisionChoice
from pointfuse.model.shipped import shipped_models
from pointfuse.stations.eight_hour_means import RULES, RuleName
from pointfuse.stations.files.only_pollutant import only_pollutant
from pointfuse.stations.files.sources import Source, listed_sources
from pointfuse.stations.gridding import (
    PlacedObservations,
    StationCounts,
    grid_days,
    place,
    station_distance,
)
from pointfuse.stations.hours_seen import say_unfinished, warn_of_partial_days
from pointfuse.stations.observations import Observations, TimeStep, require_observations
from pointfuse.stations.quality.day_checks import check_days
from pointfuse.stations.reading import read_stations

logger = logging.getLogger(__name__)

DAYS_PER_BATCH = 1
"""Days that go through the model at once. On a CPU more take more memory and win no time."""


def fuse(
    observations: Observations | Source | Iterable[Source],
    model: Model | None = None,
    *,
    variable: str | None = None,
    domain: Domain | Grid | str | PathLike[str] | None = None,
    device: DeviceChoice | None = None,
    precision: PrecisionChoice | None = None,
    days_per_batch: int = DAYS_PER_BATCH,
    quality_control: bool = True,
) -> FusedFields:
    """Fuse station observations into complete fields.

    Days, or hours, without a valid observation of the fused variable are left out, with a warning.

    Parameters
    ----------
    observations : Observations, path, table, or iterable of the last two
        Daily means, or hours, from `pointfuse.read_stations`; or what it reads, where it needs
        nothing else to be told: tidy tables of pandas or polars, and files.
    model : Model, optional
        From `pointfuse.load_model`; a shipped model by default.
    variable : str, optional
        What the shipped model fuses, such as ``no2``; by default the only pollutant of
        observations or of a tidy table that have one alone, else ``pm25``.
    domain : Domain, Grid, or path, optional
        Where fields are wanted, for the shipped model of any place; ``"auto"`` for around the
        stations, which is also taken where most of them lie outside of China.
    device, precision : str, optional
        Where and in which precision to run the shipped model, as for `pointfuse.load_model`; a
        `model` that is given runs where it was loaded.
    days_per_batch : int
        Days that go through the model at once.
    quality_control : bool
        Whether to leave out values that are suspect (`pointfuse.check_days`).

    Raises
    ------
    ArgumentError
        If the observations or the model are of another kind.
    InputError
        If there is no valid observation of the fused variable on any day, or a variable, domain,
        device or precision is named beside a model; and whatever `pointfuse.read_stations` raises.
    DeviceError
        If the device was named and cannot be used.

    Examples
    --------
    >>> fields = fuse(read_stations("examples/air_quality.csv"))
    >>> fields.values.shape
    (1, 372, 426)
    """
    if model is not None:
        require_model(model)
    if not isinstance(observations, Observations):
        # What is no source at all is refused before a model is loaded.
        observations = listed_sources(observations)
    named = model is not None or domain is not None
    if model is None and variable is None:
        variable = only_pollutant(observations)
    if model is None:
        model = shipped_model(variable, domain, device or "auto", precision or "auto")
    elif variable or domain or device or precision:
        raise InputError(
            f"the model fuses {model.metadata.target.name}, on {model.device} in "
            f"{model.metadata.precision}; give variable, domain, device and precision to "
            "load_model instead"
        )
    if not isinstance(observations, Observations):
        observations = read_stations(observations, variables=model.metadata.variables)
    if not named and is_elsewhere(model, observations.stations):
        model = shipped_model(variable, AROUND_STATIONS, device or "auto", precision or "auto")
    model = around(model, observations.stations)
    if quality_control:
        observations = check_days(observations, model)
    placed = days_to_fuse(place(observations, model.metadata))
    return concatenate(list(fuse_in_batches(placed, model, days_per_batch)), placed)


def fuse_pollutants(
    observations: Observations,
    variables: Sequence[str] | None = None,
    *,
    device: DeviceChoice = "auto",
    mda8: RuleName = "china",
    quality_control: bool = True,
) -> dict[str, FusedFields]:
    """Fuse several pollutants of the same stations, each with its shipped model.

    Fields of PM10 are raised to those of PM2.5 where they would be below, and largest 8-hour means
    of ozone to its daily means.

    Parameters
    ----------
    observations : Observations
        Daily means, or hours, from ``read_stations(..., variables=["pm25", "no2"])``.
    variables : sequence of str, optional
        What to fuse; by default all that the observations have and a model comes for.
    device : str
        Where to run the models, as for `pointfuse.load_model`.
    mda8 : str
        The rule for largest 8-hour means that `read_stations` was given.
    quality_control : bool
        Whether to leave out values that are suspect.

    Returns
    -------
    dict of str to FusedFields
        By pollutant. Times without a valid observation of one are left out of its fields.

    Raises
    ------
    ArgumentError
        If the observations are something else.
    InputError
        If they have nothing of a pollutant, or no model of it comes with pointfuse.

    Examples
    --------
    >>> observations = read_stations("examples/air_quality.csv", variables=["pm25"])
    >>> [*fuse_pollutants(observations)]
    ['pm25']
    """
    require_observations(observations)
    require(
        variables,
        (list, tuple, type(None)),
        "variables as a list of names",
        source="such as ['no2']",
    )
    if mda8 not in RULES:
        raise InputError(f"the rule {mda8!r} is not known; expected one of {', '.join(RULES)}")
    shipped = [*dict.fromkeys(model.variable for model in shipped_models())]
    known = [*observations.values]
    wanted = (
        [name for name in shipped if name in known]
        if variables is None
        else [*dict.fromkeys(variables)]
    )
    if not wanted:
        raise InputError(
            "there is no pollutant to fuse among the observations; expected one of "
            f"{', '.join(shipped)}"
        )
    if absent := [name for name in wanted if name not in known]:
        raise InputError(
            f"there are no values of {absent[0]} among the observations; they have "
            f"{', '.join(known) or 'none'}"
        )
    found = [
        fuse(
            observations,
            load_model(variable=name, device=device),
            quality_control=quality_control,
        )
        for name in wanted
    ]
    return dict(zip(wanted, bounded(found, mda8), strict=True))


def days_to_fuse(placed: PlacedObservations) -> PlacedObservations:
    """The days on which the fused variable was observed; the others are named in a warning.

    So are those that are not whole in the files.

    Raises
    ------
    InputError
        If there is no such day.
    """
    target = placed.metadata.target
    times, step = placed.observations.times, placed.observations.step
    observed = placed.target_stations > 0
    if not observed.any():
        most = int(placed.hours.most.max(initial=0))
        unused = int(placed.hours.unused.sum())
        raise nothing_to_fuse(target.name, len(times), placed.counts, most, unused, step=step)
    if not observed.all():
        missing = ", ".join(str(time) for time in times[~observed])
        logger.warning("no valid %s of %s, so no field, on %s", step.value, target.name, missing)
    placed = placed.on_days(np.flatnonzero(observed))
    hours = placed.hours
    named = zip(placed.observations.times.astype(str), hours.texts(), strict=True)
    named_days = list(named)
    warn_of_partial_days(list(itertools.compress(named_days, hours.partial)))
    say_unfinished(list(itertools.compress(named_days, hours.unfinished)))
    return placed


def nothing_to_fuse(
    target: str,
    times: int,
    counts: StationCounts,
    most_hours: int,
    unused_hours: int,
    *,
    step: TimeStep,
) -> InputError:
    """The error that no time can be fused, with what became of the stations and their hours.

    Parameters
    ----------
    target : str
        The fused variable.
    times : int
        How many times there are.
    counts : StationCounts
        What became of the stations.
    most_hours, unused_hours : int
        As in `DayHours`.
    step : TimeStep
        What the times are.
    """
    found = {
        f"{counts.valid} with a valid value of any variable": counts.valid,
        f"{counts.without_coordinates} without coordinates": counts.without_coordinates,
        f"{counts.outside_grid} outside the grid": counts.outside_grid,
        f"{counted(counts.out_of_range, step.value)} out of range": counts.out_of_range,
        f"{counts.suspect} left out by quality control": counts.suspect,
        f"at most {counted(most_hours, 'valid hour')} of a station on a day": most_hours,
        f"{counted(unused_hours, 'hourly value')} left out by quality control": unused_hours,
    }
    told = [counted(times, step.unit), f"{counted(counts.read, 'station')} read"]
    told += [text for text, count in found.items() if count]
    return InputError(
        f"there is no valid {step.value} of {target} on the grid: {', '.join(told)}; check the "
        "period, the station list, the units and --min-hours"
    )


def fuse_in_batches(
    placed: PlacedObservations, model: Model, days_per_batch: int = DAYS_PER_BATCH
) -> Iterator[FusedFields]:
    """Fuse days a few at a time, so that memory does not grow with their number.

    Parameters
    ----------
    placed : PlacedObservations
        Observations on the model's grid, from `days_to_fuse`.
    model : Model
        The model.
    days_per_batch : int
        Days that go through the model at once.

    Yields
    ------
    FusedFields
        The next days; all have the same stations.

    Raises
    ------
    InputError
        If `days_per_batch` is not positive.
    """
    require(days_per_batch, int, "a number of days (int)", source="leave days_per_batch out")
    if days_per_batch < 1:
        raise InputError(f"a batch needs at least one day, got {days_per_batch}")
    shape = (-1, *model.metadata.grid.shape)
    for first in range(0, len(placed.observations.times), days_per_batch):
        batch = placed.on_days(slice(first, first + days_per_batch))
        estimates = estimate(batch, model)
        yield _put_together(
            batch,
            model,
            DayStatus.FUSED,
            values=estimates.values.reshape(shape),
            uncertainty=estimates.uncertainty.reshape(shape),
            station_count=estimates.station_count.reshape(shape),
            station_distance=estimates.station_distance.reshape(shape),
        )


def missing_day(placed: PlacedObservations, model: Model, status: DayStatus) -> FusedFields:
    """Fields of a day that is not fused: no values, and the stations that it has.

    Parameters
    ----------
    placed : PlacedObservations
        Observations of one day on the model's grid.
    model : Model
        The model that was not run.
    status : DayStatus
        Why not.
    """
    # One number stands for all of them, and takes no memory.
    nothing = np.broadcast_to(np.float32(np.nan), (1, *model.metadata.grid.shape))
    return day_fields(placed, model, status, nothing, nothing)


def day_fields(
    placed: PlacedObservations,
    model: Model,
    status: DayStatus,
    values: NDArray[np.float32],
    uncertainty: NDArray[np.float32],
) -> FusedFields:
    """Fields of a day that are known, with what follows from its stations alone.

    Parameters
    ----------
    placed : PlacedObservations
        Observations of one day on the model's grid.
    model : Model
        The model that computes its fields.
    status : DayStatus
        Whether it was fused.
    values, uncertainty : ndarray of float32, shape (1, row, column)
        As in `FusedFields`.
    """
    count = grid_days(placed).station_count
    distance: NDArray[np.float32] = np.broadcast_to(np.float32(np.nan), values.shape)
    if count.any():
        distance = station_distance(count[0] > 0, model.metadata.grid)[None]
    return _put_together(
        placed,
        model,
        status,
        values=values,
        uncertainty=uncertainty,
        station_count=count,
        station_distance=distance,
    )


def _put_together(
    placed: PlacedObservations,
    model: Model,
    status: DayStatus,
    *,
    values: NDArray[np.float32],
    uncertainty: NDArray[np.float32],
    station_count: NDArray[np.int16],
    station_distance: NDArray[np.float32],
) -> FusedFields:
    """Fields of days of one status, with the stations and the model that they are of."""
    return FusedFields(
        values=values,
        uncertainty=uncertainty,
        station_count=station_count,
        station_distance=station_distance,
        status=np.full(len(values), status, np.int8),
        stations=placed,
        model_sha256=model.sha256,
        device=model.device,
        provider=model.provider,
        gives_uncertainty=model.gives_uncertainty,
    )
