"""Read files of the archive of Sensor.Community: readings of particle sensors every few minutes.

Layout (https://archive.sensor.community): ``sensor_id;sensor_type;location;lat;lon;timestamp;P1;
durP1;ratioP1;P2;durP2;ratioP2``, times in UTC. P1 is PM10 and P2 PM2.5, in ug/m3, without a
correction for humidity.
"""

from __future__ import annotations

import datetime

from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.readers.rows import Measured, RowLayout, clock_time, read_rows
from pointfuse.stations.tables.station_file import StationFile

LAYOUT = "the header sensor_id;sensor_type;location;lat;lon;timestamp;P1;...;P2;..."
COLUMNS = ("sensor_id", "sensor_type", "lat", "lon", "timestamp", "P1", "P2")
SIGN = "its header has sensor_id, sensor_type and P2"


def recognises(file: StationFile) -> bool:
    """Whether a file has the header of a particle sensor."""
    return {"sensor_id", "sensor_type", "timestamp", "P1", "P2"} <= {*file.header}


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read the readings of particle sensors; those of an hour are averaged.

    Raises
    ------
    InputError
        If a column is missing.
    """
    layout = RowLayout(
        format="sensor-community",
        code=("sensor_id",),
        place=("lon", "lat"),
        time=("timestamp",),
        read_time=clock_time(datetime.UTC),
        measured={"pm25": Measured("P2", "ug m-3"), "pm10": Measured("P1", "ug m-3")},
        clock="UTC",
    )
    return read_rows(file, request, layout)
