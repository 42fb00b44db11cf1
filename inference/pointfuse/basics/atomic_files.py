"""Write files under a temporary name, and rename them when they are complete.

A Zarr store is a folder that is used like a file.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from pointfuse.errors import OutputError, PointfuseError

_STORE = ".zgroup"
"""File that is in each Zarr store, and in no folder that is none."""


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
        temporary = _hidden_beside(final)
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        temporary.replace(final)
    except PointfuseError:
        raise
    # netCDF4 reports a full disk as a RuntimeError of the HDF5 library.
    except (OSError, RuntimeError) as error:
        raise _unwritable(path, error) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()


@contextlib.contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """As `replacing`, for a folder that is used like a file: a Zarr store.

    Parameters
    ----------
    path : Path
        Final name; its folder must exist.

    Raises
    ------
    OutputError
        If it cannot be written there.
    """
    temporary = None
    try:
        final = path.resolve()
        check_place(path)
        temporary = _hidden_beside(final)
        temporary.mkdir()
        yield temporary
        for written in temporary.rglob("*"):
            if written.is_file():
                with written.open("rb+") as file:
                    os.fsync(file.fileno())
        give_name(temporary, final)
    except PointfuseError:
        raise
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def _unwritable(path: Path, error: Exception) -> OutputError:
    return OutputError(
        f"{path} cannot be written: {error}; check the name, the rights of the folder, and the "
        "free space"
    )


def give_name(complete: Path, final: Path) -> None:
    """Give a complete file or Zarr store its final name; what has the name is replaced.

    A folder cannot take over a name: the old one is moved away first, and removed afterwards.
    """
    if not complete.is_dir():
        complete.replace(final)
        return
    old = _hidden_beside(final)
    with contextlib.suppress(FileNotFoundError):
        final.rename(old)
    try:
        complete.rename(final)
    except OSError:
        with contextlib.suppress(FileNotFoundError):
            old.rename(final)
        raise
    if old.is_dir():
        shutil.rmtree(old)
    else:
        old.unlink(missing_ok=True)


def _hidden_beside(final: Path) -> Path:
    """A name beside the final one, since a rename is atomic within a file system only.

    Hidden, unlike that of any other run, and with the suffix kept for libraries that look at it.
    """
    unlike = f"{os.getpid()}-{secrets.token_hex(4)}"
    return final.with_name(f".{final.stem[:100]}.{unlike}.part{final.suffix}")


def check_place(path: Path) -> None:
    """Make sure that a file may be written under a name.

    Raises
    ------
    OutputError
        If it is that of a folder that is no Zarr store, of a device or a pipe, or its folder does
        not exist.
    """
    final = path.resolve()
    is_store = (final / _STORE).is_file()
    if (final.is_dir() and not is_store) or not path.name:
        raise OutputError(f"{path} is a folder; expected the name of a file to write")
    if not final.parent.is_dir():
        raise OutputError(f"the folder {path.parent} does not exist; make it first")
    if final.exists() and not (final.is_file() or is_store):
        raise OutputError(f"{path} is a device or pipe; expected the name of a file to write")
