"""Members of fields: the field plus errors as large as its uncertainty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import ArgumentError, InputError, ModelFileError
from pointfuse.fields.cf.field_variables import CORRELATION, STATION_COUNT, UNCERTAINTY
from pointfuse.fields.map_file import MapFile
from pointfuse.fields.members.error_draws import ErrorDraws
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.error_correlation import ErrorCorrelation
from pointfuse.model.json_block import Block

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
            At least 0. Before they are cut there, their mean is the field and their standard
            deviation the uncertainty.
        """
        errors = self._draws.at(time, station_count)
        errors *= uncertainty.ravel()[self.cells, None].astype(np.float32)
        errors += field.ravel()[self.cells, None].astype(np.float32)
        return np.maximum(errors, np.float32(0), out=errors)

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

    def of_file(self, file: MapFile, time: int) -> NDArray[np.float32]:
        """Members of a field of a file.

        Parameters
        ----------
        file : MapFile
            A file that `correlation_of` a file is known of.
        time : int
            Place along its time axis.
        """
        count = file.support(STATION_COUNT)
        if count is None:
            raise InputError(f"{file.path.name} has no {STATION_COUNT}; {_NEEDED}")
        uncertainty = file.field(file.variable + UNCERTAINTY, time)
        stations = np.nan_to_num(file.field(count, time)).astype(np.int64)
        return self.at(file.times[time], file.field(file.variable, time), uncertainty, stations)


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
    content = {
        entry: np.atleast_1d(told[attribute]).tolist()
        if entry in ("hours", "passing")
        else np.asarray(told[attribute]).item()
        for attribute, entry in CORRELATION.items()
    }
    try:
        return ErrorCorrelation.of_block(Block(content, "error_correlation"))
    except ModelFileError as error:
        raise InputError(f"{file.path.name}: {error}") from error


def require_members(members: int) -> int:
    """The number of members, if it is enough for an interval.

    Raises
    ------
    ArgumentError
        If it is not.
    """
    if isinstance(members, bool) or not isinstance(members, int) or members < FEWEST:
        raise ArgumentError(f"expected at least {FEWEST} members, got {members!r}")
    return members


def interval_of(members: Floats) -> tuple[Floats, Floats]:
    """Ends of the interval that holds 90 in 100, from members along the first axis.

    Quantiles are those of Weibull, with which a further draw lies in the interval as often as it
    should, however few the members are.
    """
    low, high = np.quantile(members, (0.05, 0.95), axis=0, method="weibull")
    return low, high
