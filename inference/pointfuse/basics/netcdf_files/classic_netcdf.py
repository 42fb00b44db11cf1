"""Check headers of classic netCDF files before the netCDF library reads them.

The library trusts the lengths and counts of a header, and a damaged one may end the process or
keep it busy for minutes. Layout after "The NetCDF Classic Format Specification",
https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html. Files of netCDF 4
are HDF5, whose library checks them itself.
"""

from __future__ import annotations

import math
import mmap
import struct
from pathlib import Path

_INT = {1: ">i", 2: ">i", 5: ">q"}
_OFFSET = {1: ">i", 2: ">q", 5: ">q"}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8, 7: 1, 8: 2, 9: 4, 10: 8, 11: 8}
"""Bytes of a value by the number of its type; from 7 on in version 5 alone."""

_DIMENSIONS, _VARIABLES, _ATTRIBUTES = 10, 11, 12
_LONGEST_NAME = 256
_LARGEST_RANK = 1024


class DamagedHeaderError(OSError):
    """A header that contradicts itself or the length of the file.

    An error of the operating system, as the netCDF library has it for files that it refuses.
    """


def check_classic(content: bytes | mmap.mmap) -> None:
    """Make sure that the header of a classic netCDF file is sound; any other file passes.

    Parameters
    ----------
    content : bytes or mmap
        The whole file.

    Raises
    ------
    DamagedHeaderError
        If it is not, with what is wrong.
    """
    if content[:3] == b"CDF" and content[3:4] in (b"\1", b"\2", b"\5"):
        _Header(content, content[3]).check()


def check_classic_file(path: Path) -> None:
    """The same for a file that is not in memory.

    Raises
    ------
    DamagedHeaderError
        As `check_classic`.
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        if file.read(3) == b"CDF":
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                check_classic(content)


class _Header:
    """A header, read from its first byte to its last.

    Parameters
    ----------
    content : bytes or mmap
        The whole file.
    version : int
        1 (classic), 2 (64-bit offsets) or 5 (64-bit data).
    """

    def __init__(self, content: bytes | mmap.mmap, version: int) -> None:
        self._content, self._version = content, version
        self._position = 4

    def check(self) -> None:
        """Go through the whole header."""
        records = self._number(_INT[self._version])
        if records < 0 and records != -1:
            raise DamagedHeaderError(f"it has an impossible number of records, {records}")
        lengths = [self._dimension() for _ in range(self._list(_DIMENSIONS))]
        if lengths.count(0) > 1:
            raise DamagedHeaderError("it has several record dimensions")
        self._attributes()
        ends = [self._variable(lengths) for _ in range(self._list(_VARIABLES))]
        sizes = [size for _, size, of_record in ends if of_record]
        # Records are padded, but for those of a single variable.
        record = sum(size + -size % 4 for size in sizes) if len(sizes) > 1 else sum(sizes)
        for begin, size, of_record in ends:
            whole = size
            if of_record:
                whole = size + (records - 1) * record if records > 0 else 0
            if begin < self._position or (whole and begin + whole > len(self._content)):
                raise DamagedHeaderError(
                    f"it is truncated: it has {len(self._content)} bytes, its variables "
                    f"{begin + whole}"
                )

    def _number(self, form: str) -> int:
        size = struct.calcsize(form)
        part = self._bytes(size)
        return int(struct.unpack(form, part)[0])

    def _bytes(self, size: int) -> bytes:
        if not 0 <= size <= len(self._content) - self._position:
            raise DamagedHeaderError(f"it is truncated or has an impossible length, {size}")
        self._position += size
        return self._content[self._position - size : self._position]

    def _count(self) -> int:
        """A number of things that take at least a byte each."""
        count = self._number(_INT[self._version])
        if not 0 <= count <= len(self._content) - self._position:
            raise DamagedHeaderError(f"it has an impossible count, {count}")
        return count

    def _list(self, wanted: int) -> int:
        """The entries of a list, which begins with what they are."""
        found, count = self._number(">i"), self._count()
        if found != wanted and (found, count) != (0, 0):
            raise DamagedHeaderError(f"it has a list of kind {found} in place of {wanted}")
        return count

    def _name(self) -> None:
        length = self._count()
        if not 0 < length <= _LONGEST_NAME:
            raise DamagedHeaderError(f"it has a name of {length} bytes")
        try:
            name = self._padded(length).decode()
        except UnicodeDecodeError as error:
            raise DamagedHeaderError("it has a name that is not text") from error
        if not name.isprintable() or "/" in name:
            raise DamagedHeaderError(f"it has the name {name!r}")

    def _padded(self, length: int) -> bytes:
        """Bytes that fill up to a multiple of four."""
        found = self._bytes(length)
        self._bytes(-length % 4)
        return found

    def _dimension(self) -> int:
        self._name()
        length = self._number(_INT[self._version])
        if length < 0:
            raise DamagedHeaderError(f"it has a dimension of {length}")
        return length

    def _attributes(self) -> None:
        for _ in range(self._list(_ATTRIBUTES)):
            self._name()
            size = self._type_size()
            self._padded(size * self._count())

    def _type_size(self) -> int:
        kind = self._number(">i")
        if kind not in _SIZES or (kind > 6 and self._version != 5):
            raise DamagedHeaderError(f"it has values of type {kind}")
        return _SIZES[kind]

    def _variable(self, lengths: list[int]) -> tuple[int, int, bool]:
        """First byte of a variable, bytes (of a record, if it has records), and whether it has."""
        self._name()
        rank = self._count()
        if rank > _LARGEST_RANK:
            raise DamagedHeaderError(f"it has a variable of {rank} dimensions")
        numbers = [self._number(_INT[self._version]) for _ in range(rank)]
        if not all(0 <= number < len(lengths) for number in numbers):
            raise DamagedHeaderError("it has a variable with an unknown dimension")
        shape = [lengths[number] for number in numbers]
        if 0 in shape[1:]:
            raise DamagedHeaderError("it has records along a dimension that is not the first")
        of_record = shape[:1] == [0]
        self._attributes()
        size = self._type_size() * math.prod(shape[1:] if of_record else shape)
        self._number(_INT[self._version])  # a size, which the library does not trust either
        return self._number(_OFFSET[self._version]), size, of_record
