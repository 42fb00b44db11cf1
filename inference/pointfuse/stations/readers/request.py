"""Request to a reader: variables, units, time zone, station list."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pointfuse.basics.units import REFERENCE_CELSIUS, conversion_factor, molar_volume
from pointfuse.model.metadata import Variable
from pointfuse.stations.eight_hour_means import RuleName
from pointfuse.stations.readers.network_list import StationList


@dataclass(frozen=True)
class ReadRequest:
    """What to read from a file, and how.

    Parameters
    ----------
    variables : mapping of str to Variable
        Variables to look for by their names, with the units in which to give them; also those of
        whose hours others are made.
    units : mapping of str to str
        Units in which files give a variable, where their header does not say.
    timezone : datetime.tzinfo
        Time zone whose calendar days are averaged, and of times that name no zone.
    station_list : StationList, optional
        Coordinates of stations, for files that hold none.
    min_hours : int
        Valid hours that make a daily mean, for files that say of how many theirs are made.
    strict : bool
        Whether coordinates that are no place, a last line that was cut off, and few cells that
        cannot be read, are errors.
    format : str
        Format of the files, a key of `pointfuse.stations.readers.formats.READERS`, or ``auto``.
    low_cost : bool
        Whether files of low-cost sensors are read too.
    celsius : float
        Temperature, at 1013.25 hPa, of masses of gases that are made of their shares of the air.
    mda8 : str
        The rule for largest 8-hour means of a day.
    """

    variables: Mapping[str, Variable]
    units: Mapping[str, str]
    timezone: datetime.tzinfo
    station_list: StationList | None = None
    min_hours: int = 18
    strict: bool = False
    format: str = "auto"
    low_cost: bool = False
    celsius: float = REFERENCE_CELSIUS
    mda8: RuleName = "china"

    def factor(self, variable: str, given: str) -> float:
        """Factor that turns values of a variable in a unit of a file into the unit asked for.

        Raises
        ------
        InputError
            If the unit is not known for this variable.
        """
        wanted = self.variables[variable].units
        return conversion_factor(variable, given, wanted, molar_volume(self.celsius))

    def with_list(self, stations: StationList) -> ReadRequest:
        """The same request with another station list."""
        return replace(self, station_list=stations)

    def local_hour(self, time: datetime.datetime) -> np.datetime64:
        """Hour, in the request's time zone, in which an instant lies.

        Parameters
        ----------
        time : datetime.datetime
            The instant, with its zone.

        Raises
        ------
        OverflowError
            If the zone carries the instant out of the years 1 to 9999.
        """
        return np.datetime64(time.astimezone(self.timezone).replace(tzinfo=None), "h")
