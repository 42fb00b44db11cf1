"""Members of fields: the field plus errors as large as its uncertainty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import ArgumentError, InputError
from pointfuse.fields.cf.field_variables import CORRELATION, STATION_COUNT, UNCERTAINTY
from pointfuse.fields.map_file import MapFile
from pointfuse.fields.members.error_draws import ErrorDraws
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.error_correlation import ErrorCorrelation

FEWEST = 20
"""Members that an interval of 90 in 100 needs at least."""

SEED = 0
"""Of the random numbers: the same field has the same members whenever they are drawn."""

Floats = NDArray[np.floating[Any]]


class FieldMembers:
    """Draws members of the fields of one variable, one time after the other.

    Parameters
    ----------
    correlation : ErrorCorrelation
        How errors go together.
    grid : Grid
        Grid of the fields.
    cells : ndarray of int64, shape (cell,)
        ``row * columns + column`` of the cells wanted.
    members : int
        Number of members.
    """

    def __init__(
        self, correlation: ErrorCorrelation, grid: Grid, cells: NDArray[np.int64], members: int
    ) -> None:
        self.cells, self.number, self._shape = cells, members, grid.shape
        self._correlation = correlation
        self._draws = ErrorDraws(correlation, grid, *grid.centres(cells), members, SEED)

    def at(
        self,
        time: np.datetime64,
        field: Floats,
        uncertainty: Floats,
        station_count: NDArray[np.integer[Any]],
    ) -> NDArray[np.float32]:
        """Members of the field of a time, which is later than the one before.

        Parameters
        ----------
        time : datetime64
            When.
        field, uncertainty : ndarray, shape (row, column)
            The field and its standard uncertainty; NaN where there is none.
        station_count : ndarray of int, shape (row, column)
            Stations in each cell.

        Returns
        -------
        ndarray of float32, shape (cell, member)
            Their mean is the field and their standard deviation the uncertainty, so some may be
            below 0 where that is large: cut there they would have another mean.
        """
        errors = self._draws.at(time, station_count)
        errors *= uncertainty.ravel()[self.cells, None].astype(np.float32)
        errors += field.ravel()[self.cells, None].astype(np.float32)
        return errors

    def on_grid(self, members: Floats) -> Iterator[NDArray[np.float64]]:
        """Members as fields, one after the other.

        Parameters
        ----------
        members : ndarray, shape (member, cell)
            Their values in the cells.

        Yields
        ------
        ndarray of float64, shape (row, column)
            NaN in all other cells.
        """
        for values in members:
            field = np.full(self._shape[0] * self._shape[1], np.nan)
            field[self.cells] = values
            yield field.reshape(self._shape)

    def check(self, file: MapFile) -> None:
        """Make sure that errors of a further file go together in the same way.

        Raises
        ------
        InputError
            If it tells nothing of it, or something else.
        """
        if correlation_of(file) != self._correlation:
            raise InputError(
                f"{file.path.name} says something else of how errors go together than the files "
                "before it: another model made it; take them one by one"
            )

    def of_file(self, file: MapFile, time: int, field: Floats) -> NDArray[np.float32]:
        """Members of a field of a file.

        Parameters
        ----------
        file : MapFile
            A file of `pointfuse fuse`.
        time : int
            Place along its time axis.
        field : ndarray, shape (row, column)
            The field of that time.

        Raises
        ------
        InputError
            If the file does not tell where its stations are.
        """
        count = file.support(STATION_COUNT)
        if count is None:
            raise InputError(f"{file.path.name} has no {STATION_COUNT}; {_NEEDED}")
        uncertainty = file.field(file.variable + UNCERTAINTY, time)
        stations = np.nan_to_num(file.field(count, time)).astype(np.int64)
        return self.at(file.times[time], field, uncertainty, stations)


_NEEDED = "members need a file of 'pointfuse fuse' by a model that tells how its errors go together"


def correlation_of(file: MapFile) -> ErrorCorrelation:
    """How errors of the fields of a file go together, as the file says.

    Raises
    ------
    InputError
        If it says nothing of it.
    """
    uncertainty = file.dataset.variables.get(file.variable + UNCERTAINTY)
    told = {} if uncertainty is None else uncertainty.__dict__
    if not CORRELATION.keys() <= told.keys():
        raise InputError(
            f"{file.path.name} does not tell how errors of {file.variable} go together; {_NEEDED}"
        )
    try:
        numbers = {name: np.atleast_1d(told[name]).astype(np.float64) for name in CORRELATION}
        (length,), (own,), hours, passing = (numbers[name] for name in CORRELATION)
        return ErrorCorrelation(float(length), float(own), tuple(hours), tuple(passing))
    except (TypeError, ValueError) as error:
        raise InputError(
            f"the attributes of {file.variable}{UNCERTAINTY} in {file.path.name} that say how "
            f"errors go together are damaged ({error}); make the file again"
        ) from error


def require_members(members: int) -> int:
    """The number of members, if it is enough for an interval.

    Raises
    ------
    ArgumentError
        If it is not.
    """
    whole = isinstance(members, int | np.integer) and not isinstance(members, bool)
    if not whole or members < FEWEST:
        raise ArgumentError(
            f"expected a whole number of members, at least {FEWEST}, got {members!r}"
        )
    return int(members)


def interval_of(members: Floats) -> tuple[Floats, Floats]:
    """Ends of the interval that holds 90 in 100, from members along the first axis.

    Quantiles are those of Weibull, with which a further draw lies in the interval as often as it
    should, however few the members are; a little more often (91 in 100 with 50 of them), since the
    mean of the members is known. No end is below 0.
    """
    low, high = np.maximum(np.quantile(members, (0.05, 0.95), axis=0, method="weibull"), 0)
    return low, high
