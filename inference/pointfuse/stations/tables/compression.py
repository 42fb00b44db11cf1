"""Files as they are packed: plain, gzip, bzip2, xz, or one file in a zip archive."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

from pointfuse.basics.printable import printable
from pointfuse.errors import UnreadableFileError

_DAMAGED = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError)
"""Errors of a packed file that is damaged or cut off. An OSError of that kind has no number; damage
in the head of a zip archive names ways of packing that there are not (NotImplementedError)."""

_KINDS = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zX": "xz", b"PK\x03\x04": "zip"}
"""Ways to pack a file, by its first bytes."""

_OPENED: dict[str, Callable[[IO[bytes]], Any]] = {
    "gzip": gzip.open,
    "bzip2": bz2.open,
    "xz": lzma.open,
}

_WORKBOOK = "[Content_Types].xml"
"""A part of every Excel workbook, which is a zip archive too."""

_NAMED = 3


@contextlib.contextmanager
def unpacked(raw: IO[bytes], name: str) -> Iterator[IO[bytes]]:
    """What a file holds, whatever it is packed with, as bytes to read once.

    Parameters
    ----------
    raw : binary file
        The file, at its beginning.
    name : str
        Its name, for messages.

    Raises
    ------
    UnreadableFileError
        If it is an archive of several files, or one with a password.
    """
    magic = raw.read(4)
    raw.seek(0)
    kind = next((kind for start, kind in _KINDS.items() if magic.startswith(start)), "plain")
    try:
        member = _only_member(raw, name) if kind == "zip" else None
        if member:
            with zipfile.ZipFile(raw) as archive, archive.open(member) as file:
                yield file
        elif opened := _OPENED.get(kind):
            with opened(raw) as file:
                yield file
        else:
            raw.seek(0)
            yield raw
    except _DAMAGED as error:
        if kind == "plain" or getattr(error, "errno", None):
            raise
        raise UnreadableFileError(
            f"{name} is a damaged or cut-off {kind} file ({error}); get it again"
        ) from error


def _only_member(raw: IO[bytes], name: str) -> zipfile.ZipInfo | None:
    """The file in an archive; None for a workbook, which is for others to refuse."""
    with zipfile.ZipFile(raw) as archive:
        members = [each for each in archive.infolist() if not each.is_dir()]
    # What macOS adds to an archive is no data.
    members = [each for each in members if not each.filename.startswith("__MACOSX/")]
    if any(each.filename == _WORKBOOK for each in members):
        return None
    if len(members) != 1:
        named = ", ".join(printable(each.filename) for each in members[:_NAMED])
        more = ", ..." if len(members) > _NAMED else ""
        raise UnreadableFileError(
            f"{name} is a zip archive of {len(members)} files ({named or 'none'}{more}); expected "
            "one - unpack it and give its files"
        )
    if members[0].flag_bits & 1:
        raise UnreadableFileError(f"{name} is a zip archive with a password; unpack it first")
    return members[0]
