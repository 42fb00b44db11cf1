"""Means of a field over districts, by area and by people, and shares above a threshold."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.by_value import ByValue
from pointfuse.basics.counted import counted
from pointfuse.errors import InputError
from pointfuse.fields.xarray_extra import xarray_library
from pointfuse.grid.districts import District
from pointfuse.grid.overlap import Overlap, overlap
from pointfuse.grid.regular_grid import Grid

if TYPE_CHECKING:
    import pandas
    import xarray

logger = logging.getLogger(__name__)

Floats = NDArray[np.float64]

_WHOLE = 0.999
"""Part of a district on the grid from which on nothing is said."""


@dataclass(frozen=True, eq=False)
class DistrictReader:
    """Reads fields on a grid over districts.

    Parameters
    ----------
    overlap : Overlap
        Shares of cells in the districts.
    people : ndarray of float64, shape (n,), optional
        People in each of its parts of cells.
    """

    overlap: Overlap
    people: Floats | None

    @classmethod
    def of(
        cls, grid: Grid, districts: Sequence[District], population: Floats | None = None
    ) -> DistrictReader:
        """Reader for the districts that touch the grid; a warning counts those that do not.

        Parameters
        ----------
        grid : Grid
            The grid.
        districts : sequence of District
            The districts.
        population : ndarray, shape (row, column), optional
            People in each cell.

        Raises
        ------
        InputError
            If none of them touches the grid.
        """
        shares = overlap(grid, districts)
        on_grid = shares.inside > 0
        outside = [name for name, on in zip(shares.names, on_grid, strict=True) if not on]
        if not on_grid.any():
            raise InputError(
                f"none of the {counted(len(outside), 'region')} lies on the grid, first "
                f"{outside[0]}; expected longitudes, then latitudes, in degrees"
            )
        if outside:
            left_out = counted(len(outside), "region")
            logger.warning("%s outside the grid left out, first %s", left_out, outside[0])
            shares = shares.only(on_grid)
        partly = np.flatnonzero(shares.inside < _WHOLE)
        if len(partly):
            logger.warning(
                "%s partly outside the grid: the means are of what lies on it, first %s (%.1f %%)",
                counted(len(partly), "region"),
                shares.names[partly[0]],
                100 * shares.inside[partly[0]],
            )
        people = None if population is None else shares.share * population.ravel()[shares.cell]
        return cls(shares, people)

    def mean(self, field: NDArray[np.floating[Any]], *, by_people: bool = False) -> Floats:
        """Mean of a field over each district.

        Parameters
        ----------
        field : ndarray, shape (row, column)
            The field; cells without a value (NaN) do not count.
        by_people : bool
            Whether cells count by their people, or by their area on the Earth.

        Returns
        -------
        ndarray of float64, shape (district,)
            NaN where nothing counts.
        """
        values = field.ravel()[self.overlap.cell].astype(np.float64)
        return self._weighted(values, self._weights(by_people))

    def share_above(
        self, field: NDArray[np.floating[Any]], threshold: float, *, by_people: bool = False
    ) -> Floats:
        """Share of the area, or of the people, of each district where a field is above a threshold.

        Parameters
        ----------
        field : ndarray, shape (row, column)
            The field.
        threshold : float
            The threshold, which itself is not above.
        by_people : bool
            Whether to count people.

        Returns
        -------
        ndarray of float64, shape (district,)
            0 to 1; NaN where nothing counts.
        """
        values = field.ravel()[self.overlap.cell].astype(np.float64)
        if not np.isfinite(threshold):
            raise InputError(f"expected a number that values can be above, got {threshold}")
        above = np.where(np.isnan(values), np.nan, values > threshold)
        return self._weighted(above, self._weights(by_people))

    def _weights(self, by_people: bool) -> Floats:
        if not by_people:
            return self.overlap.area
        if self.people is None:
            raise InputError("people are not known; give a raster of the population")
        return self.people

    def _weighted(self, values: Floats, weights: Floats) -> Floats:
        known = np.isfinite(values)
        total = self.overlap.sums(np.where(known, weights * values, 0.0))
        weight = self.overlap.sums(np.where(known, weights, 0.0))
        mean = np.full(len(total), np.nan)
        np.divide(total, weight, out=mean, where=weight > 0)
        return mean


@dataclass(frozen=True, eq=False)
class DistrictMeans(ByValue):
    """Means over districts, day by day.

    Parameters
    ----------
    variable, units : str
        The variable and its units.
    regions : tuple of str
        Names of the districts.
    days : ndarray of datetime64[D], shape (day,)
        When.
    values : ndarray of float64, shape (day, region)
        Means by area; NaN on days without a field.
    by_population : ndarray of float64, shape (day, region), optional
        Means by people.
    low, high, low_by_population, high_by_population : ndarray, shape (day, region), optional
        Ends of the intervals that hold 90 in 100, where members were asked for.
    """

    variable: str
    units: str
    regions: tuple[str, ...]
    days: NDArray[np.datetime64]
    values: Floats
    by_population: Floats | None = None
    low: Floats | None = None
    high: Floats | None = None
    low_by_population: Floats | None = None
    high_by_population: Floats | None = None

    def __repr__(self) -> str:
        period = f"{self.days[0]} to {self.days[-1]}" if len(self.days) else "no days"
        return (
            f"<DistrictMeans of {self.variable} ({self.units}) over "
            f"{counted(len(self.regions), 'region')}, {period}>"
        )

    def to_xarray(self) -> xarray.Dataset:
        """The means as a dataset with the dimensions date and region.

        Raises
        ------
        MissingExtraError
            If xarray is not installed.
        """
        found = {
            self.variable: self.values,
            f"{self.variable}_low": self.low,
            f"{self.variable}_high": self.high,
            f"{self.variable}_by_population": self.by_population,
            f"{self.variable}_by_population_low": self.low_by_population,
            f"{self.variable}_by_population_high": self.high_by_population,
        }
        dataset: xarray.Dataset = xarray_library().Dataset(
            {
                name: (("date", "region"), values, {"units": self.units})
                for name, values in found.items()
                if values is not None
            },
            {"date": self.days.astype("datetime64[ns]"), "region": list(self.regions)},
        )
        return dataset

    def to_dataframe(self) -> pandas.DataFrame:
        """The means as a table of pandas with a row a day and region.

        Raises
        ------
        MissingExtraError
            If xarray, which brings pandas, is not installed.
        """
        return self.to_xarray().to_dataframe().reset_index()
