"""When an archive is: the dates of its days, and which of them were held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.netcdf_files.netcdf_values import read_numbers
from pointfuse.basics.netcdf_files.time_units import calendar_dates
from pointfuse.errors import InputError
from pointfuse_training.archives.archive import Archive


@dataclass(frozen=True)
class ArchiveDay:
    """A day of an archive.

    Parameters
    ----------
    file : str
        Name of its file.
    date : datetime64[D]
        Its date; the year of simulated days is nominal.
    """

    file: str
    date: np.datetime64


def read_days(archive: Archive) -> list[ArchiveDay]:
    """The days of an archive, in its order.

    Raises
    ------
    InputError
        If a file does not say when its days are.
    """
    days = []
    for path in archive.files:
        dates = archive.dates_in(path)
        if np.isnat(dates).any():
            dates = _nominal_dates(path)
        days += [ArchiveDay(path.name, date) for date in dates]
    return days


def _nominal_dates(path: Path) -> NDArray[np.datetime64]:
    """Dates of simulated days, in a year without a name."""
    with netCDF4.Dataset(path) as dataset:
        try:
            time = dataset["time"]
            dates = calendar_dates(read_numbers(time), str(time.units), str(time.calendar))
        except (LookupError, AttributeError, ValueError) as error:
            raise InputError(
                f"{path.name} does not say when its days are ({error}); expected the variable "
                "'time' with CF units"
            ) from error
    return np.array([date.strftime("%Y-%m-%d") for date in dates], "datetime64[D]")


def last_files(archive: Archive, files: int | None, every: int) -> Sequence[int]:
    """Every Nth day of the last files of an archive, or of all of them.

    Raises
    ------
    InputError
        If the archive has fewer files.
    """
    if files is None:
        return range(0, len(archive), every)
    if files > len(archive.files):
        raise InputError(
            f"the archive has {len(archive.files)} files, the last {files} were asked for; ask for "
            "no more than there are"
        )
    held_out = sum(archive.days_in(path) for path in archive.files[-files:])
    return range(len(archive) - held_out, len(archive), every)


def days_seen(training: Mapping[str, object], sha256: str, days: Sequence[int]) -> int:
    """How many days a network was trained on, as far as its provenance tells.

    Parameters
    ----------
    training : mapping
        Provenance of the network; `archive_sha256` and `training_days`, the number of the first
        days of that archive, are looked at.
    sha256 : str
        Hash of the archive (`pointfuse_training.fitting.provenance.archive_sha256`).
    days : sequence of int
        Numbers of the days in it.
    """
    first_days = training.get("training_days")
    if training.get("archive_sha256") != sha256 or not isinstance(first_days, int):
        return 0
    return sum(day < first_days for day in days)
