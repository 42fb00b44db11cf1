"""Read tables of pandas, polars or pyarrow with the columns of tidy CSV, or of another format."""

from __future__ import annotations

from pointfuse.errors import UnreadableFileError
from pointfuse.stations.readers.formats import recognised
from pointfuse.stations.tables.cells import UnreadableCells
from pointfuse.stations.tables.station_file import StationFile
from pointfuse.stations.tables.table import shortened
from pointfuse.stations.tables.typed_table import Frame, frame_table

NAME = "the table"


def open_frame(frame: Frame, cells: UnreadableCells) -> tuple[StationFile, str]:
    """A table in memory as a file, and its format.

    Parameters
    ----------
    frame : Frame
        The table, with ``columns`` and a column for each of their names. An index is not read.
    cells : UnreadableCells
        Takes note of cells that cannot be read.

    Raises
    ------
    UnreadableFileError
        If its columns are those of no format.
    """
    table = frame_table(NAME, frame, cells)
    found = recognised(StationFile(NAME, b"", cells, given=table))
    if found is None:
        raise UnreadableFileError(
            f"{NAME} is not tidy: expected the columns station, longitude, latitude, date or time, "
            f"and pm25, got {shortened(table.header) or 'none'}; what is in its index counts only "
            "after reset_index()"
        )
    return found
