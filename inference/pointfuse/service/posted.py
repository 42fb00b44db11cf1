"""The body of a request as station files: one, packed or not, or several in a zip archive."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO

from starlette.exceptions import HTTPException

from pointfuse.basics.printable import printable
from pointfuse.errors import UnreadableFileError
from pointfuse.service.settings import MEGABYTE
from pointfuse.stations.tables.compression import unpacked
from pointfuse.stations.tables.station_file import StationFile

_ZIP = b"PK\x03\x04"

_WORKBOOK = "[Content_Types].xml"
"""A part of every Excel workbook, which is a zip archive too."""

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)
"""Errors of archives that are damaged; the last is that of a password."""


def station_files(body: bytes, name: str, most_bytes: int) -> list[StationFile]:
    """The station files of a body.

    Parameters
    ----------
    body : bytes
        A station file, packed or not; or a zip archive of several, such as air quality and weather.
    name : str
        Its name, by which some formats are known.
    most_bytes : int
        The most that all may be when they are unpacked: a few bytes can be packed gigabytes.

    Raises
    ------
    HTTPException
        413, if they are more.
    UnreadableFileError
        If the body is damaged.
    """
    files, left = list[StationFile](), most_bytes
    for each, packed in _members(body, _plain(name), most_bytes):
        with unpacked(io.BytesIO(packed), each) as file:
            content = _read(file, left, most_bytes)
        left -= len(content)
        files.append(StationFile(each, content))
    return files


def _members(body: bytes, name: str, most_bytes: int) -> Iterator[tuple[str, bytes]]:
    """Names and contents of what is in an archive of several files; else the body itself."""
    if not body.startswith(_ZIP):
        yield name, body
        return
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = [each for each in archive.infolist() if not each.is_dir()]
            members = [each for each in members if not each.filename.startswith("__MACOSX/")]
            if len(members) < 2 or any(each.filename == _WORKBOOK for each in members):
                yield name, body
                return
            left = most_bytes
            for member in members:
                with archive.open(member) as file:
                    content = _read(file, left, most_bytes)
                left -= len(content)
                yield _plain(member.filename), content
    except _DAMAGED as error:
        raise UnreadableFileError(
            f"{name} is a damaged zip file, or one with a password ({error}); get it again"
        ) from error


def _read(file: IO[bytes], left: int, most_bytes: int) -> bytes:
    """All of a file, if it is not more than may be left."""
    content = file.read(left + 1)
    if len(content) > left:
        raise HTTPException(
            413,
            f"the files are more than {most_bytes / MEGABYTE:g} MB when they are unpacked; post "
            "fewer days at once, or start the service with a larger --max-megabytes",
        )
    return content


def _plain(name: str) -> str:
    """The name of a file without its folders, for messages."""
    return printable(PurePosixPath(name.replace("\\", "/")).name) or "the body"
