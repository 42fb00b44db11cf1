"""Record the months whose files are complete, for --resume."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pointfuse.basics.atomic_files import replacing
from pointfuse.fields.day_status import DayStatus
from pointfuse.fields.fused_fields import FusedFields
from pointfuse.fusion.run_summary import DayReport, FusedDay, MissingDay
from pointfuse.model.loading import Model
from pointfuse.stations.gridding import PlacedObservations
from pointfuse.version import __version__


class MonthContent:
    """Hash of all that a month's file is made of, day by day.

    Parameters
    ----------
    model : Model
        The model.
    beginning : str
        What else the file says: the call and its time.
    """

    def __init__(self, model: Model, beginning: str) -> None:
        running = (__version__, model.runtime, model.provider, model.threads)
        what = (beginning, model.sha256, *running)
        self._digest = hashlib.sha256(repr(what).encode())

    def add(self, placed: PlacedObservations, status: DayStatus) -> None:
        """Go on with a day."""
        listed = placed.listed
        files = [file.name for file in listed.files]
        what = (str(listed.times[0]), int(status), placed.quality, files, *listed.values)
        self._digest.update(repr(what).encode())
        stations = listed.stations
        places = (stations.code, stations.longitude, stations.latitude, placed.hours.seen)
        for array in (*places, *listed.values.values(), *listed.reasons.values()):
            self._digest.update(np.ascontiguousarray(array).tobytes())

    def adding(self, days: Iterator[FusedFields]) -> Iterator[FusedFields]:
        """Pass fields of single days on, going on with each."""
        for fields in days:
            self.add(fields.stations, DayStatus(int(fields.status[0])))
            yield fields

    def __str__(self) -> str:
        return self._digest.hexdigest()


class FinishedMonths:
    """Notes of months, in a folder.

    Parameters
    ----------
    folder : Path
        It need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __contains__(self, month: str) -> bool:
        return self._note(month).exists()

    def __len__(self) -> int:
        return len(list(self._folder.glob("*.json")))

    def clear(self) -> None:
        """Forget all months."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, month: str, content: MonthContent, file: Path, reports: list[DayReport]) -> None:
        """Note a month.

        Parameters
        ----------
        month : str
            Such as 2019-01.
        content : MonthContent
            What its file is made of.
        file : Path
            The file under its final name.
        reports : list of DayReport
            What the summary says of its days.
        """
        self._folder.mkdir(exist_ok=True)
        note = {
            "content": str(content),
            "file": _look_of(file),
            "reports": [report.to_dict() for report in reports],
        }
        with replacing(self._note(month)) as temporary:
            temporary.write_text(json.dumps(note), encoding="utf-8")

    def reports(self, month: str, content: MonthContent, file: Path) -> list[DayReport] | None:
        """Summary of the days of a month, if its file exists and has the same inputs."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            note = json.loads(self._note(month).read_text(encoding="utf-8"))
            if note["content"] == str(content) and note["file"] == _look_of(file):
                return [
                    MissingDay(**report) if "reason" in report else FusedDay(**report)
                    for report in note["reports"]
                ]
        return None

    def _note(self, month: str) -> Path:
        return self._folder / f"{month}.json"


def _look_of(file: Path) -> list[int]:
    """Length and time of a file: another one has others."""
    found = file.stat()
    return [found.st_size, found.st_mtime_ns]
