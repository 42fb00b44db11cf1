"""Read the archives of arrays (.npz) that this package writes, from any thread."""

from __future__ import annotations

import threading
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# numpy parses the header of an array as Python, and before Python 3.11.9 two threads that do so at
# once can end in a SystemError (python/cpython#106905).
_ONE_AT_A_TIME = threading.Lock()

_NO_ARCHIVE = (
    AttributeError,
    EOFError,
    RuntimeError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What comes of a damaged archive - a RuntimeError of an unknown compression - and of a file of one
array, which cannot be closed: an AttributeError or TypeError."""


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays of an archive by name.

    Parameters
    ----------
    path : Path
        The file, of ``numpy.savez``.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is damaged, or no archive of arrays.
    """
    try:
        # Where numpy opens the file itself, it leaves it open if it is damaged.
        with _ONE_AT_A_TIME, path.open("rb") as file, np.load(file) as archive:
            return dict(archive)
    except _NO_ARCHIVE as error:
        raise ValueError(f"{path} is not a whole archive of arrays: {error}") from error
