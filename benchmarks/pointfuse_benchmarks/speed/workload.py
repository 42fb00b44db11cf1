"""What is computed in the measurements: the bundled example day, which everybody has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputFileNotFoundError
from pointfuse.model.devices import PROVIDERS, Device, missing
from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.precisions import REFERENCE, Precision, files_by_precision
from pointfuse.model.shipped import model_folder
from pointfuse.stations.gridding import grid_days, place
from pointfuse.stations.observations import Observations
from pointfuse.stations.reading import read_stations
from pointfuse_benchmarks.measuring.checkout import EXAMPLES

PRECISIONS: dict[Device, tuple[Precision, ...]] = {
    "cpu": ("fp32", "int8"),
    "cuda": ("fp32", "fp16"),
    "tensorrt": ("fp32", "fp16"),
    "rtx": ("fp32", "fp16"),
}
"""Precisions that are meant for a device. The others run on it, if at all, by conversions."""


def example_files() -> list[Path]:
    """Station files of the example day.

    Raises
    ------
    InputFileNotFoundError
        If this is not a checkout.
    """
    files = [EXAMPLES / name for name in ("air_quality.csv", "weather.csv")]
    if not all(file.is_file() for file in files):
        raise InputFileNotFoundError(
            f"expected the example day in {EXAMPLES}; install the benchmarks from a checkout with "
            "'pip install -e benchmarks'"
        )
    return files


def example_day() -> Observations:
    """Stations of the example day."""
    return read_stations(example_files())


def example_feed(metadata: ModelMetadata, days: int = 1) -> dict[str, NDArray[np.float32]]:
    """The example day on the grid of a model, as its inputs, so many times over.

    Returns
    -------
    dict of str to ndarray of float32, shape (day, variable, row, column)
    """
    gridded = grid_days(place(example_day(), metadata))
    return {
        "observations": np.repeat(gridded.observations, days, axis=0),
        "observed": np.repeat(gridded.observed, days, axis=0),
    }


def shipped_files(folder: Path | None = None) -> dict[str, Path]:
    """Files of the default model by precision, the reference first.

    Parameters
    ----------
    folder : Path, optional
        Folder of another model, with its manifest.
    """
    folder = folder or model_folder()
    entries = files_by_precision(folder=folder)
    found = {precision: folder / entry.file for precision, entry in entries.items()}
    return dict(sorted(found.items(), key=lambda item: item[0] != REFERENCE))


def usable_devices() -> list[Device]:
    """Devices of this machine, without ``auto``."""
    return [device for device in PROVIDERS if missing(device) is None]


def suited_files(models: Mapping[str, Path]) -> Iterator[tuple[Device, Precision, Path]]:
    """Usable devices, the precisions that are meant for each, and the files of these.

    Parameters
    ----------
    models : mapping of str to Path
        Model files by precision; precisions without a file are left out.
    """
    for device in usable_devices():
        for precision in PRECISIONS[device]:
            if precision in models:
                yield device, precision, models[precision]
