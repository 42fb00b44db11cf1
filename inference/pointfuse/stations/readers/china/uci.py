"""Read the Beijing files of the UCI repository: hours of one station a file, 2013 to 2017.

Layout (Beijing Multi-Site Air Quality, https://doi.org/10.24432/C5RK5G):
``No,year,month,day,hour,PM2.5,PM10,SO2,NO2,CO,O3,TEMP,PRES,DEWP,RAIN,wd,WSPM,station``. Beijing
time; ug/m3, also for CO; temperature and dew point in degrees Celsius, wind in m/s; ``NA`` is
missing.
"""

from __future__ import annotations

from pointfuse.basics.timezones import BEIJING
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.readers.rows import Measured, RowLayout, clock_time, read_rows
from pointfuse.stations.tables.station_file import StationFile

LAYOUT = "the header No,year,month,day,hour,PM2.5,...,station"
COLUMNS = ("No", "year", "month", "day", "hour", "PM2.5", "station")
SIGN = "its header has No, year, month, day, hour and station"

_POLLUTANTS = {"PM2.5": "pm25", "PM10": "pm10", "SO2": "so2", "NO2": "no2", "CO": "co", "O3": "o3"}
_MEASURED = {
    **{name: Measured(title, "ug m-3") for title, name in _POLLUTANTS.items()},
    "wind_speed": Measured("WSPM", "m s-1"),
}


def recognises(file: StationFile) -> bool:
    """Whether a file has the header of the Beijing files."""
    return {*COLUMNS} <= {*file.header}


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read the hourly pollutants and wind speed of a station of Beijing.

    Raises
    ------
    InputError
        If there is no station list: the file holds no coordinates.
    """
    layout = RowLayout(
        format="uci",
        code=("station",),
        time=("year", "month", "day", "hour"),
        read_time=clock_time(BEIJING, "%Y %m %d %H"),
        measured={name: each for name, each in _MEASURED.items() if each.column in file.header},
        clock="Beijing time",
    )
    return read_rows(file, request, layout)
