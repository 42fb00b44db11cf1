"""Record the months whose files are complete, for --resume."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict
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
    """Hash of all that a month's file is made of, time by time.

    Parameters
    ----------
    models : sequence of Model
        The model of each variable.
    beginning : str
        What else the file says: the call and its time.
    """

    def __init__(self, models: Sequence[Model], beginning: str) -> None:
        running = [(model.sha256, model.runtime, model.provider, model.threads) for model in models]
        what = (beginning, __version__, *running)
        self._digest = hashlib.sha256(repr(what).encode())

    def add(self, placed: PlacedObservations, status: DayStatus) -> None:
        """Go on with a time of a variable."""
        listed = placed.listed
        files = [file.name for file in listed.files]
        what = (str(listed.times[0]), int(status), placed.quality, files, *listed.values)
        self._digest.update(repr(what).encode())
        stations = listed.stations
        places = (stations.code, stations.longitude, stations.latitude, placed.hours.seen)
        for array in (*places, *listed.values.values(), *listed.reasons.values()):
            self._digest.update(np.ascontiguousarray(array).tobytes())

    def adding(self, bundles: Iterator[Sequence[FusedFields]]) -> Iterator[Sequence[FusedFields]]:
        """Pass fields of single times on, going on with each."""
        for bundle in bundles:
            for fields in bundle:
                self.add(fields.stations, DayStatus(int(fields.status[0])))
            yield bundle

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

    def add(
        self, month: str, content: MonthContent, files: Sequence[Path], reports: list[DayReport]
    ) -> None:
        """Note a month.

        Parameters
        ----------
        month : str
            Such as 2019-01.
        content : MonthContent
            What its files are made of.
        files : sequence of Path
            The files under their final names.
        reports : list of DayReport
            What the summary says of its days.
        """
        self._folder.mkdir(exist_ok=True)
        note = {
            "content": str(content),
            "files": {str(file): _look_of(file) for file in files},
            "reports": [asdict(report) for report in reports],
        }
        with replacing(self._note(month)) as temporary:
            temporary.write_text(json.dumps(note), encoding="utf-8")

    def found(self, month: str, content: MonthContent) -> tuple[list[Path], list[DayReport]] | None:
        """Files of a month and what the summary says, if they exist and have the same inputs."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            note = json.loads(self._note(month).read_text(encoding="utf-8"))
            if note["content"] == str(content) and all(
                look == _look_of(Path(file)) for file, look in note["files"].items()
            ):
                return [Path(file) for file in note["files"]], [
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
