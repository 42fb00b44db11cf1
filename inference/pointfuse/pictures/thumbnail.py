"""Small pictures of two-dimensional arrays, without matplotlib."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.grid.natural_earth import COAST, lines_on_map
from pointfuse.grid.regular_grid import Grid
from pointfuse.pictures.html_page import text
from pointfuse.pictures.palette_png import palette, palette_png

_COLOURS = "414487", "355f8d", "2a788e", "21918c", "22a884", "44bf70", "7ad151", "bddf26", "fde725"
"""Nine colours of viridis, evenly apart from a fifth of its range to its end: what is darker would
sink into a dark page."""

_LEVELS = 64
_LARGEST = 320
"""Pixels along the longer side, beyond which a picture is made coarser."""


def picture(values: NDArray[np.floating[Any]], top: float, alternative: str) -> str:
    """A table of numbers in colours, with its scale below.

    Parameters
    ----------
    values : ndarray, shape (row, column)
        Row 0 is the lowest of the picture; NaN is left open.
    top : float
        Value that has the last colour, as have all above it; 0 has the first.
    alternative : str
        What it shows, for those who cannot see it.
    """
    coarse = _coarser(np.asarray(values, np.float64))
    share = np.clip(np.nan_to_num(coarse / top), 0, 1)
    # Number 0 is left open.
    numbers = np.where(np.isfinite(coarse), 1 + np.rint(share * (_LEVELS - 1)), 0).astype(np.uint8)
    data = base64.b64encode(palette_png(numbers[::-1], palette(_COLOURS, _LEVELS))).decode()
    return (
        f'<img alt="{text(alternative)}" src="data:image/png;base64,{data}" '
        'style="display:block;width:320px;max-width:100%;height:auto;image-rendering:pixelated"/>'
    )


def coast(grid: Grid) -> str:
    """Coast lines to lay over the picture of a field on a grid."""
    half = grid.cell_size / 2
    x, y = (grid.x[0] - half, grid.x[-1] + half), (grid.y[0] - half, grid.y[-1] + half)
    pixel = max(x[1] - x[0], y[1] - y[0]) / _LARGEST
    paths = []
    for line in lines_on_map(COAST, grid.projection, x, y):
        points = np.rint((line - (x[0], y[1])) / (pixel, -pixel)).astype(np.int64)
        points = points[np.append(True, np.diff(points, axis=0).any(axis=1))]
        if len(points) > 1:
            paths.append("M" + " ".join(f"{right},{down}" for right, down in points.tolist()))
    width, height = (x[1] - x[0]) / pixel, (y[1] - y[0]) / pixel
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" aria-hidden="true" '
        'style="position:absolute;top:0;left:0;width:320px;max-width:100%;height:auto">'
        f'<path d="{"".join(paths)}" fill="none" stroke="white" stroke-width="0.8"/></svg>'
    )


def scale(top: str, caption: str) -> str:
    """Bar with the colours of a picture, between the values of the first and the last."""
    stops = ",".join(f"#{colour}" for colour in _COLOURS)
    bar = f"flex:1;height:0.6em;background:linear-gradient(to right,{stops})"
    return (
        '<div style="display:flex;align-items:center;gap:0.5em;width:320px;max-width:100%">'
        f'0<span style="{bar}"></span>{text(top)}</div>{text(caption)}'
    )


def _coarser(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means of as many values as bring the table to the size of a picture."""
    factor = -(-max(values.shape) // _LARGEST)
    rows, columns = (factor * -(-size // factor) for size in values.shape)
    padded = np.full((rows, columns), np.nan)
    padded[: values.shape[0], : values.shape[1]] = values
    blocks = padded.reshape(rows // factor, factor, columns // factor, factor)
    count = np.isfinite(blocks).sum(axis=(1, 3))
    means = np.full(count.shape, np.nan)
    np.divide(np.nansum(blocks, axis=(1, 3)), count, out=means, where=count > 0)
    return means
