"""Hidden folder beside the output that holds the state of a run."""

from __future__ import annotations

import contextlib
import datetime
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from pointfuse.basics.atomic_files import check_place, replacing
from pointfuse.errors import OutputError, PointfuseError
from pointfuse.fusion.finished_days import FinishedDays
from pointfuse.fusion.finished_months import FinishedMonths

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_BEGUN = "begun.json"


class WorkingFolder:
    """Where a run keeps what it has read, and the days that it has finished.

    Parameters
    ----------
    folder : Path
        The folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.spool = folder / "spool"
        self.pieces = folder / "pieces"
        self.outputs = folder / "outputs"
        self.token = folder / "cluster"
        self.days = FinishedDays(folder / "days")
        self.months = FinishedMonths(folder / "months")

    def begin(self, call: str, now: datetime.datetime) -> datetime.datetime:
        """Start time: that of the run that is continued, or now.

        Parameters
        ----------
        call : str
            What is done.
        now : datetime.datetime
            Time to note where nobody has begun the same.
        """
        path = self._folder / _BEGUN
        # As it is noted: a run that goes on has to find the same.
        now = now.replace(microsecond=0)
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            begun = json.loads(path.read_text(encoding="utf-8"))
            if begun["call"] == call:
                return datetime.datetime.fromisoformat(begun["time"])
        with replacing(path) as temporary:
            content = {"call": call, "time": now.isoformat(timespec="seconds")}
            temporary.write_text(json.dumps(content), encoding="utf-8")
        return now


def folder_beside(output: Path) -> Path:
    """Where the folder of an output is."""
    final = output.resolve()
    return final.with_name(f".{final.name}.work")


@contextlib.contextmanager
def working_folder(output: Path, *, resume: bool) -> Iterator[WorkingFolder]:
    """Make the folder, and remove it at the end; finished days stay if the run does not get there.

    Parameters
    ----------
    output : Path
        File that is to be written.
    resume : bool
        Whether days that a run before has finished are kept.

    Raises
    ------
    OutputError
        If the file cannot be written there, or another run is writing it.
    """
    check_place(output)
    folder = folder_beside(output)
    try:
        folder.mkdir(exist_ok=True)
        with (folder / "lock").open("w") as lock:
            _lock(lock, output)
            work = WorkingFolder(folder)
            if not resume:
                work.days.clear()
                work.months.clear()
                (folder / _BEGUN).unlink(missing_ok=True)
            for path in (work.spool, work.pieces, work.outputs):
                shutil.rmtree(path, ignore_errors=True)
                path.mkdir()
            try:
                yield work
            except BaseException:
                if not (len(work.days) or len(work.months)):
                    shutil.rmtree(folder, ignore_errors=True)
                for path in (work.spool, work.pieces, work.outputs):
                    shutil.rmtree(path, ignore_errors=True)
                raise
            shutil.rmtree(folder, ignore_errors=True)
    except PointfuseError:
        raise
    except OSError as error:
        raise OutputError(
            f"{output} cannot be written: {error}; check the name, and the folder's rights and "
            "space"
        ) from error


def _lock(file: IO[str], output: Path) -> None:
    """Hold the folder as long as this process lives."""
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OutputError(
            f"another run is writing {output}; wait until it ends, or name another file"
        ) from error
