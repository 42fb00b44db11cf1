"""Tables in memory: of pandas, polars, pyarrow, geopandas and xarray, none of which is imported."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

from pointfuse.basics.printable import printable
from pointfuse.errors import InputError
from pointfuse.stations.tables.cells import UnreadableCells
from pointfuse.stations.tables.columns import LATITUDE, LONGITUDE, STATION, own_name, positions
from pointfuse.stations.tables.typed_table import TypedTable

NAME = "the table"

_LISTS = ("to_pylist", "to_list", "tolist")
"""Methods that give a column as a list: of pyarrow, of pandas and polars, of numpy."""

_DEGREES = "EPSG:4326"


@runtime_checkable
class Frame(Protocol):
    """A table with named columns, whatever library it is of."""

    @property
    def columns(self) -> Any:
        """Names of the columns; in pyarrow their values."""

    def __getitem__(self, name: Any, /) -> Any:
        """A column."""


@runtime_checkable
class Dataset(Protocol):
    """Variables over dimensions, as xarray has them."""

    @property
    def data_vars(self) -> Any:
        """The variables, by name."""

    def to_dataframe(self) -> Any:
        """All variables as a table, with the dimensions as index."""


@dataclass(frozen=True)
class MemoryTable(TypedTable):
    """A table in memory; an index is not read.

    Parameters
    ----------
    columns : sequence of sequence
        The values of each column.
    """

    columns: Sequence[Sequence[Any]] = ()
    written: ClassVar[str] = "a table in memory"

    def cells_of_rows(self) -> Iterator[Sequence[Any]]:
        """The values of each row."""
        return zip(*self.columns, strict=True)


def memory_table(given: Frame | Dataset) -> MemoryTable:
    """A table in memory as one that readers take.

    Points of a table of geopandas are longitudes and latitudes, where it has no columns of these.

    Parameters
    ----------
    given : Frame or Dataset
        The table.

    Raises
    ------
    InputError
        If its geometry holds no points, or a Dataset is none of stations.
    """
    columns = _of_dataset(given) if isinstance(given, Dataset) else _of_frame(given)
    header = [name for name, _ in columns]
    values = [each for _, each in columns]
    return MemoryTable(NAME, header, columns=values, cells=UnreadableCells())


Columns = list[tuple[str, Sequence[Any]]]
"""Names and values of columns."""


def _of_frame(frame: Frame) -> Columns:
    """The columns of a table, with printable names."""
    # In pyarrow the columns are the values.
    names = list(getattr(frame, "column_names", None) or frame.columns)
    columns: Columns = []
    for name in names:
        values = frame[name]
        # Of those with one name, which nobody asked for, a table gives both at once.
        cells = [None] * len(values) if names.count(name) > 1 else _listed(values)
        columns.append((printable(str(name).strip()), cells))
    geometry = getattr(frame, "geometry", None)
    if hasattr(geometry, "geom_type") and not positions([name for name, _ in columns], LONGITUDE):
        columns += point_columns(frame)
    return columns


def _listed(column: Any) -> list[Any]:
    found: list[Any] = next(getattr(column, each)() for each in _LISTS if hasattr(column, each))
    return found


def point_columns(frame: Any) -> Columns:
    """Longitudes and latitudes of the points of a table of geopandas, degrees.

    Parameters
    ----------
    frame : GeoDataFrame
        The table.

    Raises
    ------
    InputError
        If its geometry is not of points.
    """
    crs = getattr(frame, "crs", None)
    if crs is not None and not crs.is_geographic:
        frame = frame.to_crs(_DEGREES)
    try:
        return [(LONGITUDE, _listed(frame.geometry.x)), (LATITUDE, _listed(frame.geometry.y))]
    except (ValueError, AttributeError) as error:
        raise InputError(
            f"{NAME} has a geometry that is not of points ({str(error)[:60]}); give points, such "
            "as those of .representative_point()"
        ) from error


def _of_dataset(dataset: Any) -> Columns:
    """The variables of a Dataset of stations as columns, a row for each station and time.

    The station is what has the role of CF (``timeseries_id``), or else what is named so; times
    that are all midnights are days.
    """
    codes = [
        str(name)
        for name, each in dataset.variables.items()
        if each.attrs.get("cf_role") == "timeseries_id"
    ]
    named = {own_name(str(name)) for name in (*dataset.variables, *dataset.sizes)}
    if not codes and STATION not in named:
        held = ", ".join(map(str, dataset.variables))[:60]
        raise InputError(
            f"{NAME} is a Dataset with the variables {held}; expected one of stations, with "
            "station, longitude, latitude, time and pm25"
        )
    # A table has a row for each combination of the dimensions: where a variable has other ones than
    # the rest, as fields or ragged arrays do, rows would be mixed up, and fill the memory. Only
    # bounds have a dimension of their own.
    combinations = math.prod(dataset.sizes.values())
    if combinations > 2 * max(each.size for each in dataset.variables.values()):
        sizes = ", ".join(f"{name} ({size})" for name, size in dataset.sizes.items())
        raise InputError(
            f"{NAME} is a Dataset with the dimensions {printable(sizes)}; expected one of "
            "stations, in which each variable is by station and time; select those that are"
        )
    frame = dataset.to_dataframe().reset_index()
    units = {str(name): each.attrs.get("units") for name, each in dataset.data_vars.items()}
    columns: Columns = []
    for name, values in _of_frame(frame):
        if codes and name != codes[0] and own_name(name) == STATION:
            continue  # the numbers of a dimension
        title = STATION if name in codes else _titled(name, units)
        days = own_name(name) == "time" and _are_days(values)
        columns.append(("date" if days else title, values))
    return columns


def _titled(name: str, units: Mapping[str, Any]) -> str:
    """A column's name with the unit of its variable."""
    unit = units.get(name)
    return f"{name} [{unit}]" if isinstance(unit, str) and unit else name


def _are_days(values: Sequence[Any]) -> bool:
    """Whether all of some times are midnights."""
    midnight = datetime.time()
    return all(isinstance(each, datetime.datetime) and each.time() == midnight for each in values)
