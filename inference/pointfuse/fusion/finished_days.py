"""Keep finished days on disk until the end of a run, for --resume."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np

from pointfuse.basics.array_archives import read_arrays
from pointfuse.basics.atomic_files import replacing
from pointfuse.fields.day_status import DayStatus
from pointfuse.fields.fused_fields import FusedFields
from pointfuse.fusion.fuse import day_fields, fuse_in_batches
from pointfuse.model.loading import Model
from pointfuse.stations.gridding import PlacedObservations
from pointfuse.version import __version__

_KEPT = ("values", "uncertainty")
"""Fields that are kept, the others follow from the stations."""


class FinishedDays:
    """Fields of single days by what they were made of, in a folder.

    Parameters
    ----------
    folder : Path
        It need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __len__(self) -> int:
        return len(self.names())

    def names(self) -> set[str]:
        """What is there, as `kept_name` has it."""
        return {path.name for path in self._folder.glob("*.npz")}

    def hold(self, name: str) -> bool:
        """Whether a day is there under a name, as `kept_name` has it."""
        return (self._folder / name).exists()

    def forget(self, month: str) -> None:
        """Remove the days of a month, such as 2019-01."""
        for path in self._folder.glob(f"{month}-*.npz"):
            path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Forget all days."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def fuse(self, placed: PlacedObservations, model: Model, *, keep: bool) -> FusedFields:
        """Fields of a day: those that were kept, or else new ones.

        Parameters
        ----------
        placed : PlacedObservations
            Observations of one day on the model's grid.
        model : Model
            The model.
        keep : bool
            Whether to keep new ones for another run.
        """
        path = self._folder / kept_name(placed, model)
        kept = _load(path, placed, model)
        if kept is not None:
            return kept
        (fields,) = fuse_in_batches(placed, model)
        if keep:
            self._folder.mkdir(exist_ok=True)
            with replacing(path) as temporary, temporary.open("wb") as file:
                np.savez(file, **{name: getattr(fields, name) for name in _KEPT})
        return fields


def kept_name(placed: PlacedObservations, model: Model) -> str:
    """File name for the fields of a day: a hash of everything that they depend on."""
    return f"{placed.observations.times[0]}-{_fingerprint(placed, model)}.npz"


def _load(path: Path, placed: PlacedObservations, model: Model) -> FusedFields | None:
    """Fields that were kept; None if there are none, or they are damaged."""
    # The checksums of the archive tell of a file that was cut off when the power failed.
    try:
        kept = read_arrays(path)
        fields = [kept[name] for name in _KEPT]
    except (OSError, ValueError, KeyError):
        return None
    return day_fields(placed, model, DayStatus.FUSED, *fields)


def _fingerprint(placed: PlacedObservations, model: Model) -> str:
    """Hash of all that the fields of a day depend on."""
    running = (__version__, model.runtime, model.provider, model.threads)
    what = (model.sha256, *running)
    digest = hashlib.sha256(repr(what).encode())
    observations = placed.observations
    stations = observations.stations
    tables = (observations.values[name] for name in sorted(observations.values))
    for array in (placed.cell, stations.longitude, stations.latitude, *tables):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:24]
