"""The grid to work on: from a model file, a description, or an archive."""

from __future__ import annotations

from pathlib import Path

from pointfuse.grid.files.grid_file import read_grid_file
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.model_file import read_model_file
from pointfuse_training.archives.archive import Archive


def read_grid(path: Path | None) -> Grid:
    """Read the grid of a model file, of a description, or of an archive.

    Parameters
    ----------
    path : Path, optional
        A model file (.onnx), the folder of an archive, or any file that `read_grid_file` takes.
        Without it, the grid of the shipped model.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file, or no netCDF file in the folder.
    InputError
        If it holds no grid of square cells in a projection that pointfuse knows.
    ModelFileError
        If it is a damaged model file.
    """
    if path is None or path.suffix == ".onnx":
        return read_model_file(path)[1].grid
    if path.is_dir():
        return Archive(path).grid
    return read_grid_file(path)
