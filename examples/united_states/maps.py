"""Maps of the day: what was fused, CMAQ, and how they differ."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray
from PIL import Image

from pointfuse.basics.atomic_files import replacing
from pointfuse.pictures.map_drawing import (
    COLOURS,
    draw_borders,
    draw_coast,
    draw_graticule,
    figure_class,
)
from pointfuse_training.archives.archive import Archive

FAR = 200.0
"""Beyond this from the nearest monitor the field is a guess, km."""

_DIFFERENCES = "RdBu_r"


def draw_maps(fused: Path, cmaq: Archive, output: Path) -> None:
    """Draw the fused field with its monitors, CMAQ, and their difference.

    Parameters
    ----------
    fused : Path
        File of `pointfuse fuse`, of one day.
    cmaq : Archive
        The day of CMAQ on the same grid.
    output : Path
        Picture to write.
    """
    with netCDF4.Dataset(fused) as dataset:
        field = dataset["pm25"][0].filled(np.nan)
        monitors = dataset["stations/station_pm25"][0].filled(np.nan)
        distance = dataset["station_distance"][0].filled(np.nan)
        places = cmaq.grid.projection.forward(
            dataset["stations/station_lon"][:], dataset["stations/station_lat"][:]
        )
    model = cmaq[0][0].numpy()
    figure = figure_class("a map")(figsize=(7.5, 13), layout="constrained")
    values, signed = scale_of(COLOURS, field), scale_of(_DIFFERENCES, field - model)
    for axes, title, shown, scale, line in zip(
        figure.subplots(3, 1),
        (
            f"fused from monitors (circles; dashed: {FAR:.0f} km from the nearest)",
            f"CMAQ, {cmaq.dates[0]}",
            "fused minus CMAQ",
        ),
        (field, model, field - model),
        (values, values, signed),
        ("white", "white", "0.3"),
        strict=True,
    ):
        mesh = axes.pcolormesh(cmaq.grid.x, cmaq.grid.y, shown, rasterized=True, **scale)
        axes.set_aspect("equal")
        draw_coast(axes, cmaq.grid.projection, line)
        draw_borders(axes, cmaq.grid.projection, line)
        draw_graticule(axes, cmaq.grid.projection, line)
        if shown is field:
            far: dict[str, Any] = {"levels": [FAR], "colors": "white", "linestyles": "dashed"}
            axes.contour(cmaq.grid.x, cmaq.grid.y, distance, linewidths=0.8, **far)
            axes.scatter(*places, c=monitors, s=9, edgecolors="white", linewidths=0.3, **scale)
        axes.set_title(title, loc="left")
        bar = figure.colorbar(mesh, ax=axes, extend="both" if scale is signed else "max")
        bar.set_label("daily mean PM2.5 (µg m⁻³)")
    with replacing(output) as temporary:
        figure.savefig(temporary, dpi=90)
        # A palette is plenty for so few colours, and makes a third of the bytes.
        Image.open(temporary).convert("RGB").quantize(256).save(temporary, optimize=True)


def scale_of(colours: str, field: NDArray[np.float32]) -> dict[str, Any]:
    """A colour for each ug/m3, up to a multiple of five that few cells exceed."""
    top = 5 * math.ceil(float(np.nanpercentile(np.abs(field), 99.8)) / 5)
    low = -top if (field < 0).any() else 0
    return {"cmap": colormaps[colours].resampled(top - low), "vmin": low, "vmax": top}
