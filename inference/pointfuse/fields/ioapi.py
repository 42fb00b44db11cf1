"""Write I/O API files for CMAQ, a few days or hours at a time.

Layout after "Models-3 I/O API: netCDF files" and "Horizontal grid parameters" at
https://cmascenter.org/ioapi/documentation. Texts are padded with blanks to 16 or 80 characters,
rows go from south to north, and times are those at which local days or hours begin, in UTC.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.atomic_files import replacing
from pointfuse.basics.threads.one_ahead import one_ahead
from pointfuse.errors import InputError, require_path
from pointfuse.fields.cf.field_variables import now
from pointfuse.fields.cf.global_attributes import global_attributes, partial_days
from pointfuse.fields.cf.time_variables import whole_bounds
from pointfuse.fields.timed_fields import TimedFields, checked_fields
from pointfuse.grid.grid_mapping import EARTH_RADIUS
from pointfuse.grid.projections import LambertConformal
from pointfuse.grid.regular_grid import Grid
from pointfuse.stations.pollutants import long_name
from pointfuse.version import __version__

MISSING = np.float32(-9.999e36)
"""BADVAL3, which stands for a missing value."""

_NO_LAYERS = np.int32(-9999)  # IMISS3
_GRIDDED, _LAMBERT = np.int32(1), np.int32(2)
_DAY, _HOUR = np.timedelta64(24, "h"), np.timedelta64(1, "h")
_NAME, _LINE, _LINES = 16, 80, 60


@dataclass(frozen=True)
class _Variable:
    """A variable of the file: its name, units, what it is, and its values (day, row, column)."""

    name: str
    units: str
    description: str
    values: NDArray[Any]


def write_ioapi(
    path: str | PathLike[str],
    batches: Iterable[TimedFields | Sequence[TimedFields]],
    *,
    history: str,
    time: datetime.datetime | None = None,
) -> Path:
    """Write fields to an I/O API file (netCDF classic), as they come.

    The format has a record every 24 hours, or every hour: those between the first and the last that
    are not among the fields are written as missing.

    Parameters
    ----------
    path : path
        File to write; an existing one is replaced once the new one is complete.
    batches : iterable of TimedFields
        Fields of successive times; at least one, of one model, on a Lambert conformal grid.
    history : str
        What was done, for the file's history.
    time : datetime.datetime, optional
        When it was done; now by default.

    Raises
    ------
    OutputError
        If the file cannot be written.
    InputError
        If there are no fields, or the format cannot hold their grid or days.
    """
    require_path(path, "the I/O API file to write")
    path = Path(path)
    batches = checked_fields(batches)
    with growing_ioapi(path, history=history, time=time) as file:
        for bundle in one_ahead(batches):
            file.append(bundle)
    return path


@contextlib.contextmanager
def growing_ioapi(
    path: Path, *, history: str, time: datetime.datetime | None = None
) -> Iterator[IoapiFile]:
    """An I/O API file to which fields are added; it appears under its name once it is complete.

    Parameters
    ----------
    path, history, time
        As for `write_ioapi`.

    Raises
    ------
    OutputError, InputError
        As `write_ioapi`.
    """
    with (
        replacing(path) as temporary,
        netCDF4.Dataset(temporary, "w", format="NETCDF3_CLASSIC") as dataset,
    ):
        file = IoapiFile(dataset, history, time or now())
        yield file
        if file.last is None:
            raise InputError(f"there are no fields to write to {path.name}")
        file.finish()


class IoapiFile:
    """An I/O API file that grows; `growing_ioapi` makes one."""

    def __init__(self, dataset: netCDF4.Dataset, history: str, done: datetime.datetime) -> None:
        self._dataset, self._history, self._done = dataset, history, done
        self._begin = np.datetime64("NaT")
        self._partial: list[str] = []
        self.last: TimedFields | None = None

    def append(self, bundle: Sequence[TimedFields]) -> None:
        """Add fields of the next times.

        Parameters
        ----------
        bundle : sequence of one TimedFields
            Of one variable.

        Raises
        ------
        InputError
            If there are several, or the format cannot hold their grid or times.
        """
        if len(bundle) > 1:
            raise InputError("expected fields of one variable for an I/O API file, got several")
        (fields,) = bundle
        starts = _starts(fields)
        if self.last is None:
            self._begin = starts[0]
            _define(self._dataset, fields, self._begin, self._history, self._done)
        _append(self._dataset, fields, self._begin, starts)
        self._partial += partial_days(fields)
        self.last = fields

    def finish(self) -> None:
        """Say which days are whole, in as many characters as there are already."""
        assert self.last is not None
        description = _description(self.last, self._history, self._done, self._partial)
        self._dataset.setncattr("FILEDESC", description)


def check_grid(grid: Grid) -> None:
    """Make sure that the format can hold a grid.

    Raises
    ------
    InputError
        If its projection is not a Lambert conformal one, on the sphere of CMAQ.
    """
    projection = grid.projection
    if not isinstance(projection, LambertConformal):
        raise InputError(
            f"expected a grid in lambert_conformal_conic for I/O API files, got "
            f"{projection.grid_mapping_name}; use --output-format netcdf"
        )
    if projection.earth_radius != EARTH_RADIUS:
        raise InputError(
            f"expected a grid on the sphere of the I/O API, {EARTH_RADIUS:.0f} m, got "
            f"{projection.earth_radius:.0f} m; use --output-format netcdf"
        )


def _starts(fields: TimedFields) -> NDArray[np.datetime64]:
    """When the days or hours begin, UTC; all days must have 24 hours."""
    bounds = whole_bounds(fields)
    if not (bounds[:, 1] - bounds[:, 0] == _step(fields)).all():
        raise InputError(
            "expected days of 24 hours for I/O API files, but the time zone of the stations has "
            "daylight saving time; use a fixed offset, such as --timezone +01:00"
        )
    return bounds[:, 0]


def _step(fields: TimedFields) -> np.timedelta64:
    """From one record to the next."""
    return _HOUR if fields.hourly else _DAY


def _define(
    dataset: netCDF4.Dataset,
    fields: TimedFields,
    begin: np.datetime64,
    history: str,
    done: datetime.datetime,
) -> None:
    grid, variables = fields.model.grid, list(_variables(fields))
    check_grid(grid)
    for name, size in (
        ("TSTEP", None),
        ("DATE-TIME", 2),
        ("LAY", 1),
        ("VAR", len(variables)),
        ("ROW", grid.rows),
        ("COL", grid.columns),
    ):
        dataset.createDimension(name, size)
    dataset.setncatts(_file_attributes(fields, begin, history, done))
    flags = dataset.createVariable("TFLAG", "i4", ("TSTEP", "VAR", "DATE-TIME"))
    flags.setncatts(
        _texts("TFLAG", "<YYYYDDD,HHMMSS>", "Timestep-valid flags:  (1) YYYYDDD or (2) HHMMSS")
    )
    for variable in variables:
        created = dataset.createVariable(variable.name, "f4", ("TSTEP", "LAY", "ROW", "COL"))
        created.setncatts(_texts(variable.name, variable.units, variable.description))


def _texts(name: str, units: str, description: str) -> dict[str, str]:
    return {
        "units": _padded(units, _NAME),
        "long_name": _padded(name, _NAME),
        "var_desc": _padded(description, _LINE),
    }


def _append(
    dataset: netCDF4.Dataset,
    fields: TimedFields,
    begin: np.datetime64,
    starts: NDArray[np.datetime64],
) -> None:
    variables, length = list(_variables(fields)), _step(fields)
    for place, start in enumerate(starts):
        steps, rest = divmod(start - begin, length)
        if rest:
            raise InputError(
                "expected days of 24 hours for I/O API files, but the clocks of the time zone "
                "change between two days; use a fixed offset, such as --timezone +01:00"
            )
        step, done = int(steps), len(dataset.dimensions["TSTEP"])
        for record in range(done, step + 1):
            dataset["TFLAG"][record] = _date_and_time(begin + record * length)
        for variable in variables:
            for record in range(done, step):
                dataset[variable.name][record] = MISSING
            values = variable.values[place].astype(np.float32)
            dataset[variable.name][step] = np.where(np.isfinite(values), values, MISSING)


def _variables(fields: TimedFields) -> Iterator[_Variable]:
    target = fields.model.target
    name, units = target.name.upper(), target.units
    yield _Variable(name, units, long_name(target, hourly=fields.hourly), fields.values)
    if fields.gives_uncertainty:
        description = f"standard uncertainty of {long_name(target, hourly=fields.hourly)}"
        yield _Variable("UNCERTAINTY", units, description, fields.uncertainty)
    yield _Variable(
        "STATION_COUNT", "1", f"stations of {name} averaged in the cell", fields.station_count
    )
    yield _Variable(
        "STATION_DISTANCE",
        "m",
        f"distance to the nearest cell with a station of {name}",
        fields.station_distance,
    )


def _file_attributes(
    fields: TimedFields, begin: np.datetime64, history: str, done: datetime.datetime
) -> dict[str, Any]:
    grid: Grid = fields.model.grid
    plane = grid.projection
    assert isinstance(plane, LambertConformal)  # as check_grid has seen
    names = [variable.name for variable in _variables(fields)]
    first, second = sorted(plane.standard_parallel)
    made = _date_and_time(np.datetime64(done.replace(tzinfo=None), "s"))
    start = _date_and_time(begin)
    return {
        "IOAPI_VERSION": _padded(f"netCDF classic, written by pointfuse {__version__}", _LINE),
        "EXEC_ID": _padded("pointfuse", _LINE),
        "FTYPE": _GRIDDED,
        "CDATE": made[0],
        "CTIME": made[1],
        "WDATE": made[0],
        "WTIME": made[1],
        "SDATE": start[0],
        "STIME": start[1],
        "TSTEP": np.int32(10_000 if fields.hourly else 240_000),
        "NTHIK": np.int32(1),
        "NCOLS": np.int32(grid.columns),
        "NROWS": np.int32(grid.rows),
        "NLAYS": np.int32(1),
        "NVARS": np.int32(len(names)),
        "GDTYP": _LAMBERT,
        "P_ALP": np.float64(first),
        "P_BET": np.float64(second),
        "P_GAM": np.float64(plane.longitude_of_central_meridian),
        "XCENT": np.float64(plane.longitude_of_central_meridian),
        "YCENT": np.float64(plane.latitude_of_projection_origin),
        # The lower left corner, not the centre of the first cell.
        "XORIG": np.float64(grid.first_x - grid.cell_size / 2),
        "YORIG": np.float64(grid.first_y - grid.cell_size / 2),
        "XCELL": np.float64(grid.cell_size),
        "YCELL": np.float64(grid.cell_size),
        "VGTYP": _NO_LAYERS,
        "VGTOP": MISSING,
        "VGLVLS": np.zeros(2, np.float32),
        "GDNAM": _padded(fields.model.name.split("-")[-1].upper(), _NAME),
        "UPNAM": _padded("POINTFUSE", _NAME),
        "VAR-LIST": "".join(_padded(name, _NAME) for name in names),
        "FILEDESC": _description(fields, history, done, []),
        "HISTORY": global_attributes([fields], history, done)["history"],
    }


def _description(
    fields: TimedFields, history: str, done: datetime.datetime, partial: list[str]
) -> str:
    """What the file is; `partial` are the days that are not whole."""
    about = global_attributes([fields], history, done, partial)
    lines = [
        about["title"],
        about["source"],
        f"{'Hours' if fields.hourly else 'Daily means'}: each is that of the "
        f"{'hour' if fields.hourly else '24 hours'} from its time, UTC. {about['comment']}",
        f"Missing values are {MISSING:.3e}. Model file: sha256 {fields.model_sha256}.",
    ]
    if partial:
        lines.append(f"Not whole, and means of these hours alone: {about['partial_days']}.")
    return "".join(_padded(line, _LINE) for line in _wrapped(lines))


def _date_and_time(instant: np.datetime64) -> NDArray[np.int32]:
    """YYYYDDD and HHMMSS of an instant."""
    moment: datetime.datetime = instant.astype("datetime64[s]").item()
    return np.array([moment.strftime("%Y%j"), moment.strftime("%H%M%S")], np.int32)


def _padded(text: str, length: int) -> str:
    """ASCII text of a length, as Fortran has it."""
    return text.encode("ascii", "replace").decode()[:length].ljust(length)


def _wrapped(lines: list[str]) -> list[str]:
    """Lines of the file's description, which has 60 of 80 characters."""
    cut = [line[first : first + _LINE] for line in lines for first in range(0, len(line), _LINE)]
    return (cut + [""] * _LINES)[:_LINES]
