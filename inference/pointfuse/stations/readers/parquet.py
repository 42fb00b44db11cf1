"""Read Parquet files with the columns of tidy CSV (extra `[parquet]`).

Other formats that come in Parquet too are told by their columns before this one.
"""

from __future__ import annotations

from pointfuse.errors import UnreadableFileError
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers import tidy, tidy_header
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.tables.columns import list_layout
from pointfuse.stations.tables.station_file import StationFile
from pointfuse.stations.tables.table import shortened
from pointfuse.stations.tables.typed_table import PARQUET

LAYOUT = "Parquet with the columns station,longitude,latitude,date|time,<variables>"
COLUMNS = ()
SIGN = "its first bytes are those of Parquet"


def recognises(file: StationFile) -> bool:
    """Whether a file is Parquet."""
    return file.content.startswith(PARQUET)


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read the daily or hourly values of a tidy table in Parquet.

    Raises
    ------
    InputError
        If the table is not tidy, or as for a tidy CSV file.
    """
    if tidy_header.is_tidy(file.header):
        return tidy.read_table(file.table, request, "parquet")
    if list_layout(file.header):
        raise UnreadableFileError(
            f"{file.name} is a station list; save it as CSV and give it with --stations (stations=)"
        )
    raise UnreadableFileError(
        f"{file.name}: expected {LAYOUT}, its columns are {shortened(file.header)}"
    )
