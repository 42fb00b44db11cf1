"""Files that appear under their name only when they are complete."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pointfuse.errors import OutputError, PointfuseError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Name to write to; the file is renamed to `path` at the end, or removed after an error.

    Parameters
    ----------
    path : Path
        Final name; its folder must exist.

    Raises
    ------
    OutputError
        If the file cannot be written there.
    """
    if path.is_dir() or not path.name:
        raise OutputError(f"{path} is a folder; expected the name of a file to write")
    if not path.parent.is_dir():
        raise OutputError(f"the folder {path.parent} does not exist; make it first")
    # Beside the final name, since a rename is atomic within a file system only. Hidden, and with
    # the suffix kept for libraries that look at it.
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    except PointfuseError:
        raise
    # netCDF4 reports a full disk as a RuntimeError of the HDF5 library.
    except (OSError, RuntimeError) as error:
        raise OutputError(
            f"{path} cannot be written: {error}; check the folder's rights and space"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
