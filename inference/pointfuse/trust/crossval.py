"""Cross-validation: predict withheld stations from the others, without training anything anew."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.array_archives import read_arrays
from pointfuse.basics.atomic_files import replacing
from pointfuse.basics.by_value import ByValue
from pointfuse.basics.counted import counted
from pointfuse.basics.shown import Shown
from pointfuse.basics.threads.native_calls import Pool
from pointfuse.errors import InputError
from pointfuse.fusion.estimation import estimate
from pointfuse.fusion.fuse import days_to_fuse
from pointfuse.grid.regular_grid import Interpolation
from pointfuse.model.loading import Model, require_model
from pointfuse.stations.gridding import PlacedObservations, place
from pointfuse.stations.observations import Observations, Stations, require_observations
from pointfuse.stations.same_place import joined, places
from pointfuse.trust.baselines import Baseline, predict
from pointfuse.trust.scores import PairSums, root_mean_square_error

logger = logging.getLogger(__name__)

Scheme = Literal["stations", "cities", "blocks"]
"""What is withheld at once: single places, all stations of a city, or of a square of the map."""

SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
"""Schemes that may be asked for."""

BLOCK_SIZE = 300_000.0
"""Edge of the squares that are withheld together, m."""


@dataclass(frozen=True, eq=False)
class CrossValidation(ByValue, Shown):
    """Withheld observations and what was predicted for them.

    Parameters
    ----------
    placed : PlacedObservations
        The observations, all of them.
    scheme : str
        A key of `SCHEMES`.
    fold : ndarray of int64, shape (station,)
        Fold in which each station was withheld.
    predicted : ndarray of float64, shape (day, station)
        Prediction of the fused variable for each observation from the stations of the other
        folds, read from the field bilinearly between the four cell centres around the station;
        NaN where there is no observation.
    nearest : ndarray of float64, shape (day, station)
        Distance to the nearest station that was left, m; NaN where there is no observation.
    baselines : mapping of str to ndarray of float64, shape (day, station)
        What each baseline predicted from the same stations; NaN where there is no observation.
    uncertainty : ndarray of float64, shape (day, station), or None
        Standard uncertainty of each prediction, NaN where it is not known; None where the model
        gives none.
    """

    placed: PlacedObservations
    scheme: Scheme
    fold: NDArray[np.int64]
    predicted: NDArray[np.float64]
    nearest: NDArray[np.float64]
    baselines: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    uncertainty: NDArray[np.float64] | None = None

    def __repr__(self) -> str:
        target = self.placed.metadata.target
        sums = PairSums.of(self.observed, self.predicted).over()
        pairs = int(sums.pairs)
        error = f", RMSE {float(root_mean_square_error(sums)):.2f} {target.units}" if pairs else ""
        days = self.placed.observations.times
        period = f"{days[0]} to {days[-1]}" if len(days) else "none"
        return "\n".join(
            [
                f"<CrossValidation of {target.name} with {self.placed.metadata.name}, "
                f"{self.scheme} withheld in {counted(int(self.fold.max(initial=-1)) + 1, 'fold')}>",
                f"days: {period}, {counted(len(days), 'day')}",
                f"stations: {len(self.placed.observations.stations)}",
                f"predicted: {counted(pairs, 'observation')}{error}",
                f"baselines: {', '.join(self.baselines) or 'none'}",
            ]
        )

    @property
    def observed(self) -> NDArray[np.float64]:
        """The withheld observations, shape (day, station); NaN where there is none."""
        # Whatever was withheld has a nearest station that was not.
        return np.where(np.isfinite(self.nearest), _of_target(self.placed), np.nan)

    @property
    def place(self) -> NDArray[np.int64]:
        """Number of the place of each station, as of `pointfuse.stations.same_place.places`."""
        return places(self.placed.observations.stations)


def assign_folds(
    stations: Stations,
    xy: NDArray[np.float64],
    scheme: Scheme,
    folds: int,
    seed: int,
    cities: Mapping[str, str],
) -> NDArray[np.int64]:
    """Divide stations into folds at random; those in one place are in one fold.

    A station whose neighbour a few steps away was left would be predicted from its own place. So
    where a place links two cities or squares, both are in one fold.

    Parameters
    ----------
    stations : Stations
        The stations.
    xy : ndarray of float64, shape (station, 2)
        Their places in the plane of the projection, m.
    scheme : str
        A key of `SCHEMES`.
    folds : int
        Number of folds, at least 2.
    seed : int
        Seed of the random numbers: the same gives the same folds.
    cities : mapping of str to str
        City of each station by its code, for the scheme of cities.

    Returns
    -------
    ndarray of int64, shape (station,)
        0 to `folds` - 1.

    Raises
    ------
    InputError
        If there are fewer groups than folds, no such scheme, or cities are not known.
    """
    if scheme == "stations":
        group = np.arange(len(stations))
    elif scheme == "cities":
        city = np.array([cities.get(code, "") for code in stations.code], np.str_)
        unknown = int((city == "").sum())
        if unknown:
            raise InputError(
                f"withholding cities needs the city of every station, {unknown} of "
                f"{len(stations)} have none; give a station list with a column of cities"
            )
        group = np.unique(city, return_inverse=True)[1]
    elif scheme == "blocks":
        squares = np.floor(xy / BLOCK_SIZE).astype(np.int64)
        group = np.unique(squares, axis=0, return_inverse=True)[1].reshape(-1)
    else:
        raise InputError(f"there is no scheme '{scheme}'; expected one of {', '.join(SCHEMES)}")
    group = joined(group, places(stations))
    count = int(group.max(initial=-1)) + 1
    if not 2 <= folds <= count:
        raise InputError(
            f"expected 2 to {count} folds, since the {len(stations)} stations are in {count} "
            f"{scheme if scheme != 'stations' else 'places'} that can be withheld, got {folds}"
            if count > 1
            else f"cross-validation needs stations in at least two places, got {count}; "
            "stations at one place are withheld together"
        )
    return (np.random.default_rng(seed).permutation(count) % folds)[group]


def cross_validate(
    observations: Observations,
    model: Model,
    *,
    scheme: Scheme = "stations",
    folds: int = 10,
    seed: int = 0,
    cities: Mapping[str, str] | None = None,
    baselines: Mapping[str, Baseline] | None = None,
    in_turns: bool = False,
    workers: int = 1,
    progress_file: Path | None = None,
    advance: Callable[[int], object] = lambda days: None,
) -> CrossValidation:
    """Predict every observation of the fused variable from the stations of the other folds.

    A warning names the observations that the network has learned from, if there are any.

    Parameters
    ----------
    observations : Observations
        Daily means, or hours: what is said of days here is then said of hours.
    model : Model
        The model; nothing of it is fitted.
    scheme, folds, seed, cities
        As `assign_folds`.
    baselines : mapping of str to Baseline, optional
        Other ways to predict, by their names; each gets the stations that the model gets.
    in_turns : bool
        Whether a day withholds one of the folds, the next day the next one, and not each day all:
        a share of the work and of the pairs, for long series and for hours.
    workers : int
        Folds of a day that are predicted at once. So many, with a model on one thread, get more
        done than one after the other with a model on as many threads.
    progress_file : Path, optional
        Where finished days are kept, so that a broken-off run goes on where it was.
    advance : callable
        Told after each day that one is done.

    Raises
    ------
    ArgumentError
        If the observations or the model are of another kind.
    InputError
        If there is nothing to predict, the folds cannot be made, or a baseline does not predict.
    """
    require_observations(observations)
    require_model(model)
    baselines = baselines or {}
    if used := model.metadata.observations_used:
        logger.warning(
            "the network was adapted to observations (%s); only stations and days that are not "
            "among them tell how good it is",
            used,
        )
    placed = days_to_fuse(place(observations, model.metadata))
    stations = placed.observations.stations
    xy = np.stack(
        model.metadata.grid.projection.forward(stations.longitude, stations.latitude), axis=1
    )
    fold = assign_folds(stations, xy, scheme, folds, seed, cities or {})
    shape = _of_target(placed).shape
    result = CrossValidation(
        placed,
        scheme,
        fold,
        predicted=np.full(shape, np.nan),
        nearest=np.full(shape, np.nan),
        baselines={name: np.full(shape, np.nan) for name in baselines},
        uncertainty=np.full(shape, np.nan) if model.gives_uncertainty else None,
    )
    key = _fingerprint(result, model, in_turns)
    done = _resume(progress_file, key, result)
    with Pool(workers) as pool:
        for day in range(shape[0]):
            if day >= done:
                _predict_day(result, model, baselines, xy, day, pool, in_turns)
                _keep(progress_file, key, result, day + 1)
            advance(1)
    if progress_file:
        progress_file.unlink(missing_ok=True)
    return result


def _predict_day(
    result: CrossValidation,
    model: Model,
    baselines: Mapping[str, Baseline],
    xy: NDArray[np.float64],
    day: int,
    pool: Executor,
    in_turns: bool,
) -> None:
    """Fill a day's predictions, one forward pass a fold."""
    placed = result.placed.on_days(slice(day, day + 1))
    stations = placed.observations.stations
    observed = np.isfinite(_of_target(result.placed)[day])

    def predict_fold(fold: np.int64) -> None:
        withheld = observed & (result.fold == fold)
        left = observed & ~withheld
        if not left.any():
            raise InputError(
                f"on {placed.observations.times[0]} all stations are in one fold, so nothing is "
                "left to predict from; leave the day out with --days"
            )
        known = placed.without(result.fold == fold)
        points = placed.interpolation[withheld]
        cells, corners = np.unique(points.cells, return_inverse=True)
        points = Interpolation(corners.reshape(points.cells.shape), points.weights)
        estimates = estimate(known, model, cells)
        result.predicted[day, withheld] = points.read(estimates.values[0])
        if result.uncertainty is not None:
            result.uncertainty[day, withheld] = points.read(estimates.uncertainty[0])
        result.nearest[day, withheld] = _nearest(xy[withheld], xy[left])
        for name, baseline in baselines.items():
            result.baselines[name][day, withheld] = predict(
                name, baseline, known, stations.longitude[withheld], stations.latitude[withheld]
            )

    # Waits for all folds; an error in one of them ends the run.
    folds = np.unique(result.fold[observed])
    list(pool.map(predict_fold, folds[[_turn(day, len(folds))]] if in_turns else folds))


def _turn(day: int, folds: int) -> int:
    """Which fold a day withholds; not always the same at the same hour, or on the same weekday."""
    return (day + day // folds) % folds


def _of_target(placed: PlacedObservations) -> NDArray[np.float64]:
    """Observations of the fused variable, shape (day, station); NaN where missing."""
    return placed.observations.values[placed.metadata.target.name]


def _nearest(points: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance from each point to the nearest of others."""
    # One at a time: all pairs of a large network would not fit.
    return np.array([np.hypot(*(others - point).T).min() for point in points])


def _fingerprint(result: CrossValidation, model: Model, in_turns: bool) -> str:
    """Hash of all that the predictions depend on."""
    digest = hashlib.sha256(repr((model.sha256, list(result.baselines), in_turns)).encode())
    observations = result.placed.observations
    tables = (observations.values[name] for name in sorted(observations.values))
    for array in (result.fold, result.placed.cell, observations.times.astype(np.int64), *tables):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _resume(progress_file: Path | None, key: str, result: CrossValidation) -> int:
    """Days that an earlier run with the same input finished, whose predictions are taken over."""
    if progress_file is None or not progress_file.is_file():
        return 0
    try:
        kept = read_arrays(progress_file)
        if str(kept["key"]) != key:
            return 0
        done = int(kept["tables"].shape[1])
        for table, kept_table in zip(_tables(result), kept["tables"], strict=True):
            table[:done] = kept_table
    except (OSError, ValueError, KeyError):
        # Of another kind or damaged: as good as none.
        return 0
    return done


def _keep(progress_file: Path | None, key: str, result: CrossValidation, done: int) -> None:
    if progress_file is None:
        return
    with replacing(progress_file) as temporary, temporary.open("wb") as file:
        np.savez(file, key=key, tables=np.stack([table[:done] for table in _tables(result)]))


def _tables(result: CrossValidation) -> list[NDArray[np.float64]]:
    """The tables that are filled day by day."""
    uncertainty = [] if result.uncertainty is None else [result.uncertainty]
    return [result.predicted, result.nearest, *uncertainty, *result.baselines.values()]
