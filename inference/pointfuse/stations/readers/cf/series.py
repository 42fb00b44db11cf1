"""Read station time series from netCDF: CF discrete sampling geometries.

Layout (https://cfconventions.org, chapter 9 and appendix H.2): ``featureType = "timeSeries"``, in
any of the representations: orthogonal or incomplete multidimensional arrays, contiguous or indexed
ragged arrays, or a single station. Variables are found by their standard names or their names.
"""

from __future__ import annotations

import math
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.counted import counted
from pointfuse.basics.netcdf_files.classic_netcdf import check_classic
from pointfuse.basics.netcdf_files.netcdf_values import open_netcdf, read_numbers, stored
from pointfuse.basics.printable import listed, printable
from pointfuse.errors import InputError, UnreadableFileError
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.cf.days import labels
from pointfuse.stations.readers.cf.flags import rejected_by_flags
from pointfuse.stations.readers.records import Records
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.tables.coordinates import (
    NO_PLACE,
    PLACE,
    one_is_impossible,
    shows_wrong_column,
    stands_somewhere,
)
from pointfuse.stations.tables.station_file import StationFile

LAYOUT = "netCDF with featureType = timeSeries"
COLUMNS = ()
SIGN = "its first bytes are those of netCDF"

_LARGEST = 2**40
_MAGIC = (b"CDF\x01", b"CDF\x02", b"CDF\x05", b"\x89HDF\r\n\x1a\n")


def recognises(file: StationFile) -> bool:
    """Whether a file is netCDF, of any kind."""
    return file.content.startswith(_MAGIC)


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read the time series of a netCDF file.

    Values belong to days or hours as `pointfuse.stations.readers.cf.days.labels` says. Those that
    a quality flag rejects are missing.

    Raises
    ------
    InputError
        If the file is damaged or not laid out so, or a unit is unknown.
    """
    try:
        check_classic(file.content)
        with open_netcdf("memory", file.content) as dataset:
            return _Series(file.name, dataset, request).observations()
    except InputError as error:
        raise type(error)(f"{file.name}: {error}") from error
    except (OSError, RuntimeError, UnicodeDecodeError) as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise UnreadableFileError(
            f"{file.name} is a damaged netCDF file ({said[:120]}); get it again"
        ) from error


class _Series:
    """The time series of an open file."""

    def __init__(self, name: str, dataset: netCDF4.Dataset, request: ReadRequest) -> None:
        self._name, self._dataset, self._request = name, dataset, request
        self._remarks: list[str] = []
        kind = str(getattr(dataset, "featureType", "none"))
        if kind.lower() != "timeseries":
            if "pointfuse" in str(getattr(dataset, "source", getattr(dataset, "HISTORY", ""))):
                raise UnreadableFileError(
                    "it holds fields that pointfuse wrote, no observations; give the files of "
                    "stations that they were made of"
                )
            raise UnreadableFileError(
                f"it is a netCDF file with featureType {kind[:40]}; expected time series of "
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
            name, standard = next((name, each.standard_name) for name, each in wanted.items())
            raise UnreadableFileError(
                f"expected a variable or standard name such as {name} ({standard}), the variables "
                f"are {', '.join(self._dataset.variables)[:60]}"
            )
        times = self._labels()
        unit = "D" if any(isinstance(label, np.datetime64) for label in times.flat) else "h"
        records = Records(self._name, "cf", self._request, unit)
        places = self._places()
        unplaced = 0
        for name, variable in found.items():
            station, label, values = self._spread(variable, times)
            with np.errstate(over="ignore"):
                values = values * self._factor(name, variable)
            if infinite := int(np.isinf(values).sum()):
                self._remarks.append(f"{counted(infinite, 'infinite value')} of {name} left out")
                values[np.isinf(values)] = np.nan
            rejected = rejected_by_flags(
                name, variable, self._dataset, station, self._stations, self._remarks
            ) & ~np.isnan(values)
            if rejected.any():
                self._remarks.append(
                    f"{counted(int(rejected.sum()), 'value')} of {name} left out for the "
                    "quality flag"
                )
            values = np.where(rejected, np.nan, values)
            for number, time, value in zip(station.flat, label.flat, values.flat, strict=True):
                if time is None or not (0 <= number < len(places) and places[number][0]):
                    unplaced += not math.isnan(value)
                else:
                    records.add(places[number], "", time, {name: float(value)})
        if unplaced:
            self._remarks.append(
                f"{counted(unplaced, 'value')} without a time or a station left out"
            )
        return records.observations(
            self._remarks,
            columns={"time": self._time.name} | {name: each.name for name, each in found.items()},
            units={name: str(getattr(each, "units", "")) for name, each in found.items()},
            clock=f"of '{str(getattr(self._time, 'units', ''))[:60]}'",
        )

    def _the(self, attribute: str, value: str) -> netCDF4.Variable[Any]:
        """The one variable with an attribute."""
        found = self._dataset.get_variables_by_attributes(**{attribute: value})
        if len(found) != 1:
            error = InputError if found else UnreadableFileError
            raise error(f"expected one variable with {attribute} = {value}, found {len(found)}")
        return found[0]

    def _variable(self, name: str) -> netCDF4.Variable[Any] | None:
        """The variable of a name or its standard name."""
        standard = self._request.variables[name].standard_name
        found = self._dataset.get_variables_by_attributes(standard_name=standard)
        if len(found) > 1:
            raise InputError(
                f"it has {standard} in {listed(sorted(each.name for each in found))}; "
                "expected one of them"
            )
        return found[0] if found else self._dataset.variables.get(name)

    def _factor(self, name: str, variable: netCDF4.Variable[Any]) -> float:
        """Factor from the units of a variable to those of the request."""
        units = getattr(variable, "units", None) or self._request.units.get(name)
        if units is None:
            raise InputError(f"{variable.name} has no units; give them (--units {name}=...)")
        return self._request.factor(name, str(units))

    def _places(self) -> list[tuple[str, float, float]]:
        """Code, longitude and latitude of each station."""
        longitude, latitude = (
            self._numbers(each).ravel() for each in (self._longitude, self._latitude)
        )
        codes = [str(number) for number in range(len(longitude))]
        named = self._dataset.get_variables_by_attributes(cf_role="timeseries_id")
        if named:
            given = stored(named[0])
            texts = _joined(given) if given.dtype == np.dtype("S1") else given.ravel().tolist()
            codes = [printable(str(text).strip(" \0")) for text in texts]
        named_codes = [code for code in codes if code]
        repeated = len(set(named_codes)) < len(named_codes)
        if repeated or not len(codes) == len(longitude) == len(latitude):
            raise InputError(
                "expected a place and a name of its own for each station, got "
                f"{len(longitude)} longitudes, {len(latitude)} latitudes and {len(set(codes))} "
                "names"
            )
        known = np.isfinite(longitude) & np.isfinite(latitude)
        placed = np.array([*map(stands_somewhere, longitude, latitude)], bool)
        odd = np.flatnonzero(known & ~placed)
        if len(odd):
            pairs = [(float(longitude[place]), float(latitude[place])) for place in odd]
            lone = [one_is_impossible(*pair, *(f"{part:g}" for part in pair)) for pair in pairs]
            wrong = shows_wrong_column(sum(lone), int(known.sum()))
            first = lone.index(True) if wrong else 0
            shown = "{:g} and {:g}".format(*pairs[first])
            code = codes[odd[first]][:40]
            if wrong or self._request.strict or not placed.any():
                error = InputError if wrong or placed.any() else UnreadableFileError
                others = (sum(lone) if wrong else len(odd)) - 1
                more = f", and {others} more such" if others else ""
                raise error(f"expected {PLACE}, got {shown} for station {code}{more}; correct them")
            self._remarks.append(
                f"{NO_PLACE} {counted(len(odd), 'station')}, first {code} ({shown})"
            )
        longitude, latitude = (np.where(placed, each, np.nan) for each in (longitude, latitude))
        return list(zip(codes, longitude.tolist(), latitude.tolist(), strict=True))

    def _labels(self) -> NDArray[Any]:
        """Day or instant of each time, in the shape of the times; None where one is missing."""
        name = str(getattr(self._time, "bounds", ""))
        bounds = self._dataset.variables.get(name)
        if name and bounds is None:
            self._remarks.append(f"{printable(name)}, the bounds of time, are not in the file")
        return labels(self._time, bounds, self._request.timezone, self._remarks)

    def _spread(
        self, variable: netCDF4.Variable[Any], times: NDArray[Any]
    ) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[np.float64]]:
        """Station, label and value of each cell of a variable, in its shape."""
        values = read_numbers(variable, remarks=self._remarks)
        dimensions = variable.dimensions
        if set(self._stations) <= set(dimensions):
            count = math.prod(self._longitude.shape)
            station = self._along(dimensions, self._stations, np.arange(count))
        else:
            station = self._ragged(variable)
        label = self._along(dimensions, self._time.dimensions, times)
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
                f"expected values along {', '.join(own)}, they lie along "
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
            number = self._whole(counts[0], missing=0).ravel()
            if (number < 0).any() or number.sum() != size:
                raise InputError(f"{counts[0].name} counts {number.sum()} values, there are {size}")
            return np.repeat(np.arange(len(number)), number)
        indices = self._dataset.get_variables_by_attributes(
            instance_dimension=lambda name: name in self._stations
        )
        if not indices:
            raise InputError(
                f"expected the station of each value of {variable.name}, by its "
                "dimensions, a sample_dimension or an instance_dimension"
            )
        return self._whole(indices[0], missing=-1)

    def _numbers(self, variable: netCDF4.Variable[Any]) -> NDArray[np.float64]:
        """Coordinates or counts; NaN where missing or infinite."""
        values = read_numbers(variable, remarks=self._remarks)
        return np.where(np.isfinite(values), values, np.nan)

    def _whole(self, variable: netCDF4.Variable[Any], missing: int) -> NDArray[np.int64]:
        """Counts or indices; another number where one is missing or larger than any file."""
        values = self._numbers(variable)
        return np.where(np.abs(values) < _LARGEST, values, missing).astype(np.int64)


def _joined(characters: NDArray[np.bytes_]) -> list[str]:
    """Texts of arrays of single bytes along the last axis, in UTF-8; other bytes as escapes."""
    # One byte more, since no text of numpy is empty.
    end = np.zeros((*characters.shape[:-1], 1), "S1")
    ended = np.concatenate([characters, end], axis=-1)
    texts = np.ascontiguousarray(ended).view(f"S{ended.shape[-1]}").ravel().tolist()
    return [text.decode("utf-8", "backslashreplace") for text in texts]
