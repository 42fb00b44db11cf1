"""From posted files to fields and their summary."""

from __future__ import annotations

import contextlib
import datetime
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from starlette.exceptions import HTTPException

from pointfuse.basics.counted import counted
from pointfuse.basics.freed_memory import return_freed_memory
from pointfuse.basics.printable import printable
from pointfuse.fields.fused_fields import FusedFields
from pointfuse.fusion.fuse import fuse
from pointfuse.fusion.run_summary import FusedDay, RunSummary, model_facts, reports_of
from pointfuse.model.loading import Model
from pointfuse.service.asked import Asked
from pointfuse.service.posted import station_files
from pointfuse.service.settings import Settings
from pointfuse.stations.files.only_pollutant import only_pollutant
from pointfuse.stations.observations import Observations
from pointfuse.stations.reading import read_stations
from pointfuse.stations.tables.station_file import StationFile

NETCDF = threading.Lock()
"""Held while the netCDF library may be at work, which must not be called by two threads at once."""


@dataclass(frozen=True, eq=False)
class Fused:
    """Fields that were made of posted stations.

    Parameters
    ----------
    address : str
        What they are known by.
    fields : FusedFields
        The fields.
    summary : dict
        What is said of them, in JSON types.
    call : str
        What was asked for, for the history of a file.
    made : datetime.datetime
        When.
    """

    address: str
    fields: FusedFields
    summary: dict[str, object]
    call: str
    made: datetime.datetime

    def __len__(self) -> int:
        """How many days, or hours."""
        return len(self.fields.times)


def fuse_posted(address: str, body: bytes, asked: Asked, settings: Settings) -> Fused:
    """Fuse posted stations.

    Parameters
    ----------
    address : str
        What the fields will be known by.
    body : bytes
        What was posted.
    asked : Asked
        What is wanted.
    settings : Settings
        What the service was started with.

    Raises
    ------
    HTTPException
        413, if these are too many days or too large files; 422, if the service has no model of
        what they are of.
    PointfuseError
        As `pointfuse.read_stations` and `pointfuse.fuse`.
    """
    with _warnings_noted() as warnings:
        files = station_files(body, asked.name, settings.most_bytes)
        model = _model(files, asked, settings)
        observations = _read(files, model, asked, settings)
        fields = fuse(observations, model)
    # Arrays of a file and of a run leave holes that the process would keep.
    return_freed_memory()
    return Fused(
        address,
        fields,
        _summary(fields, model) | {"warnings": warnings},
        asked.call,
        datetime.datetime.now(datetime.UTC),
    )


def _model(files: list[StationFile], asked: Asked, settings: Settings) -> Model:
    """The model of what was asked for, or of the only pollutant of the files."""
    offered = settings.models
    name = asked.variable or only_pollutant(files) or next(iter(offered))
    if name not in offered:
        raise HTTPException(
            422,
            f"the files are of {name}, and this service fuses {', '.join(offered)}; start it with "
            f"--variable {name}",
        )
    return offered[name]


def _read(files: list[StationFile], model: Model, asked: Asked, settings: Settings) -> Observations:
    with NETCDF:
        observations = read_stations(
            files,
            stations=settings.stations,
            variables=model.metadata.variables,
            min_hours=asked.min_hours,
            timezone=asked.timezone,
            low_cost=settings.low_cost,
            gas_temperature=settings.gas_temperature,
            mda8=settings.mda8,
            partial=asked.partial,
            hourly=asked.hourly,
        ).between(*asked.period)
    unit = observations.step.unit
    if not len(observations.times):
        raise HTTPException(422, f"the files have no {unit} of {asked.days}; correct days=")
    if len(observations.times) > settings.keep:
        raise HTTPException(
            413,
            f"the files hold {counted(len(observations.times), unit)}, and this service fuses at "
            f"most {settings.keep} at once; name some with days=FIRST:LAST, or start it with a "
            "larger --keep",
        )
    return observations


def _summary(fields: FusedFields, model: Model) -> dict[str, object]:
    """What `pointfuse fuse --json` says."""
    placed = fields.stations
    fused = [report for report in reports_of(fields) if isinstance(report, FusedDay)]
    read = placed.observations
    summary = RunSummary(read.files, placed.counts, read.step, placed.quality, fused, ())
    target = fields.model.target
    about = {"variable": target.name, "units": target.units, "grid": fields.model.grid.summary}
    return about | summary.to_dict() | model_facts(model)


@contextlib.contextmanager
def _warnings_noted() -> Iterator[list[str]]:
    """The warnings that this thread gives meanwhile."""
    noted, thread = list[str](), threading.get_ident()

    class Noting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == thread:
                noted.append(printable(record.getMessage()))

    handler, logger = Noting(logging.WARNING), logging.getLogger("pointfuse")
    logger.addHandler(handler)
    try:
        yield noted
    finally:
        logger.removeHandler(handler)
