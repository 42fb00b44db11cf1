"""Maps of fused fields (extra `[plot]`)."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.atomic import replacing
from pointfuse.classic_netcdf import check_classic_file
from pointfuse.drawing import COLOURS, draw_coast, draw_graticule, figure_class
from pointfuse.errors import InputError, InputFileNotFoundError
from pointfuse.grid_mapping import grid_axes
from pointfuse.timezones import parse_timezone
from pointfuse.units import typeset_units

_DOTS_PER_INCH = 150


def plot_file(
    path: Path, output: Path, *, stations: bool = False, day: np.datetime64 | None = None
) -> None:
    """Draw a map of a file that pointfuse wrote.

    Parameters
    ----------
    path : Path
        netCDF file of fused fields.
    output : Path
        Picture to write; its suffix decides the kind (PNG, PDF, SVG).
    stations : bool
        Whether to show the stations, in the colours of the field.
    day : datetime64[D], optional
        Day to show; the mean over all days of the file by default.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    InputFileNotFoundError, InputError
        If the file is missing, no fused field, or lacks the day.
    OutputError
        If the picture cannot be written.
    """
    new_figure = figure_class("a map")
    if output.suffix.lower() not in {".png", ".pdf", ".svg"}:
        raise InputError(f"expected a picture named *.png, *.pdf or *.svg, got {output.name}")
    with _opened(path) as dataset:
        target = _target(path, dataset)
        selected, title = _days(path, dataset, day)
        field = _mean(dataset[target], selected)
        # A few extreme cells would leave the rest of the map in one colour.
        top = float(np.nanpercentile(field, 99.8)) or 1.0
        figure = new_figure(figsize=(9, 7.2), layout="constrained")
        axes = figure.add_subplot(aspect="equal")
        scale: dict[str, Any] = {"cmap": COLOURS, "vmin": 0, "vmax": top}
        grid = grid_axes(dataset, target).grid
        projection = grid.projection
        mesh = axes.pcolormesh(grid.x, grid.y, field, rasterized=True, **scale)
        draw_coast(axes, projection, "white")
        draw_graticule(axes, projection, "white")
        if stations:
            x, y = projection.forward(dataset["station_lon"][:], dataset["station_lat"][:])
            means = _mean(dataset[f"station_{target}"], selected)
            axes.scatter(x, y, c=means, s=9, edgecolors="white", linewidths=0.3, **scale)
        bar = figure.colorbar(mesh, ax=axes, shrink=0.8, extend="max", pad=0.02)
        name = dataset[target].long_name
        bar.set_label(f"{name} ({typeset_units(dataset[target].units)})")
        axes.set_title(f"{name[:1].upper()}{name[1:]}, {title}", loc="left")
        origin = f"{dataset.model_name} {dataset.model_version}, fused from station observations"
        origin += " (circles)" if stations else ""
        axes.set_xlabel(origin, loc="right", labelpad=18, fontsize=7, color="0.35")
        with replacing(output) as temporary:
            figure.savefig(temporary, dpi=_DOTS_PER_INCH, bbox_inches="tight")


def _opened(path: Path) -> netCDF4.Dataset:
    if not path.is_file():
        raise InputFileNotFoundError(f"there is no file {path}; check the path")
    try:
        check_classic_file(path)
        return netCDF4.Dataset(path)
    except OSError as error:
        raise InputError(f"{path.name} is no netCDF file ({error}); check the path") from error


def _target(path: Path, dataset: netCDF4.Dataset) -> str:
    """Name of the fused variable: the one on the grid that its support is attached to."""
    for name, variable in dataset.variables.items():
        if "station_distance" not in getattr(variable, "ancillary_variables", ""):
            continue
        needed = {"time", "y", "x", "lat", "lon", "crs", "station_lat", f"station_{name}"}
        if variable.dimensions == ("time", "y", "x") and needed <= set(dataset.variables):
            return str(name)
    raise InputError(
        f"{path.name} holds no fused field with its stations; expected a file as 'pointfuse fuse' "
        "wrote it"
    )


def _days(
    path: Path, dataset: netCDF4.Dataset, day: np.datetime64 | None
) -> tuple[NDArray[np.bool_], str]:
    """Which times of the file are shown, and how to call them."""
    zone, time = parse_timezone(dataset.day_timezone), dataset["time"]
    middles: Any = netCDF4.num2date(time[:], time.units, only_use_cftime_datetimes=False)
    local = [middle.replace(tzinfo=datetime.UTC).astimezone(zone) for middle in middles]
    days = np.array([np.datetime64(middle.date(), "D") for middle in local])
    selected = np.ones(len(days), bool) if day is None else days == day
    if not selected.any():
        raise InputError(f"{path.name} has no field of {day}; it holds {days[0]} to {days[-1]}")
    if selected.sum() == 1:
        return selected, str(days[selected][0])
    return selected, f"mean of {selected.sum()} days, {days[0]} to {days[-1]}"


def _mean(variable: Any, selected: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean over the selected times, read one at a time; NaN where there is no value."""
    total = np.zeros(variable.shape[1:])
    count = np.zeros(variable.shape[1:])
    for time in np.flatnonzero(selected):
        values: NDArray[np.float64] = variable[time].astype(np.float64).filled(np.nan)
        total += np.nan_to_num(values)
        count += np.isfinite(values)
    mean = np.full(total.shape, np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean
