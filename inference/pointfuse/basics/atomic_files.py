"""Write files under a temporary name, and rename them when they are complete."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from pointfuse.errors import OutputError, PointfuseError


@contextlib.contextmanager
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
    temporary = None
    try:
        # What a link points to is replaced, not the link.
        final = path.resolve()
        check_place(path)
        # Beside the final name, since a rename is atomic within a file system only. Hidden, unlike
        # that of any other run, and with the suffix kept for libraries that look at it.
        name = f".{final.stem[:100]}.{os.getpid()}-{secrets.token_hex(4)}.part{final.suffix}"
        temporary = final.with_name(name)
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        temporary.replace(final)
    except PointfuseError:
        raise
    # netCDF4 reports a full disk as a RuntimeError of the HDF5 library.
    except (OSError, RuntimeError) as error:
        raise OutputError(
            f"{path} cannot be written: {error}; check the name, the rights of the folder, "
            "and the free space"
        ) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()


def check_place(path: Path) -> None:
    """Make sure that a file may be written under a name.

    Raises
    ------
    OutputError
        If it is that of a folder, a device or a pipe, or its folder does not exist.
    """
    final = path.resolve()
    if final.is_dir() or not path.name:
        raise OutputError(f"{path} is a folder; expected the name of a file to write")
    if not final.parent.is_dir():
        raise OutputError(f"the folder {path.parent} does not exist; make it first")
    if final.exists() and not final.is_file():
        raise OutputError(f"{path} is a device or pipe; expected the name of a file to write")
