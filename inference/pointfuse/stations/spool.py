"""Sort the contents of station files by week on disk, to save memory."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.array_archives import read_arrays
from pointfuse.basics.counted import counted
from pointfuse.basics.printable import printable
from pointfuse.basics.timezones import BEIJING
from pointfuse.errors import InputError, UnreadableFileError
from pointfuse.model.metadata import Variable
from pointfuse.stations.all_hours import hourly_table, hours_between, stamped, warn_of_hours
from pointfuse.stations.daily_means import unfinished_day
from pointfuse.stations.eight_hour_means import RuleName
from pointfuse.stations.files.left_out import LeftOut
from pointfuse.stations.files.pieces import pieces, with_lines_of
from pointfuse.stations.hours_to_days import daily_table
from pointfuse.stations.merging import merge, warn_of_moved_stations
from pointfuse.stations.observations import Observations, SourceFile, Stations, Unfinished
from pointfuse.stations.pollutants import POLLUTANTS
from pointfuse.stations.quality.hour_checks import check_hours
from pointfuse.stations.quality.weeks import MARGIN, week_bounds, week_numbers
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.readers.station_list import warn_of_foreign_list
from pointfuse.stations.reading import read_part
from pointfuse.stations.tables.cells import UnreadableCells
from pointfuse.stations.tables.coordinates import NO_PLACE

Period = tuple[np.datetime64 | None, np.datetime64 | None]
"""First and last day, datetime64[D]; open where None."""

_COUNTING = re.compile(r"(?:(\d+) ((?:hourly |daily |infinite )?[a-z]+?)s?\b)?(.*)", re.DOTALL)
"""A remark that begins with a number and its noun, with no verb that follows it."""


class Spool:
    """Observations as readers gave them, in a folder, from which a week can be taken.

    Parameters
    ----------
    folder : Path
        An empty folder.
    period : tuple of two datetime64[D] or None
        First and last day that is wanted.
    """

    def __init__(self, folder: Path, period: Period = (None, None)) -> None:
        self._folder = folder
        self._period = period
        self._weeks: dict[int, list[Path]] = {}
        self._days: set[np.datetime64] = set()
        self._hours: set[np.datetime64] = set()
        self._networks: dict[bool, Observations] = {}
        self._count = 0
        self._stamped: dict[bool, str] = {}
        self.files: list[SourceFile] = []

    @property
    def days(self) -> NDArray[np.datetime64]:
        """Days of which anything was read, datetime64[D], increasing."""
        return np.array(sorted(self._days), "datetime64[D]")

    @property
    def hours(self) -> NDArray[np.datetime64]:
        """Every hour of the days of which hours were read, datetime64[h], increasing.

        Raises
        ------
        InputError
            If no hours were read.
        """
        read = np.array(sorted(self._hours), "datetime64[h]")
        network = self._networks.get(True)
        return hours_between(read, network.timezone if network else BEIJING)

    def add(self, part: Observations) -> None:
        """Take up hourly values or daily means of the period, and of some days around it."""
        none = part.at_times(slice(0, 0))
        known = self._networks.get(part.hourly)
        self._networks[part.hourly] = replace(merge([known, none] if known else [none]), files=())
        wanted = part.between(*self._period).times
        self._days.update(np.unique(wanted.astype("datetime64[D]")))
        if part.hourly:
            self._hours.update(wanted)
        self._stamped = stamped([part]) | self._stamped
        # The hours of a week are checked as a whole, together with the days around it.
        first, last = self._period
        part = part.between(
            None if first is None else first - 6 - MARGIN,
            None if last is None else last + 6 + MARGIN,
        )
        numbers = week_numbers(part.times)
        for number in np.unique(numbers):
            path = self._folder / f"{number}-{self._count}.npz"
            self._count += 1
            _save(path, part.at_times(numbers == number))
            self._weeks.setdefault(int(number), []).append(path)

    @property
    def stations(self) -> Stations:
        """All stations of the files, in the order of every week."""
        networks = [
            replace(network, times=network.times.astype("datetime64[D]"))
            for network in self._in_order()
        ]
        return merge(networks).stations

    def _in_order(self) -> list[Observations]:
        """The stations of daily means, and then those of hours, with no time."""
        return [self._networks[hourly] for hourly in (False, True) if hourly in self._networks]

    def weeks(
        self,
        variables: Sequence[Variable],
        *,
        min_hours: int,
        quality_control: bool,
        mda8: RuleName = "china",
        partial: bool = False,
    ) -> Iterator[Observations]:
        """Daily means of the period, week by week, all with the same stations and variables.

        Parameters
        ----------
        variables, min_hours, quality_control, mda8
            As `pointfuse.stations.hours_to_days.daily_table`.
        partial : bool
            Whether a last day that is not over counts as it is.

        Yields
        ------
        Observations
            What `pointfuse.read_stations` gives for all files at once, on the days of a week.
        """
        networks = list(self._networks.values())
        unfinished = self._unfinished(variables) if partial else None
        for number in np.unique(week_numbers(self.days)).tolist():
            table = daily_table(
                [*networks, *self._around(number)],
                variables,
                min_hours=min_hours,
                quality_control=quality_control,
                mda8=mda8,
                unfinished=unfinished,
            )
            found = table.between(*week_bounds(number)).between(*self._period)
            yield replace(found, files=tuple(self.files))

    def weeks_of_hours(
        self, variables: Sequence[Variable], *, quality_control: bool
    ) -> Iterator[Observations]:
        """Hours of the period, week by week, all with the same stations and variables.

        Parameters
        ----------
        variables, quality_control
            As `pointfuse.stations.all_hours.hourly_table`.

        Yields
        ------
        Observations
            Every hour of a week as of `hours`, with gaps.
        """
        networks = self._in_order()
        hours = self.hours
        warn_of_hours(self._stamped, networks[-1].timezone)
        numbers = week_numbers(hours)
        for number in np.unique(numbers).tolist():
            table = hourly_table(
                [*networks, *self._around(number)],
                variables,
                hours[numbers == number],
                quality_control=quality_control,
            )
            yield replace(table, files=tuple(self.files))

    def _around(self, week: int) -> Iterator[Observations]:
        """What was read of a week and of the days around it, which its checks look at."""
        first, last = week_bounds(week)
        for each in (week - 1, week, week + 1):
            for path in self._weeks.get(each, []):
                part = _load(path).between(first - MARGIN, last + MARGIN)
                if len(part.times):
                    yield part

    def _unfinished(self, variables: Sequence[Variable]) -> Unfinished | None:
        """The last day of the files, where it is not over: by the pollutant that goes farthest."""
        # The busiest hours of a week are those of a network as it is now.
        latest = [path for week in sorted(self._weeks)[-2:] for path in self._weeks[week]]
        targets = [
            variable
            for position, variable in enumerate(variables)
            if position == 0 or variable.name in POLLUTANTS
        ]
        found = (unfinished_day(map(_load, latest), target) for target in targets)
        return max((each for each in found if each is not None), default=None)


def read_into_spool(
    spool: Spool,
    paths: Sequence[Path],
    scratch: Path,
    *,
    request: ReadRequest,
    advance: Callable[[int], object] = lambda files: None,
) -> None:
    """Read station files one after the other, large ones in pieces.

    Parameters
    ----------
    spool : Spool
        Where their observations go.
    paths : sequence of Path
        The files.
    scratch : Path
        An empty folder for the pieces of large files.
    request : ReadRequest
        How to read them, from `pointfuse.stations.reading.read_request`.
    advance : callable
        Told after each file that one is done.

    Raises
    ------
    InputFileNotFoundError, InputError
        As `pointfuse.read_stations`.
    """
    left_out = LeftOut(strict=request.strict)
    for path in paths:
        with left_out.trying(printable(path.name)):
            found = []
            cells = UnreadableCells()
            for piece in pieces(path, scratch):
                part = _read_piece(piece, path, request, cells)
                if part is not None:
                    spool.add(part)
                    found.append((part.files[0], part.stations.code, part.times))
            cells.refuse(strict=request.strict)
            spool.files.append(_joined(found).with_remarks(cells.remarks()))
        advance(1)
    left_out.refuse_or_warn(spool.files)
    spool.files.extend(left_out.files)
    warn_of_moved_stations(spool.stations)
    if request.station_list is not None:
        spool.files.extend(request.station_list.files)
        warn_of_foreign_list(spool.stations, request.station_list)


def _read_piece(
    piece: Path, path: Path, request: ReadRequest, cells: UnreadableCells
) -> Observations | None:
    """Hourly values, if the piece holds such, or daily means; only their range is looked at.

    None where no row of a piece can be read; what cannot is added to that of the others.
    """
    own = UnreadableCells()
    try:
        part = read_part(piece, request, own)
        faulty = bool(own.columns - cells.columns)  # of the first of each the line is told
    except InputError:
        if piece == path:
            own.refuse(strict=request.strict)
            raise
        faulty = True
    if faulty and piece != path:
        own.clear()
        try:
            part = read_part(with_lines_of(piece, path), request, own)
        except UnreadableFileError as error:
            # Other pieces were taken: half a file is not left out without being told.
            if not own.no_row_left:
                raise InputError(str(error)) from error
            cells.add(own)
            return None
    cells.add(own)
    if not part.hourly:
        return part
    variables = [*request.variables.values()]
    return replace(check_hours(part, variables, thorough=False), reasons={})


def _joined(
    found: list[tuple[SourceFile, NDArray[np.str_], NDArray[np.datetime64]]],
) -> SourceFile:
    """What was found in a file, from what was found in its pieces."""
    file = found[0][0]
    if len(found) == 1:
        return file
    counts: Counter[tuple[str, str]] = Counter()
    for piece, _, _ in found:
        for remark in piece.remarks:
            # The places of a file are the same in all of its pieces.
            if remark.startswith(NO_PLACE) and any(text.startswith(NO_PLACE) for _, text in counts):
                continue
            number, noun, rest = _COUNTING.match(remark).groups()  # type: ignore[union-attr]
            counts[noun or "", rest] += int(number or 0)
    return replace(
        file,
        stations=len(set().union(*(codes.tolist() for _, codes, _ in found))),
        times=len(set().union(*(times.tolist() for _, _, times in found))),
        remarks=tuple(
            f"{counted(count, noun)}{rest}" if noun else rest
            for (noun, rest), count in counts.items()
        ),
    )


def _save(path: Path, part: Observations) -> None:
    tables: dict[str, NDArray[Any]] = {
        "code": part.stations.code,
        "longitude": part.stations.longitude,
        "latitude": part.stations.latitude,
        "times": part.times,
        "name": np.array(part.files[0].name if part.files else ""),
    }
    for name, table in part.values.items():
        tables[f"value {name}"] = table
    np.savez(path, **tables)  # type: ignore[arg-type]  # as newer stubs have it


def _load(path: Path) -> Observations:
    kept = read_arrays(path)
    return Observations(
        Stations(kept["code"], kept["longitude"], kept["latitude"]),
        kept["times"],
        {
            name.removeprefix("value "): table
            for name, table in kept.items()
            if name.startswith("value ")
        },
        files=(SourceFile(str(kept["name"]), "", 0, 0),),
    )
