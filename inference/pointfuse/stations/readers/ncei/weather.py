"""Common parts of the readers of NCEI weather files."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence

import numpy as np

from pointfuse.basics.counted import counted
from pointfuse.errors import UnreadableFileError
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.humidity import relative_humidity
from pointfuse.stations.readers.records import Records, Station
from pointfuse.stations.readers.request import ReadRequest

_VARIABLES = {"relative_humidity": "%", "wind_speed": "m s-1"}


class WeatherReports:
    """Reports of temperature, dew point and wind, from which humidity and wind speed are made.

    A station does not move: the first place that a file gives for its code holds.

    Parameters
    ----------
    name, format_name : str
        File and format that they come from.
    request : ReadRequest
        What was asked for.
    unit : str
        ``h`` for reports of instants, ``D`` for daily means.

    Raises
    ------
    InputError
        If neither humidity nor wind speed was asked for.
    """

    def __init__(self, name: str, format_name: str, request: ReadRequest, unit: str) -> None:
        self._request, self._hourly = request, unit == "h"
        self._factors = {
            variable: request.factor(variable, units)
            for variable, units in _VARIABLES.items()
            if variable in request.variables
        }
        if not self._factors:
            raise UnreadableFileError(
                f"{name} holds weather, and the model takes {', '.join(request.variables)} only; "
                "leave the file out"
            )
        self._records = Records(name, format_name, request, unit)
        self._places: dict[str, Station] = {}
        self._moved = 0
        self._when: list[tuple[Station, np.datetime64 | datetime.datetime]] = []
        self._measured: list[tuple[float, float, float]] = []

    def add(
        self,
        station: Station,
        time: np.datetime64 | datetime.datetime,
        measured: tuple[float, float, float],
    ) -> None:
        """Add a report.

        Parameters
        ----------
        station : tuple of str and two floats
            Code, longitude and latitude.
        time : datetime64[D] or datetime.datetime
            A day, or an instant with its zone.
        measured : tuple of three floats
            Temperature and dew point (degrees Celsius) and wind speed (m s-1); NaN where missing.
        """
        first = self._places.setdefault(station[0], station)
        self._moved += str(first) != str(station)  # as text, NaN equals itself
        self._when.append((first, time))
        self._measured.append(measured)

    def observations(self, columns: Mapping[str, str], remarks: Sequence[str] = ()) -> Observations:
        """The tables of all reports so far.

        Parameters
        ----------
        columns : mapping of str to str
            What was taken from which column.
        remarks : sequence of str
            What else the reader found.
        """
        temperature, dew_point, wind = np.array(self._measured, np.float64).reshape(-1, 3).T
        measured = {
            "relative_humidity": relative_humidity(temperature, dew_point),
            "wind_speed": wind,
        }
        rows = np.stack([measured[name] * self._factors[name] for name in self._factors], axis=1)
        for (station, time), values in zip(self._when, rows.tolist(), strict=True):
            self._records.add(station, "", time, dict(zip(self._factors, values, strict=True)))
        found = list(remarks)
        if self._moved:
            found.append(
                f"{counted(self._moved, 'row')} with another place of the station; the first "
                "was kept"
            )
        observations = self._records.observations(found, columns=columns, clock="UTC")
        most = _most_hours(observations) if self._hourly else 24
        if most < self._request.min_hours:
            found.append(
                f"at most {most} hours of a day have a report, but {self._request.min_hours} "
                "are required (--min-hours)"
            )
            observations = self._records.observations(found, columns=columns, clock="UTC")
        return observations


def read_scaled(text: str, missing: int) -> float:
    """Value of a field in tenths, such as ``+0010``.

    Parameters
    ----------
    text : str
        The field.
    missing : int
        The number that stands for a missing value.

    Raises
    ------
    ValueError
        If it is no whole number.
    """
    digits = text.strip()
    if not digits.removeprefix("-").removeprefix("+").isdecimal() or not digits.isascii():
        raise ValueError(digits)
    number = int(digits)
    return math.nan if number == missing else number / 10


def _most_hours(observations: Observations) -> int:
    """Hours with a value of the day and station that have most of them."""
    _, first = np.unique(observations.times.astype("datetime64[D]"), return_index=True)
    if not len(first) or not len(observations.stations):
        return 0
    return max(
        int(np.add.reduceat(np.isfinite(table), first, axis=0, dtype=np.int64).max())
        for table in observations.values.values()
    )
