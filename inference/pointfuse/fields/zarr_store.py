"""Write Zarr stores, a few days or hours at a time: the variables and attributes of netCDF files.

In version 2 of the format: GDAL, QGIS and all versions of xarray read it, and it has a place for
all metadata at once, which version 3 does not have yet (https://zarr-specs.readthedocs.io).
"""

from __future__ import annotations

import contextlib
import datetime
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pointfuse.basics.atomic_files import replacing_folder
from pointfuse.errors import InputError, MissingExtraError
from pointfuse.fields.cf.content import CFContent, constant_groups
from pointfuse.fields.cf.variable import CFVariable
from pointfuse.fields.timed_fields import TimedFields

_FORMAT = 2
_CHUNK = 2**18
"""Size of what is compressed together, bytes: fields one by one, what is smaller many at once."""


def zarr_library() -> Any:
    """The module zarr.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        import zarr
    except ImportError as error:
        raise MissingExtraError(
            "a Zarr store needs zarr; install it with pip install 'pointfuse[zarr]', or name a "
            "file *.nc"
        ) from error
    return zarr


@contextlib.contextmanager
def growing_zarr(
    path: Path, *, history: str, time: datetime.datetime | None = None
) -> Iterator[ZarrStore]:
    """A Zarr store to which fields are added; it appears under its name once it is complete.

    Parameters
    ----------
    path : Path
        Folder to write; an existing store is replaced once the new one is complete.
    history : str
        What was done, for the history in it.
    time : datetime.datetime, optional
        When it was done; now by default.

    Raises
    ------
    MissingExtraError
        If zarr is not installed.
    OutputError
        If it cannot be written.
    InputError
        If there are no fields.
    """
    library = zarr_library()
    with replacing_folder(path) as temporary:
        store = ZarrStore(library.open_group(temporary, mode="w", zarr_format=_FORMAT))
        yield store
        if store.empty:
            raise InputError(f"there are no fields to write to {path.name}")
        store.finish(history, time)
        library.consolidate_metadata(temporary, zarr_format=_FORMAT)


class ZarrStore:
    """A Zarr store that grows; `growing_zarr` makes one."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._content = CFContent()

    @property
    def empty(self) -> bool:
        """Whether nothing was added yet."""
        return self._content.empty

    def append(self, bundle: Sequence[TimedFields]) -> None:
        """Add fields of the next times.

        Parameters
        ----------
        bundle : sequence of TimedFields
            Of each variable those of the same times, in the same order each time.

        Raises
        ------
        InputError
            If they cannot stand in one store, as for `CFContent.add`.
        """
        new = self.empty
        growing = self._content.add(bundle)
        if new:
            for name, constant in constant_groups(bundle[0]).items():
                group = self._root.create_group(name) if name else self._root
                for variable in constant:
                    _create(group, variable, variable.values.shape)[...] = variable.values
                for variable in growing[name]:
                    _create(group, variable, (0, *variable.values.shape[1:]))
        for name, variables in growing.items():
            for variable in variables:
                array = self._root[f"{name}/{variable.name}" if name else variable.name]
                first, values = array.shape[0], variable.values
                array.resize((first + len(values), *values.shape[1:]))
                array[first:] = values

    def finish(self, history: str, time: datetime.datetime | None) -> None:
        """Say what the store is and how it came to be."""
        self._root.update_attributes(self._content.attributes(history, time))


def _create(group: Any, variable: CFVariable, shape: tuple[int, ...]) -> Any:
    """Define a variable, compressed, without its values."""
    from numcodecs import Blosc

    kind = variable.values.dtype
    return group.create_array(
        variable.name,
        shape=shape,
        chunks=_chunks(variable),
        dtype=str if kind.hasobject else kind,
        # A number that stands for what is missing would be taken for it where nothing is missing.
        fill_value=np.nan if variable.gaps else "" if kind.hasobject else None,
        compressors=Blosc(cname="zstd", clevel=1, shuffle=Blosc.SHUFFLE) if shape else None,
        attributes=_in_json(variable.attributes) | {"_ARRAY_DIMENSIONS": [*variable.dimensions]},
    )


def _chunks(variable: CFVariable) -> tuple[int, ...]:
    """Shape of what is compressed together: whole times, as many as are worth a file."""
    shape = variable.values.shape
    if variable.dimensions[:1] != ("time",):
        return tuple(max(1, length) for length in shape)
    bytes_a_time = variable.values.dtype.itemsize * math.prod(shape[1:])
    return (max(1, _CHUNK // max(1, bytes_a_time)), *(max(1, length) for length in shape[1:]))


def _in_json(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes in types that JSON has."""
    return {
        name: value.tolist() if isinstance(value, np.ndarray | np.generic) else value
        for name, value in attributes.items()
    }
