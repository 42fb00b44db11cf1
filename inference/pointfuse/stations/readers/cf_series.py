"""Time series at stations in netCDF: discrete sampling geometries of the CF conventions.

Layout (https://cfconventions.org, chapter 9 and appendix H.2): ``featureType = "timeSeries"``, in
any of the representations: orthogonal or incomplete multidimensional arrays, contiguous or indexed
ragged arrays, or a single station. Variables are found by their standard names or their names.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.classic_netcdf import check_classic
from pointfuse.basics.printable import listed
from pointfuse.basics.timezones import zone_name
from pointfuse.basics.units import conversion_factor
from pointfuse.errors import InputError, UnreadableFileError
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.records import Records
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.tables.station_file import StationFile

LAYOUT = "netCDF with featureType = timeSeries"
COLUMNS = ()
SIGN = "its first bytes are those of netCDF"

_MAGIC = (b"CDF\x01", b"CDF\x02", b"CDF\x05", b"\x89HDF\r\n\x1a\n")
_DAY = datetime.timedelta(days=1)

# Words in the meaning of a quality flag that reject a value, as in QARTOD and OceanSITES.
_REJECTING = frozenset(
    {"bad", "suspect", "fail", "failed", "erroneous", "invalid", "missing", "questionable"}
)


def recognises(file: StationFile) -> bool:
    """Whether a file is netCDF, of any kind."""
    return file.content.startswith(_MAGIC)


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read the time series of a netCDF file.

    Values are means of their ``time`` bounds where there are any. Without bounds they are daily
    means if all are stamped with one time of the day, on several days, or at midnight; else they
    belong to the hour of their time stamp. Values that a quality flag rejects are missing.

    Raises
    ------
    InputError
        If the file is damaged or not laid out so, or a unit is unknown.
    """
    try:
        check_classic(file.content)
        with netCDF4.Dataset("memory", memory=file.content) as dataset:
            return _Series(file.name, dataset, request).observations()
    except (OSError, RuntimeError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0][:120]
        raise UnreadableFileError(
            f"{file.name} is a damaged netCDF file ({reason}); get it again"
        ) from error


class _Series:
    """The time series of an open file."""

    def __init__(self, name: str, dataset: netCDF4.Dataset, request: ReadRequest) -> None:
        self._name, self._dataset, self._request = name, dataset, request
        kind = str(getattr(dataset, "featureType", "none"))
        if kind.lower() != "timeseries":
            source = str(getattr(dataset, "source", getattr(dataset, "HISTORY", "")))
            if "pointfuse" in source:
                raise UnreadableFileError(
                    f"{name} holds fields that pointfuse wrote, no observations; give the files "
                    "of stations that they were made of"
                )
            raise UnreadableFileError(
                f"{name} is a netCDF file with featureType {kind[:40]}; expected time series of "
                "stations, featureType timeSeries"
            )
        self._longitude, self._latitude = (
            self._the("standard_name", name) for name in ("longitude", "latitude")
        )
        self._time = self._the("standard_name", "time")
        self._stations = self._longitude.dimensions

    def observations(self) -> Observations:
        """All values of the file that were asked for."""
        wanted = self._request.variables
        found = {name: variable for name in wanted if (variable := self._variable(name))}
        if not found:
            names = [f"{name} ({variable.standard_name})" for name, variable in wanted.items()]
            raise InputError(
                f"{self._name}: expected a variable or standard name such as {' or '.join(names)}, "
                f"the variables are {', '.join(self._dataset.variables)[:120]}"
            )
        labels, remarks = self._labels()
        unit = "D" if any(isinstance(label, np.datetime64) for label in labels.flat) else "h"
        records = Records(self._name, "cf", self._request, unit)
        places = self._places()
        unplaced = 0
        for name, variable in found.items():
            station, label, values = self._spread(variable, labels)
            values = values * self._factor(name, variable)
            rejected = self._rejected(variable) & np.isfinite(values)
            if rejected.any():
                remarks.append(
                    f"{rejected.sum()} values of {name} were left out for their quality flag"
                )
            values = np.where(rejected, np.nan, values)
            for number, time, value in zip(station.flat, label.flat, values.flat, strict=True):
                if time is None or not 0 <= number < len(places):
                    unplaced += not math.isnan(value)
                else:
                    records.add(places[number], "", time, {name: float(value)})
        if unplaced:
            remarks.append(f"{unplaced} values without a time or a station were left out")
        return records.observations(remarks)

    def _the(self, attribute: str, value: str) -> netCDF4.Variable[Any]:
        """The one variable with an attribute."""
        found = self._dataset.get_variables_by_attributes(**{attribute: value})
        if len(found) != 1:
            raise InputError(
                f"{self._name}: expected one variable with {attribute} = {value}, found "
                f"{len(found)}"
            )
        return found[0]

    def _variable(self, name: str) -> netCDF4.Variable[Any] | None:
        """The variable of a name or its standard name."""
        standard = self._request.variables[name].standard_name
        found = self._dataset.get_variables_by_attributes(standard_name=standard)
        if len(found) > 1:
            raise InputError(
                f"{self._name} has {standard} in {listed(sorted(each.name for each in found))}; "
                "expected one of them"
            )
        return found[0] if found else self._dataset.variables.get(name)

    def _factor(self, name: str, variable: netCDF4.Variable[Any]) -> float:
        """Factor from the units of a variable to those of the request."""
        wanted = self._request.variables[name].units
        units = getattr(variable, "units", None) or self._request.units.get(name)
        if units is None:
            raise InputError(
                f"{self._name}: {variable.name} has no units; give them (--units {name}=...)"
            )
        return conversion_factor(name, str(units), wanted)

    def _places(self) -> list[tuple[str, float, float]]:
        """Code, longitude and latitude of each station."""
        longitude, latitude = (_numbers(each).ravel() for each in (self._longitude, self._latitude))
        codes = [str(number) for number in range(len(longitude))]
        named = self._dataset.get_variables_by_attributes(cf_role="timeseries_id")
        if named:
            given = named[0][...]
            if getattr(given, "dtype", None) == np.dtype("S1"):
                given = netCDF4.chartostring(np.ma.filled(given, b"\0"))
            codes = [str(text).strip(" \0") for text in np.ravel(given)]
        if not len(codes) == len(longitude) == len(latitude) or len(set(codes)) < len(codes):
            raise InputError(
                f"{self._name}: expected a place and a name of its own for each station, got "
                f"{len(longitude)} longitudes, {len(latitude)} latitudes and {len(set(codes))} "
                "names"
            )
        return list(zip(codes, longitude.tolist(), latitude.tolist(), strict=True))

    def _labels(self) -> tuple[NDArray[Any], list[str]]:
        """Day or instant of each time, in the shape of the times; None where one is missing."""
        begin = self._instants(self._time[...])
        bounds = getattr(self._time, "bounds", None)
        if bounds in self._dataset.variables:
            edges = self._instants(self._dataset.variables[bounds][...])
            begin, end = edges[..., 0], edges[..., 1]
            lengths = {b - a for a, b in zip(begin.flat, end.flat, strict=True) if a and b}
            daily = lengths == {_DAY}
            middle = _each(lambda a, b: a + (b - a) / 2 if a and b else None, begin, end)
        else:
            clocks = {time.time() for time in begin.flat if time}
            days = {time.date() for time in begin.flat if time}
            daily = len(clocks) == 1 and (len(days) > 1 or clocks == {datetime.time()})
            middle = begin
        if not daily:
            return middle, []
        if bounds in self._dataset.variables:
            # The calendar day in which the middle of the 24 hours lies.
            zone = self._request.timezone
            local = _each(lambda time: time and time.astimezone(zone), middle)
            shifted = {time.time() for time in local.flat if time} != {datetime.time(12)}
        else:
            local, shifted = middle, True
        remarks = []
        if shifted:
            remarks.append(f"daily means were taken as days of {zone_name(self._request.timezone)}")
        return _each(lambda time: time and np.datetime64(time.date(), "D"), local), remarks

    def _instants(self, numbers: Any) -> NDArray[Any]:
        """Instants of numbers in the units of the file; None where one is missing."""
        units = str(getattr(self._time, "units", ""))
        calendar = str(getattr(self._time, "calendar", "standard"))
        given = np.ma.masked_invalid(np.ma.asarray(numbers, np.float64))
        known, where = np.unique(given.compressed(), return_inverse=True)
        try:
            times: Any = netCDF4.num2date(
                known,
                units,
                calendar,
                only_use_cftime_datetimes=False,
                only_use_python_datetimes=True,
            )
        except (ValueError, OverflowError) as error:
            raise InputError(
                f"{self._name}: expected times such as 'hours since 2019-01-01' in a calendar "
                f"that people use, got '{units[:60]}', {calendar[:20]}"
            ) from error
        whole = [_to_the_second(time) for time in np.atleast_1d(times)]
        instants = np.full(given.shape, None, object)
        instants[~np.ma.getmaskarray(given)] = np.array(whole, object)[where]
        return instants

    def _spread(
        self, variable: netCDF4.Variable[Any], labels: NDArray[Any]
    ) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[np.float64]]:
        """Station, label and value of each cell of a variable, in its shape."""
        values = _numbers(variable)
        dimensions = variable.dimensions
        if set(self._stations) <= set(dimensions):
            count = math.prod(self._longitude.shape)
            station = self._along(dimensions, self._stations, np.arange(count))
        else:
            station = self._ragged(variable)
        label = self._along(dimensions, self._time.dimensions, labels)
        return (
            np.broadcast_to(station, values.shape),
            np.broadcast_to(label, values.shape),
            values,
        )

    def _along(
        self, dimensions: tuple[str, ...], own: tuple[str, ...], values: NDArray[Any]
    ) -> NDArray[Any]:
        """Values with some dimensions, ready to be spread over others."""
        if not set(own) <= set(dimensions):
            raise InputError(
                f"{self._name}: expected values along {', '.join(own)}, they lie along "
                f"{', '.join(dimensions) or 'nothing'}"
            )
        order = sorted(range(len(own)), key=lambda i: dimensions.index(own[i]))
        sizes = [values.shape[own.index(d)] if d in own else 1 for d in dimensions]
        return (
            values.reshape([len(self._dataset.dimensions[d]) for d in own])
            .transpose(order)
            .reshape(sizes)
        )

    def _ragged(self, variable: netCDF4.Variable[Any]) -> NDArray[np.int64]:
        """Station of each value of a ragged array."""
        size = math.prod(variable.shape)
        counts = self._dataset.get_variables_by_attributes(
            sample_dimension=lambda name: name in variable.dimensions
        )
        if counts:
            number = np.nan_to_num(_numbers(counts[0]).ravel()).astype(np.int64)
            if (number < 0).any() or number.sum() != size:
                raise InputError(
                    f"{self._name}: {counts[0].name} counts {number.sum()} values, there are {size}"
                )
            return np.repeat(np.arange(len(number)), number)
        indices = self._dataset.get_variables_by_attributes(
            instance_dimension=lambda name: name in self._stations
        )
        if not indices:
            raise InputError(
                f"{self._name}: expected the station of each value of {variable.name}, by its "
                "dimensions, a sample_dimension or an instance_dimension"
            )
        return np.nan_to_num(_numbers(indices[0]), nan=-1).astype(np.int64)

    def _rejected(self, variable: netCDF4.Variable[Any]) -> NDArray[np.bool_]:
        """Which values a quality flag rejects."""
        rejected = np.zeros(variable.shape, bool)
        for name in str(getattr(variable, "ancillary_variables", "")).split():
            flag = self._dataset.variables.get(name)
            if flag is None or flag.dimensions != variable.dimensions:
                continue
            meanings = str(getattr(flag, "flag_meanings", "")).lower().split()
            values = np.ravel(getattr(flag, "flag_values", ()))
            bad = [
                value
                for value, meaning in zip(values, meanings, strict=False)
                if _REJECTING & set(meaning.split("_"))
            ]
            rejected |= np.isin(np.ma.filled(flag[...], flag.dtype.type(0)), bad) & (
                ~np.ma.getmaskarray(flag[...])
            )
        return rejected


def _numbers(variable: netCDF4.Variable[Any]) -> NDArray[np.float64]:
    """Values of a variable; NaN where missing."""
    return np.ma.filled(np.ma.asarray(variable[...], np.float64), np.nan)


def _each(function: Callable[..., Any], *arrays: NDArray[Any]) -> NDArray[Any]:
    """A function of each element, as objects."""
    results = np.empty(arrays[0].size, object)
    results[:] = [function(*each) for each in zip(*(array.flat for array in arrays), strict=True)]
    return results.reshape(arrays[0].shape)


def _to_the_second(time: datetime.datetime) -> datetime.datetime:
    """An instant in UTC without the fractions that numbers of days leave."""
    half = datetime.timedelta(milliseconds=500)
    return (time + half).replace(microsecond=0, tzinfo=datetime.UTC)
