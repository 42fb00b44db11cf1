"""Draw the picture of docs/guide/regions.md: how much of each cell counts.

python docs/pictures/draw_shares.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from draw_maps import shrink
from matplotlib.figure import Figure

from pointfuse import Grid, LambertConformal
from pointfuse.grid.districts import District
from pointfuse.grid.overlap import overlap


def main(picture: Path) -> None:
    """Draw a region with a hole on cells of 12 km."""
    grid = Grid(LambertConformal((25.0, 47.0), 105.0, 36.0, 6_370_000.0), 16, 24, 12e3, 0.0, 0.0)
    turn = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    away = 1 + 0.2 * np.sin(3 * turn) + 0.1 * np.cos(7 * turn)
    outer = np.stack([106.55 + 1.1 * away * np.cos(turn), 36.78 + 0.6 * away * np.sin(turn)], 1)
    hole = np.stack([106.3 + 0.25 * np.cos(turn), 36.85 + 0.15 * np.sin(turn)], 1)
    found = overlap(grid, [District("region", ((outer, hole),))])
    shares = np.zeros(grid.rows * grid.columns)
    shares[found.cell] = found.share
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    edges_x, edges_y = (np.append(part, part[-1] + 12e3) - 6e3 for part in (grid.x, grid.y))
    look = {"cmap": "Blues", "edgecolors": "0.8", "linewidth": 0.5, "vmin": 0, "vmax": 1.15}
    axes.pcolormesh(edges_x, edges_y, shares.reshape(grid.shape), **look)
    for ring in (outer, hole):
        x, y = grid.projection.forward(*np.vstack([ring, ring[:1]]).T)
        axes.plot(x, y, color="#e69f00", linewidth=1.8)
    for cell, share in zip(found.cell, found.share, strict=True):
        row, column = divmod(int(cell), grid.columns)
        colour = "white" if share > 0.5 else "0.2"
        text = f"{100 * share:.0f}"
        axes.text(grid.x[column], grid.y[row], text, ha="center", va="center", size=7, color=colour)
    axes.set(aspect="equal", xticks=[], yticks=[])
    axes.set_title("part of each cell in the region, %", loc="left", fontsize=10)
    large = picture.with_name("shares-large.png")
    figure.savefig(large, dpi=150)
    shrink(large, picture)
    large.unlink()


if __name__ == "__main__":
    main(Path(__file__).with_name("shares.png"))
