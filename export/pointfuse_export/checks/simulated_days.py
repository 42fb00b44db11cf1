"""Simulated days as stations see them: for the ranges of activations, and for scores.

Only values at some cells are kept, those of stations and some others, so that two dozen days make a
small file. Nothing in it was measured but where the stations stand, and nothing is drawn when it is
read: the same file gives the same days on any machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.atomic_files import replacing
from pointfuse.errors import InputError
from pointfuse_export.checks.verify import Days
from pointfuse_export.errors import DescriptionError
from pointfuse_training.archives.archive import Archive
from pointfuse_training.network.weights import read_arrays
from pointfuse_training.samples.sampling import SAMPLING

Cells = NDArray[np.int32]
Values = NDArray[np.float32]

_ARRAYS = ("shape", "stations", "withheld", "elsewhere", "weather", "truth", "reported", "air")

_SPARSE = 3
"""One of so many stations is left where a day of calibration has few of them."""

_WITHHELD = 5
"""One of so many stations is withheld where a day is scored."""


@dataclass(frozen=True)
class SimulatedDays:
    """Days at the cells of stations, and at others.

    Every other day is for calibration and the days between for scores, so that nothing is scored
    that was calibrated on.

    Parameters
    ----------
    shape : tuple of two ints
        Rows and columns of the grid.
    stations : ndarray of int32, shape (station,)
        Cells of a network of stations, counted row by row from the south-west.
    withheld : ndarray of bool, shape (station,)
        Stations that the network is not given where it is scored.
    elsewhere : ndarray of int32, shape (other,)
        Cells without a station.
    weather : ndarray of int32, shape (place,)
        Cells with humidity and wind.
    truth, reported : ndarray of float32, shape (day, station + other)
        PM2.5 of the cells, and what a station in them would report, ug/m3.
    air : ndarray of float32, shape (day, 2, place)
        Relative humidity (%) and wind speed (m/s); NaN where the archive has none.
    """

    shape: tuple[int, int]
    stations: Cells
    withheld: NDArray[np.bool_]
    elsewhere: Cells
    weather: Cells
    truth: Values
    reported: Values
    air: Values

    @property
    def cells(self) -> Cells:
        """All cells with a PM2.5: stations, then the others."""
        return np.concatenate([self.stations, self.elsewhere])

    def for_calibration(self) -> list[Days]:
        """Days seen by all stations, by few, and by the densest network there may be, in turn.

        Every other one has humidity and wind.
        """
        sparse = np.arange(len(self.cells)) < len(self.stations)
        sparse &= np.arange(len(self.cells)) % _SPARSE == 0
        usual = np.arange(len(self.cells)) < len(self.stations)
        seen = (usual, sparse, np.ones_like(usual))
        return [
            self._given(day, seen[i % len(seen)], weather=i % 2 == 0)
            for i, day in enumerate(range(0, len(self.truth), 2))
        ]

    def for_scores(self) -> list[Days]:
        """Days without the stations that are withheld; every other one has humidity and wind."""
        given = np.zeros(len(self.cells), bool)
        given[: len(self.stations)] = ~self.withheld
        return [
            self._given(day, given, weather=i % 2 == 0)
            for i, day in enumerate(range(1, len(self.truth), 2))
        ]

    def withheld_truth(self) -> NDArray[np.float64]:
        """What the days for scores are at stations withheld, shape (day, station)."""
        return self.truth[1::2, : len(self.stations)][:, self.withheld].astype(np.float64)

    def truth_elsewhere(self) -> NDArray[np.float64]:
        """What they are where no station stands, shape (day, other)."""
        return self.truth[1::2, len(self.stations) :].astype(np.float64)

    def _given(self, day: int, seen: NDArray[np.bool_], *, weather: bool) -> Days:
        observations = np.zeros((1, 3, self.shape[0] * self.shape[1]), np.float32)
        observed = np.zeros_like(observations)
        observations[0, 0, self.cells[seen]] = self.reported[day, seen]
        observed[0, 0, self.cells[seen]] = 1
        if weather:
            there = np.isfinite(self.air[day])
            observations[0, 1:, self.weather] = np.where(there, self.air[day], 0).T
            observed[0, 1:, self.weather] = there.T
        name = f"simulated day {day}"
        return Days(name, *(a.reshape(1, 3, *self.shape) for a in (observations, observed)))


def sample_days(
    archive: Archive,
    network: NDArray[np.bool_],
    *,
    days: int,
    elsewhere: int,
    weather: int,
    seed: int,
) -> SimulatedDays:
    """Take days of an archive, as far apart as they come, at stations and at other cells.

    Parameters
    ----------
    archive : Archive
        Simulated days.
    network : ndarray of bool, shape (rows, columns)
        Cells of a network of stations.
    days : int
        Number of days.
    elsewhere, weather : int
        Number of other cells, and of those with humidity and wind.
    seed : int
        Seed of the cells and of the noise of stations.

    Raises
    ------
    InputError
        If the archive has fewer days, or days are fewer than two.
    """
    if not 2 <= days <= len(archive):
        raise InputError(
            f"expected at least two days and no more than the {len(archive)} of the archive, got "
            f"{days}"
        )
    random = np.random.default_rng(seed)
    stations = np.flatnonzero(network)
    others = np.sort(random.permutation(np.flatnonzero(~network))[:elsewhere])
    places = np.sort(random.permutation(network.size)[:weather])
    withheld = np.zeros(len(stations), bool)
    withheld[random.permutation(len(stations))[: len(stations) // _WITHHELD]] = True
    chosen = (np.arange(days) + 0.5) * len(archive) / days
    fields = np.stack([archive[int(day)].numpy().reshape(3, -1) for day in chosen])
    truth = fields[:, 0, np.concatenate([stations, others])]
    noise = np.exp(SAMPLING.noise * random.standard_normal(truth.shape))
    return SimulatedDays(
        shape=archive.shape,
        stations=stations.astype(np.int32),
        withheld=withheld,
        elsewhere=others.astype(np.int32),
        weather=places.astype(np.int32),
        truth=_rounded(truth),
        reported=_rounded(truth * noise),
        air=_rounded(fields[:, 1:, places]),
    )


def cells_anywhere(shape: tuple[int, int], number: int, seed: int) -> NDArray[np.bool_]:
    """So many cells of a grid, or half of a small one; shape (rows, columns)."""
    size = shape[0] * shape[1]
    cells = np.zeros(size, bool)
    cells[np.random.default_rng(seed).permutation(size)[: min(number, size // 2)]] = True
    return cells.reshape(shape)


def _rounded(values: NDArray[Any]) -> Values:
    """To a tenth, as stations report, which is also what makes the file small."""
    return values.round(1).astype(np.float32)


def save_days(days: SimulatedDays, path: Path) -> None:
    """Write days to a numpy archive (.npz); the same days make the same bytes.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    arrays: dict[str, Any] = {name: np.asarray(getattr(days, name)) for name in _ARRAYS}
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)


def read_days(path: Path, shape: tuple[int, int]) -> SimulatedDays:
    """Read days that `save_days` wrote.

    Parameters
    ----------
    path : Path
        Numpy archive.
    shape : tuple of two ints
        Rows and columns of the grid that they must be on.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    ModelFileError
        If it is no numpy archive.
    DescriptionError
        If it holds no simulated days, or those of another grid.
    """
    arrays = read_arrays(path)
    if lacking := [name for name in _ARRAYS if name not in arrays]:
        raise DescriptionError(
            f"{path} should hold the arrays {', '.join(_ARRAYS)}; it lacks {', '.join(lacking)}; "
            "make it with pointfuse-export days"
        )
    found = tuple(int(size) for size in arrays.pop("shape"))
    if found != shape:
        raise DescriptionError(
            f"the simulated days in {path} are on a grid of {found[0]} x {found[1]} cells, the "
            f"model's has {shape[0]} x {shape[1]}; make them from an archive on its grid"
        )
    return SimulatedDays(shape, **{name: arrays[name] for name in _ARRAYS[1:]})
