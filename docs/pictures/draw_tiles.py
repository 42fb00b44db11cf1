"""Draw the picture of docs/guide/service.md: the tiles of a service on a map.

    python docs/pictures/draw_tiles.py http://127.0.0.1:8000/fields/ID/tilejson.json

takes the tiles of zoom 4 over China, as a map in a browser does, and puts coasts and the seams
between the tiles over them.
"""

from __future__ import annotations

import io
import json
import sys
import urllib.request
from pathlib import Path

import numpy as np
from draw_maps import shrink
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from PIL import Image

from pointfuse.grid.projections import Mercator
from pointfuse.pictures.map_drawing import draw_borders, draw_coast, draw_graticule

ZOOM, COLUMNS, ROWS = 4, range(11, 15), range(5, 8)
MAP = Mercator(0.0, 0.0, 6_378_137.0)
SIDE = 2 * np.pi * MAP.earth_radius / 2**ZOOM
"""Of a tile, m."""


def main(address: str) -> None:
    """Take the tiles, and draw them beside this file."""
    description = json.loads(taken(address))
    west, north = (COLUMNS[0] - 2 ** (ZOOM - 1)) * SIDE, (2 ** (ZOOM - 1) - ROWS[0]) * SIDE
    east, south = west + len(COLUMNS) * SIDE, north - len(ROWS) * SIDE
    figure = Figure(figsize=(8, 5.6), layout="constrained")
    axes = figure.subplots()
    for column, x in enumerate(COLUMNS):
        for row, y in enumerate(ROWS):
            tile = description["tiles"][0].format(z=ZOOM, x=x, y=y)
            with Image.open(io.BytesIO(taken(tile))) as picture:
                edges = west + column * SIDE, north - row * SIDE
                extent = (edges[0], edges[0] + SIDE, edges[1] - SIDE, edges[1])
                axes.imshow(np.asarray(picture.convert("RGBA")), extent=extent)
    axes.set(xlim=(west, east), ylim=(south, north))
    draw_coast(axes, MAP, "0.1")
    draw_borders(axes, MAP, "0.1")
    draw_graticule(axes, MAP, "0.1")
    for column in range(1, len(COLUMNS)):
        axes.axvline(west + column * SIDE, color="#0084c8", linewidth=0.8)
    for row in range(1, len(ROWS)):
        axes.axhline(north - row * SIDE, color="#0084c8", linewidth=0.8)
    colours = description["colours"]
    scale = axes.imshow(
        np.zeros((1, 1)),
        extent=(west, west, south, south),
        cmap=ListedColormap(colours["steps"]),
        norm=Normalize(colours["low"], colours["high"]),
    )
    axes.set(xlim=(west, east), ylim=(south, north))
    figure.colorbar(scale, extend="max", shrink=0.8, label="PM2.5 (µg m⁻³)")
    large = Path(__file__).with_name("service.large.png")
    figure.savefig(large, dpi=150)
    shrink(large, Path(__file__).with_name("service.png"))
    large.unlink()


def taken(address: str) -> bytes:
    """What a service answers."""
    with urllib.request.urlopen(address) as answer:
        content: bytes = answer.read()
    return content


if __name__ == "__main__":
    main(sys.argv[1])
