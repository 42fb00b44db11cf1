"""PNG pictures of numbers of colours, without matplotlib."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def palette(colours: Sequence[str], levels: int) -> NDArray[np.uint8]:
    """Even steps through colours.

    Parameters
    ----------
    colours : sequence of str
        Some colours evenly apart, such as ``414487``.
    levels : int
        Steps, at most 255.

    Returns
    -------
    ndarray of uint8, shape (level, 3)
        Red, green and blue of each step.
    """
    known = np.array([list(bytes.fromhex(colour)) for colour in colours])
    steps = np.linspace(0, len(known) - 1, levels)
    channels = [np.interp(steps, np.arange(len(known)), channel) for channel in known.T]
    rounded: NDArray[np.uint8] = np.rint(np.stack(channels, axis=1)).astype(np.uint8)
    return rounded


def palette_png(
    numbers: NDArray[np.uint8], colours: NDArray[np.uint8], *, effort: int = 9
) -> bytes:
    """A picture of the numbers of colours (ISO/IEC 15948).

    Parameters
    ----------
    numbers : ndarray of uint8, shape (row, column)
        Row 0 is on top; 0 is transparent, 1 the first colour.
    colours : ndarray of uint8, shape (colour, 3)
        Red, green and blue.
    effort : int
        How hard to compress, 1 to 9.
    """
    height, width = numbers.shape
    # Each row begins with its filter: none.
    rows = np.pad(numbers, ((0, 0), (1, 0))).tobytes()
    parts = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0),
        b"PLTE": bytes(3) + colours.tobytes(),
        b"tRNS": bytes(1),
        b"IDAT": zlib.compress(rows, effort),
        b"IEND": b"",
    }
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(content, zlib.crc32(name)))
        for name, content in parts.items()
    )
