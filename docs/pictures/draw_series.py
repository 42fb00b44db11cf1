"""Draw the picture of docs/guide/places.md.

    python docs/pictures/draw_series.py january.nc

january.nc holds fused days of January 2019.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import numpy as np
from draw_maps import shrink
from matplotlib.figure import Figure

from pointfuse.basics.progress import progress
from pointfuse.fields.places.extraction import Extraction, extract_to_table
from pointfuse.fields.places.points import places_of

PLACES = {"Beijing": (116.40, 39.90), "Chongqing": (106.55, 29.56), "Golmud": (94.90, 36.42)}
COLOURS = ("#0084c8", "#e69f00", "#8c6bb1")


def main(file: Path) -> None:
    """Extract the series, and draw them beside this file."""
    table = file.with_suffix(".csv")
    places = places_of(PLACES)
    extract_to_table([file], table, Extraction(places), partial(progress, hidden=True))
    rows = np.genfromtxt(table, delimiter=",", names=True, dtype=None, encoding="utf-8")
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    axes = figure.subplots()
    for name, colour in zip(PLACES, COLOURS, strict=True):
        here = rows[rows["place"] == name]
        days = here["date"].astype("datetime64[D]")
        every = np.arange(days[0], days[-1] + 1)
        # A gap where there are no days.
        value, low, high = (
            np.where(
                np.isin(every, days), np.interp(every.astype(int), days.astype(int), part), np.nan
            )
            for part in (here["pm25"], here["pm25_low"], here["pm25_high"])
        )
        distance = here["station_distance_km"].max()
        near = f"nearest station {distance:.0f} km away" if distance else "stations in the cell"
        axes.plot(every, value, "o-", markersize=3, color=colour, label=f"{name}, {near}")
        axes.fill_between(every, low, high, color=colour, alpha=0.2)
    axes.set(ylabel="PM2.5 (µg m⁻³)", ylim=(0, None))
    axes.legend(frameon=False, fontsize=9)
    figure.savefig(file.with_suffix(".png"), dpi=150)
    shrink(file.with_suffix(".png"), Path(__file__).with_name("series.png"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
