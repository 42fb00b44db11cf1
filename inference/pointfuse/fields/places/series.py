"""Values at places, day by day: a fused variable, its interval, the distance to a station."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.by_value import ByValue
from pointfuse.basics.counted import counted
from pointfuse.basics.table_files import writing_table
from pointfuse.errors import ArgumentError, require_path
from pointfuse.fields.places.points import Places
from pointfuse.fields.timed_fields import MULTIPLES
from pointfuse.fields.xarray_extra import xarray_library
from pointfuse.grid.regular_grid import Grid, Interpolation

if TYPE_CHECKING:
    import pandas
    import xarray

logger = logging.getLogger(__name__)

Method = Literal["nearest", "bilinear"]
"""How a field is read at a place: the value of its cell, or between the four nearest centres."""

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class PlaceReader:
    """Reads fields on a grid at places.

    Parameters
    ----------
    places : Places
        The places.
    cell : ndarray of int64, shape (place,)
        ``row * columns + column`` of the cell of each, -1 outside the grid.
    interpolation : Interpolation
        How a field is read between centres at those on the grid.
    method : str
        ``nearest`` or ``bilinear``.
    """

    places: Places
    cell: NDArray[np.int64]
    interpolation: Interpolation
    method: Method

    @classmethod
    def of(cls, grid: Grid, places: Places, method: Method) -> PlaceReader:
        """Reader of the fields of a grid, which says how many places lie outside.

        Raises
        ------
        ArgumentError
            If the method is another one.
        """
        if method not in get_args(Method):
            raise ArgumentError(f"expected the method nearest or bilinear, got {method!r}")
        cell = grid.cells(places.longitude, places.latitude)
        inside = cell >= 0
        located = np.isfinite(places.longitude) & np.isfinite(places.latitude)
        if (nowhere := np.flatnonzero(~located)).size:
            logger.warning(
                "%s without coordinates, and so without values, first %s",
                counted(nowhere.size, "place"),
                places.name[nowhere[0]],
            )
        if (out := np.flatnonzero(located & ~inside)).size:
            logger.warning(
                "%s outside the grid without values, first %s (%g, %g)",
                counted(out.size, "place"),
                places.name[out[0]],
                places.longitude[out[0]],
                places.latitude[out[0]],
            )
        around = grid.interpolation(places.longitude[inside], places.latitude[inside])
        return cls(places, cell, around, method)

    def read(self, field: Floats) -> Floats:
        """Values of a field at the places.

        Parameters
        ----------
        field : ndarray, shape (row, column)
            The field.

        Returns
        -------
        ndarray, shape (place,)
            In the type of the field; NaN for places outside the grid.
        """
        values = np.full(len(self.places), np.nan, field.dtype)
        inside, cells = self.cell >= 0, field.ravel()
        if self.method == "nearest":
            values[inside] = cells[self.cell[inside]]
        else:
            values[inside] = self.interpolation.read(cells)
        return values


@dataclass(frozen=True, eq=False)
class PlaceSeries(ByValue):
    """Values at places, day by day.

    Parameters
    ----------
    variable, units : str
        The variable and its units.
    places : Places
        Where.
    days : ndarray of datetime64[D] or datetime64[h], shape (day,)
        When; hours, of fields of hours.
    values : ndarray, shape (day, place)
        The variable; NaN on days without a field, and at places outside the grid.
    uncertainty : ndarray, shape (day, place), optional
        Its standard uncertainty; None where the fields have none.
    station_distance : ndarray, shape (day, place), optional
        Distance of the cell to the nearest cell with a station, km; None where it is not known.
    least : float
        What the variable is at least: 0 for a concentration.
    """

    variable: str
    units: str
    places: Places
    days: NDArray[np.datetime64]
    values: Floats
    uncertainty: Floats | None
    station_distance: Floats | None
    least: float = 0.0

    def __repr__(self) -> str:
        period = f"{self.days[0]} to {self.days[-1]}" if len(self.days) else "no days"
        return (
            f"<PlaceSeries of {self.variable} ({self.units}) at "
            f"{counted(len(self.places), 'place')}, {period}>"
        )

    @property
    def low(self) -> Floats | None:
        """Lower end of the interval that holds 90 of 100 stations, shape (day, place)."""
        if self.uncertainty is None:
            return None
        low: Floats = np.maximum(self.values - self._half_width, self.values.dtype.type(self.least))
        return low

    @property
    def high(self) -> Floats | None:
        """Upper end of the interval that holds 90 of 100 stations, shape (day, place)."""
        if self.uncertainty is None:
            return None
        return self.values + self._half_width

    @property
    def _half_width(self) -> Floats:
        assert self.uncertainty is not None
        return self.uncertainty * self.uncertainty.dtype.type(MULTIPLES[90])

    @property
    def _quantities(self) -> dict[str, Floats]:
        """What is known of each day and place, by the names of columns."""
        found = {
            self.variable: self.values,
            f"{self.variable}_uncertainty": self.uncertainty,
            f"{self.variable}_low": self.low,
            f"{self.variable}_high": self.high,
            "station_distance_km": self.station_distance,
        }
        return {name: values for name, values in found.items() if values is not None}

    def columns(self) -> dict[str, NDArray[Any]]:
        """The series as a table with a row a day and place, the places of a day together."""
        days, places = len(self.days), len(self.places)
        return {
            "place": np.tile(self.places.name, days),
            "longitude": np.tile(self.places.longitude, days),
            "latitude": np.tile(self.places.latitude, days),
            "date": np.repeat(self.days, places),
            **{name: values.ravel() for name, values in self._quantities.items()},
        }

    def write(self, path: str | PathLike[str]) -> Path:
        """Write the series to a CSV or Parquet file, by the suffix.

        Raises
        ------
        MissingExtraError
            If Parquet is asked for, and pyarrow is not installed.
        OutputError
            If the file cannot be written.
        """
        require_path(path, "the table to write")
        with writing_table(Path(path)) as append:
            append(self.columns())
        return Path(path)

    def to_xarray(self) -> xarray.Dataset:
        """The series as a dataset with the dimensions date and place.

        Raises
        ------
        MissingExtraError
            If xarray is not installed.
        """
        units = dict.fromkeys(self._quantities, self.units) | {"station_distance_km": "km"}
        dataset: xarray.Dataset = xarray_library().Dataset(
            {
                name: (("date", "place"), values, {"units": units[name]})
                for name, values in self._quantities.items()
            },
            {
                "date": self.days.astype("datetime64[ns]"),
                "place": self.places.name,
                "longitude": ("place", self.places.longitude, {"units": "degrees_east"}),
                "latitude": ("place", self.places.latitude, {"units": "degrees_north"}),
            },
        )
        return dataset

    def to_dataframe(self) -> pandas.DataFrame:
        """The series as a table of pandas with a row a day and place.

        Raises
        ------
        MissingExtraError
            If xarray, which brings pandas, is not installed.
        """
        table = self.to_xarray().to_dataframe().reset_index()
        return table[list(self.columns())]
