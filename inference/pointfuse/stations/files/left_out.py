"""Files that are left out of a run, reported in one warning."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence

from pointfuse.basics.counted import counted
from pointfuse.errors import InputError, UnreadableFileError
from pointfuse.stations.observations import SourceFile
from pointfuse.stations.tables.cells import UNREADABLE
from pointfuse.stations.tables.station_file import ENDS_WITHIN

logger = logging.getLogger(__name__)

LEFT_OUT = "left out"
"""Stands in place of the format of a file that could not be read."""

_ALL = "the remarks on the files (--json, Observations.files) name all"
_STRICT = "--strict (strict=True) makes this an error"
_NAMED = 3
_FAULTY_NAMED = 20


class LeftOut:
    """Files of a run that cannot be read as a whole, and files with faults in them.

    A file that is no file of observations, or damaged as a whole, is left out. One with a fault
    that is more than a few cells stops the run, once all are read, so that one message names all.

    Parameters
    ----------
    strict : bool
        Whether to take the former for the latter.
    """

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        # Names need not differ: files come from several folders.
        self._unreadable: list[tuple[str, InputError]] = []
        self._faulty: list[tuple[str, InputError]] = []

    @contextlib.contextmanager
    def trying(self, name: str) -> Iterator[None]:
        """Take note of what is wrong with a file that is read within."""
        try:
            yield
        except UnreadableFileError as error:
            (self._faulty if self._strict else self._unreadable).append((name, error))
        except InputError as error:
            self._faulty.append((name, error))

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """The files that were left out, with the reasons as remarks."""
        return tuple(
            SourceFile(name, LEFT_OUT, 0, 0, (str(error),)) for name, error in self._unreadable
        )

    def refuse_or_warn(self, read: Sequence[SourceFile]) -> None:
        """Say what is missing, once all files are read.

        Parameters
        ----------
        read : sequence of SourceFile
            The files that were read.

        Raises
        ------
        InputError
            If a file has a fault, or none was read.
        """
        if not read and not self._faulty:
            raise _joined(self._unreadable)
        if self._unreadable:
            count = len(self._unreadable)
            total = count + len(read) + len(self._faulty)
            (_, reason), *others = self._unreadable
            more = f"; and {_beginning([name for name, _ in others], _NAMED)}" if others else ""
            logger.warning(
                "%d of %s left out: %s%s; %s",
                count,
                f"{counted(total, 'file')} {'was' if count == 1 else 'were'}",
                reason,
                more,
                _ALL if others else _STRICT,
            )
        holed = [
            (file.name, remark) for file in read for remark in file.remarks if UNREADABLE in remark
        ]
        if holed:
            (name, remark), *more_holed = holed
            named = [name for name, _ in more_holed]
            more = f"; and {_beginning(named, _NAMED)}" if named else ""
            logger.warning(
                "%s read without some cells or rows: %s, %s%s; %s",
                f"{counted(len(holed), 'file')} {'was' if len(holed) == 1 else 'were'}",
                name,
                remark,
                more,
                _ALL if named else _STRICT,
            )
        cut = [file.name for file in read if any(r.startswith(ENDS_WITHIN) for r in file.remarks)]
        if cut:
            logger.warning(
                "the last line was left out of %s that %s cut off: %s; %s",
                counted(len(cut), "file"),
                "is" if len(cut) == 1 else "are",
                _beginning(cut, _NAMED),
                _ALL,
            )
        if self._faulty:
            raise _joined(self._faulty)


def _joined(errors: Sequence[tuple[str, InputError]]) -> InputError:
    """One error for the files that have one, with the sentence of the first."""
    (_, first), *others = errors
    if not others:
        return first
    more = _beginning([name for name, _ in others], _FAULTY_NAMED)
    return type(first)(
        f"{first} - and {counted(len(others), 'more file')} that cannot be read: {more}"
    )


def _beginning(names: Sequence[str], count: int) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - count} more" if len(names) > count else ""
    return ", ".join(names[:count]) + more
