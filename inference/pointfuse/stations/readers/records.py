"""Single records of stations, instruments and times, and tables made from them."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.counted import counted
from pointfuse.model.metadata import Variable
from pointfuse.stations.merging import table_of_means
from pointfuse.stations.observations import Observations, SourceFile, Stations
from pointfuse.stations.readers.request import ReadRequest

Station = tuple[str, float, float]
"""Code, longitude and latitude; NaN where a place is unknown."""


@dataclass
class _Column:
    """The values of a variable so far, as lists of one length."""

    instrument: list[int] = field(default_factory=list)
    instant: list[float] = field(default_factory=list)
    time: list[np.datetime64] = field(default_factory=list)
    value: list[float] = field(default_factory=list)


class Records:
    """Values as a file gives them, gathered into one table a variable.

    A code at two places is two stations. Of an instrument that gives two values for one instant
    the first is kept; its values of an hour are averaged, then those of the instruments of a
    station. Values that are none, such as -999, take no part where there are others.

    Parameters
    ----------
    name, format_name : str
        File and format that they come from.
    request : ReadRequest
        What was asked for.
    unit : str
        ``h`` for hourly, ``D`` for daily records.
    """

    def __init__(self, name: str, format_name: str, request: ReadRequest, unit: str) -> None:
        self._name, self._format, self._unit = name, format_name, unit
        self._request = request
        self._stations: dict[tuple[str, float | None, float | None], int] = {}
        self._instruments: dict[tuple[int, str], int] = {}
        # Of each time: its hour or day, and its instant in seconds.
        self._times: dict[np.datetime64 | datetime.datetime, tuple[np.datetime64, float]] = {}
        self._columns: dict[str, _Column] = {}

    def add(
        self,
        station: Station,
        instrument: str,
        time: np.datetime64 | datetime.datetime,
        values: Mapping[str, float],
    ) -> None:
        """Add what an instrument gave at a time.

        Parameters
        ----------
        station : tuple of str and two floats
            Code, longitude and latitude.
        instrument : str
            Name of the instrument at its station.
        time : datetime64[D] or datetime.datetime
            A day, or an instant with its zone.
        values : mapping of str to float
            Values of the variables in the units of the request; NaN where missing.
        """
        code, *place = station
        longitude, latitude = (None if math.isnan(degrees) else degrees for degrees in place)
        number = self._stations.setdefault((code, longitude, latitude), len(self._stations))
        own = self._instruments.setdefault((number, instrument), len(self._instruments))
        if time not in self._times:
            self._times[time] = (
                (self._request.local_hour(time), time.timestamp())
                if isinstance(time, datetime.datetime)
                else (time, 0.0)
            )
        label, instant = self._times[time]
        for variable, value in values.items():
            column = self._columns.setdefault(variable, _Column())
            if not math.isnan(value):
                column.instrument.append(own)
                column.instant.append(instant)
                column.time.append(label)
                column.value.append(value)

    def observations(
        self,
        remarks: Sequence[str] = (),
        *,
        columns: Mapping[str, str] | None = None,
        units: Mapping[str, str] | None = None,
        clock: str = "",
    ) -> Observations:
        """The tables of all records so far.

        Parameters
        ----------
        remarks : sequence of str
            What else the reader found.
        columns, units, clock
            How it took the file, as in `SourceFile`.
        """
        found = list(remarks)
        labels = [label for label, _ in self._times.values()]
        times = np.unique(np.array(labels, f"datetime64[{self._unit}]"))
        values = {
            name: self._table(self._request.variables[name], column, times, found)
            for name, column in self._columns.items()
        }
        codes, *places = zip(*self._stations, strict=True) if self._stations else ((), (), ())
        longitude, latitude = (np.array(degrees, np.float64) for degrees in places)
        return Observations(
            Stations(np.array(codes, np.str_), longitude, latitude),
            times,
            values,
            self._request.timezone,
            (
                SourceFile(
                    self._name,
                    self._format,
                    len(codes),
                    len(times),
                    tuple(found),
                    columns or {},
                    units or {},
                    clock,
                ),
            ),
        )

    def _table(
        self,
        variable: Variable,
        column: _Column,
        times: NDArray[np.datetime64],
        remarks: list[str],
    ) -> NDArray[np.float64]:
        """Values of a variable, shape (time, station); what is odd is added to the remarks."""
        instrument = np.array(column.instrument, np.int64)
        time = np.searchsorted(times, np.array(column.time, times.dtype))
        value = np.array(column.value, np.float64)
        kept = _first_of_each(instrument, np.array(column.instant, np.float64), time)
        if not kept.all():
            remarks.append(
                f"{counted(int((~kept).sum()), 'value')} of {variable.name} given twice at one "
                "time; "
                "the first of each was kept"
            )
        instrument, time, value = instrument[kept], time[kept], value[kept]
        used, own = np.unique(instrument, return_inverse=True)
        each = means_in_range(time, own, value, (len(times), len(used)), variable, remarks)
        station = np.array([number for number, _ in self._instruments], np.int64)[used]
        several = int((np.bincount(station, minlength=1) > 1).sum())
        if several:
            remarks.append(
                f"{counted(several, 'station')} with several instruments for {variable.name}; the "
                "mean of them was taken"
            )
        row, of = np.nonzero(np.isfinite(each))
        shape = (len(times), len(self._stations))
        return means_in_range(row, station[of], each[row, of], shape, variable, remarks)


def means_in_range(
    time: NDArray[np.int64],
    station: NDArray[np.int64],
    values: NDArray[np.float64],
    shape: tuple[int, int],
    variable: Variable,
    remarks: list[str],
) -> NDArray[np.float64]:
    """Mean of the values of each time and station, without those that are none.

    An average of a value and -999 would look like a value.

    Parameters
    ----------
    time, station : ndarray of int64, shape (value,)
        Row and column of each value in the table.
    values : ndarray of float64, shape (value,)
        Values; NaN where missing.
    shape : tuple of two ints
        Times and stations.
    variable : Variable
        Its valid range. Where all values are outside, one of them stands for all, so that quality
        control finds it.
    remarks : list of str
        Gets one on how many left out of the means of others.

    Returns
    -------
    ndarray of float64, shape `shape`
        NaN where there is no value.
    """
    low, high = variable.valid_range
    outside = (values < low) | (values > high)
    means = np.full(shape, np.nan)
    means[time[outside], station[outside]] = values[outside]
    inside = table_of_means(time[~outside], station[~outside], values[~outside], shape)
    left_out = int(np.isfinite(inside[time[outside], station[outside]]).sum())
    if left_out:
        remarks.append(
            f"{counted(left_out, 'value')} of {variable.name} outside {low:g} to {high:g} "
            f"{variable.units} left out of the means of others"
        )
    return np.where(np.isnan(inside), means, inside)


def _first_of_each(*keys: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Which rows are the first with their keys."""
    order = np.lexsort(keys)  # stable: equal rows stay in the order of the file
    kept = np.ones(len(order), bool)
    same = [key[order][1:] == key[order][:-1] for key in keys]
    kept[order[1:][np.logical_and.reduce(same)]] = False
    return kept
