"""The days of an archive, sampled, completed and compared, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputError, ModelFileError
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.kernels import Kernel
from pointfuse.model.metadata import ModelMetadata, Variable
from pointfuse.stations.gridding import PlacedObservations, place
from pointfuse.stations.observations import Observations, Stations
from pointfuse.trust.baselines import Baseline, predict
from pointfuse.trust.classes import SEASONS
from pointfuse.trust.scores import PairSums
from pointfuse_training.archives.archive import Archive
from pointfuse_training.archives.archive_variables import ArchiveVariable
from pointfuse_training.evaluation.archive_days import ArchiveDay, read_days
from pointfuse_training.evaluation.density import PairDensity
from pointfuse_training.evaluation.reconstruction import Reconstructor
from pointfuse_training.evaluation.region import ScoredRegion
from pointfuse_training.evaluation.sampling import SampledCells

NETWORK = "network"
"""Name of what is evaluated among the methods."""

ALL_CELLS = "all cells"
UNSAMPLED = "cells not sampled"
CELLS = (ALL_CELLS, UNSAMPLED)
"""Cells of the region that scores go over: all as published, and those that nobody was told of."""

Field = NDArray[np.float64]


@dataclass
class SeasonalMeans:
    """Mean fields of a season.

    Parameters
    ----------
    days : int
        Days in it so far.
    raw, completed : ndarray of float64, shape (rows, columns)
        Sums over them.
    """

    days: int
    raw: Field
    completed: Field

    def add(self, raw: Field, completed: Field) -> None:
        """Take a day in."""
        self.days += 1
        self.raw += raw
        self.completed += completed


@dataclass(frozen=True)
class ArchiveEvaluation:
    """How well fields were completed.

    Parameters
    ----------
    name : str
        What completed them.
    target : Variable
        The variable that was completed.
    grid : Grid
        Grid of the archive.
    region : ScoredRegion
        Cells that were scored.
    days : sequence of ArchiveDay
        Days that were completed.
    sampled : ndarray of int64, shape (day, variable)
        Cells that were given.
    sums : mapping of str to mapping of str to PairSums, shape (day,)
        Sums over pairs of each method (`NETWORK` first), over each of `CELLS`.
    seasons : mapping of str to SeasonalMeans
        Fields of the seasons that the days fall into.
    density : PairDensity
        Pairs of raw and completed values in all scored cells, of each method.
    steps : mapping of str to ndarray of float64, shape (rows, columns)
        Fields of the first day from raw to completed; empty where the way is not known.
    kernels : sequence of Kernel
        Kernels of the network.
    """

    name: str
    target: Variable
    grid: Grid
    region: ScoredRegion
    days: Sequence[ArchiveDay]
    sampled: NDArray[np.int64]
    sums: Mapping[str, Mapping[str, PairSums]]
    seasons: Mapping[str, SeasonalMeans]
    density: PairDensity
    steps: Mapping[str, Field]
    kernels: Sequence[Kernel]


def evaluate_archive(
    archive: Archive,
    days: Sequence[int],
    reconstructor: Reconstructor,
    sampling: SampledCells,
    region: ScoredRegion,
    *,
    baselines: Mapping[str, Baseline] | None = None,
    on_day: Callable[[int], object] = lambda days: None,
) -> ArchiveEvaluation:
    """Sample days of an archive, complete them, and compare them with what they were.

    One day at a time is in memory.

    Parameters
    ----------
    archive : Archive
        Simulated days.
    days : sequence of int
        Numbers of those to take.
    reconstructor : Reconstructor
        What completes them.
    sampling : SampledCells
        Cells that it is given.
    region : ScoredRegion
        Cells that are compared.
    baselines : mapping of str to Baseline, optional
        Other methods, which get the same cells of the fused variable.
    on_day : callable
        Told after each day that one more is done.

    Raises
    ------
    InputError
        If the archive is of another variable or grid, if there is no day or no cell to take, or if
        a baseline does not predict all scored cells.
    ModelFileError
        If the fields are negative or not finite.
    """
    grid = archive.grid
    target = _fused(archive.target)
    reconstructor.check_fits(target.name, grid)
    if not days:
        raise InputError("the archive has no day to evaluate; name another one")
    baselines = baselines or {}
    dates = read_days(archive)
    daily = {
        method: {cells: _empty_sums(len(days)) for cells in CELLS}
        for method in (NETWORK, *baselines)
    }
    sampled = np.zeros((len(days), len(archive.variables)), np.int64)
    seasons: dict[str, SeasonalMeans] = {}
    density = PairDensity(tuple(daily), archive.target.resolution)
    steps: dict[str, Field] = {}
    for number, day in enumerate(days):
        raw = archive[day].numpy()
        # Humidity and wind may be missing.
        observed = sampling.observed(day) & np.isfinite(raw)
        if not observed[0].any():
            raise InputError(f"no cell of {target.name} is given; name stations on the grid")
        given = np.where(observed, raw, 0).astype(np.float32), observed.astype(np.float32)
        completed = reconstructor.complete(*given).astype(np.float64)
        if not (np.isfinite(completed).all() and (completed >= 0).all()):
            raise ModelFileError(
                f"{reconstructor.name} gave values that are negative or not finite on "
                f"{dates[day].date} of {dates[day].file}; it is not fit for use"
            )
        truth = raw[0].astype(np.float64)
        if number == 0 and (between := reconstructor.steps(*given)):
            steps = {"raw": truth, **{k: v.astype(np.float64) for k, v in between.items()}}
            steps["completed"] = completed
        scored, unsampled = truth[region.cells], ~observed[0][region.cells]
        predictions = {NETWORK: completed[region.cells]}
        if baselines:
            known = _stations(truth, observed[0], target, grid, dates[day].date)
            place_of = [degrees[region.cells] for degrees in grid.longitude_latitude()]
            for name, baseline in baselines.items():
                predictions[name] = predict(name, baseline, known, *place_of)
        for method, predicted in predictions.items():
            sums = PairSums.of(scored, predicted)
            _fill(daily[method][ALL_CELLS], number, sums.over())
            _fill(daily[method][UNSAMPLED], number, sums.among(unsampled).over())
        density.add(scored, predictions)
        sampled[number] = observed.sum(axis=(1, 2))
        season = season_of(dates[day].date)
        empty = SeasonalMeans(0, np.zeros(grid.shape), np.zeros(grid.shape))
        seasons.setdefault(season, empty).add(truth, completed)
        on_day(1)
    return ArchiveEvaluation(
        name=reconstructor.name,
        target=target,
        grid=grid,
        region=region,
        days=[dates[day] for day in days],
        sampled=sampled,
        sums=daily,
        seasons={name: seasons[name] for name in SEASONS if name in seasons},
        density=density,
        steps=steps,
        kernels=reconstructor.kernels,
    )


def season_of(date: np.datetime64) -> str:
    """Northern season of a date."""
    month = int(date.astype("datetime64[M]").astype(np.int64)) % 12 + 1
    return next(name for name, months in SEASONS.items() if month in months)


def _fused(variable: ArchiveVariable) -> Variable:
    """A variable of the archive as one that is fused; what it can hold is what is valid."""
    low, high = 0.0, 2.0**16 * variable.resolution
    return Variable(
        variable.name, variable.units, variable.standard_name, variable.long_name, (low, high)
    )


def _stations(
    truth: Field, cells: NDArray[np.bool_], target: Variable, grid: Grid, date: np.datetime64
) -> PlacedObservations:
    """Sampled cells as baselines take them: stations at the centres of cells."""
    longitude, latitude = (degrees[cells] for degrees in grid.longitude_latitude())
    stations = Stations(
        np.array([f"cell {cell}" for cell in np.flatnonzero(cells)]), longitude, latitude
    )
    values = {target.name: truth[cells][None]}
    # Baselines ask for the grid and the variable alone.
    metadata = ModelMetadata(
        name="archive",
        version="",
        summary="",
        licence="",
        precision="fp32",
        own_grid=grid,
        variables=(target,),
        static_layers=(),
        training={},
        export={},
        scores=(),
        weights_sha256="",
    )
    return place(Observations(stations, np.array([date]), values), metadata)


def _empty_sums(days: int) -> PairSums:
    """Sums of so many days, shape (day,), to be filled."""
    return PairSums(*(np.zeros(days) for _ in fields(PairSums)))


def _fill(daily: PairSums, day: int, sums: PairSums) -> None:
    """Put the sums of a day in their place."""
    for field in fields(PairSums):
        getattr(daily, field.name)[day] = getattr(sums, field.name)
