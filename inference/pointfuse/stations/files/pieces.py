"""Large text files in pieces of a day each, so that none has to be read as a whole."""

from __future__ import annotations

import contextlib
import itertools
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from pointfuse.errors import PointfuseError
from pointfuse.stations.readers.formats import lines_to_header
from pointfuse.stations.tables.compression import unpacked

LARGEST_WHOLE = 2_000_000
"""Bytes of text up to which a file is read as a whole: a day of a national network is less."""

# A day as any format writes it, such as 2019-01-06, 20190106 or 2019-01-06T13:00.
_DATE = re.compile(rb"(?<!\d)(?:19|20)\d\d(-?)(?:0[1-9]|1[0-2])\1[0-3]\d")
_BUFFERED = 8_000_000


def pieces(path: Path, folder: Path) -> Iterator[Path]:
    """Files that hold the rows of a text file together, none of them large.

    The rows of a date go to one piece, whatever their order in the file, and the hours and
    instants of a station with them. Each piece has the header, and the name of the file.

    Parameters
    ----------
    path : Path
        File with a header and a row a line, packed or not; any other is left as it is.
    folder : Path
        Empty folder for the pieces, each of which is removed once the next one is asked for.

    Yields
    ------
    Path
        A piece; the file itself if it is small or cannot be divided.
    """
    with contextlib.suppress(OSError, PointfuseError):
        # What is wrong with a file that cannot be opened is for its reader to say.
        header = _lines_to_header(path)
        if header and _divided(path, folder, header):
            try:
                yield from _given_once(path, folder)
            finally:
                # A reader that stops halfway leaves nothing for the next file to be mixed with.
                _empty(folder)
            return
    yield path


def _given_once(path: Path, folder: Path) -> Iterator[Path]:
    for part in sorted(folder.iterdir()):
        piece = folder / part.stem / path.name
        piece.parent.mkdir()
        part.rename(piece)
        yield piece
        shutil.rmtree(piece.parent)


def _empty(folder: Path) -> None:
    for left in folder.iterdir():
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()


def with_lines_of(piece: Path, path: Path) -> Path:
    """Write a piece of a file again, with empty lines for the rows of other pieces.

    So a reader that finds fault with the piece names the line of the file.
    """
    wanted = piece.parent.name.encode()
    lines = _lines(path)
    with piece.open("wb") as file:
        file.writelines(itertools.islice(lines, _lines_to_header(path)))
        file.writelines(line if date == wanted else b"\n" for date, line in _dated(lines))
    return piece


def _lines_to_header(path: Path) -> int:
    """Lines of a large text file up to its header; 0 where it is none, or has no header."""
    with _opened(path) as file:
        start = file.read(LARGEST_WHOLE + 1)
    if len(start) <= LARGEST_WHOLE or b"\0" in start:
        return 0
    return lines_to_header(path.name, start[: start.rfind(b"\n") + 1])


def _divided(path: Path, folder: Path, header_lines: int) -> bool:
    """Whether the rows could be divided by their dates; then the parts are in the folder."""
    lines = _lines(path)
    header = b"".join(itertools.islice(lines, header_lines))
    waiting: dict[bytes, list[bytes]] = {}
    size = 0

    def flush() -> None:
        for date, rows in waiting.items():
            part = folder / f"{date.decode()}.part"
            new = not part.exists()
            with part.open("ab") as file:
                if new:
                    file.write(header)
                file.writelines(rows)
        waiting.clear()

    for date, line in _dated(lines):
        if line.count(b'"') % 2:
            # A field goes on in the next line.
            _empty(folder)
            return False
        waiting.setdefault(date, []).append(line)
        size += len(line)
        if size > _BUFFERED:
            flush()
            size = 0
    flush()
    return True


def _dated(lines: Iterator[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Rows with their dates; a cut-off row without one, or with a new one, has that before it."""
    known: set[bytes] = set()
    last = b"0"
    for line in lines:
        date = _date(line)
        if line.endswith(b"\n") or date in known or not known:
            last = date
        known.add(last)
        yield last, line


def _date(line: bytes) -> bytes:
    """The first date of a row as digits; zeros if it has none."""
    found = _DATE.search(line)
    return found[0].replace(b"-", b"") if found else b"0"


def _lines(path: Path) -> Iterator[bytes]:
    with _opened(path) as file:
        yield from file


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as raw, unpacked(raw, path.name) as file:
        yield file
