"""Maps of fused fields (extra `[plot]`)."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.atomic import replacing
from pointfuse.errors import InputError, InputFileNotFoundError, MissingExtraError
from pointfuse.projection import LambertConformal
from pointfuse.timezones import parse_timezone

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_GRATICULE_STEP = 10
_DOTS_PER_INCH = 150
# Perceptually even, readable in grey and by colour-blind people.
_COLOURS = "viridis"


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
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError(
            "a map needs matplotlib; install it with pip install 'pointfuse[plot]'"
        ) from error
    if output.suffix.lower() not in {".png", ".pdf", ".svg"}:
        raise InputError(f"expected a picture named *.png, *.pdf or *.svg, got {output.name}")
    with _opened(path) as dataset:
        target = _target(path, dataset)
        selected, title = _days(path, dataset, day)
        field = _mean(dataset[target], selected)
        # A few extreme cells would leave the rest of the map in one colour.
        top = float(np.nanpercentile(field, 99.8)) or 1.0
        figure = Figure(figsize=(9, 7.2), layout="constrained")
        axes = figure.add_subplot(aspect="equal")
        scale: dict[str, Any] = {"cmap": _COLOURS, "vmin": 0, "vmax": top}
        mesh = axes.pcolormesh(dataset["x"][:], dataset["y"][:], field, rasterized=True, **scale)
        projection = _projection(dataset)
        _draw_coast(axes, projection)
        _draw_graticule(axes, projection, dataset)
        if stations:
            x, y = projection.forward(dataset["station_lon"][:], dataset["station_lat"][:])
            means = _mean(dataset[f"station_{target}"], selected)
            axes.scatter(x, y, c=means, s=9, edgecolors="white", linewidths=0.3, **scale)
        bar = figure.colorbar(mesh, ax=axes, shrink=0.8, extend="max", pad=0.02)
        units = dataset[target].units.replace("ug m-3", "µg m$^{-3}$")
        name = dataset[target].long_name
        bar.set_label(f"{name} ({units})")
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


def _projection(dataset: netCDF4.Dataset) -> LambertConformal:
    crs = dataset["crs"]
    first, second = crs.standard_parallel
    return LambertConformal(
        (float(first), float(second)),
        float(crs.longitude_of_central_meridian),
        float(crs.latitude_of_projection_origin),
        float(crs.earth_radius),
    )


def _draw_coast(axes: Axes, projection: LambertConformal) -> None:
    """Coastline of Natural Earth at 1:50 million (public domain), where it is on the map."""
    with np.load(Path(__file__).with_name("coastline.npz")) as stored:
        degrees = stored["points"] / float(stored["steps_per_degree"])
        lines = np.split(degrees, stored["starts"][1:])
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    for line in lines:
        x, y = projection.forward(*line.T)
        if ((x > west) & (x < east) & (y > south) & (y < north)).any():
            axes.plot(x, y, color="white", linewidth=0.8, alpha=0.8)
    axes.set(xlim=(west, east), ylim=(south, north))


def _draw_graticule(axes: Axes, projection: LambertConformal, dataset: netCDF4.Dataset) -> None:
    """Meridians and parallels, labelled where they leave the map at the bottom and the left."""
    longitude, latitude = dataset["lon"][:], dataset["lat"][:]
    axes.set(xticks=[], yticks=[])
    limits = axes.get_xlim(), axes.get_ylim()
    style: dict[str, Any] = {"color": "white", "linewidth": 0.5, "alpha": 0.5}
    label: dict[str, Any] = {"textcoords": "offset points", "fontsize": 8, "annotation_clip": False}
    for degrees in _steps(longitude):
        x, y = projection.forward(np.full(200, degrees), np.linspace(latitude.min(), 89, 200))
        axes.plot(x, y, **style)
        edge = np.interp(limits[1][0], y, x)
        if limits[0][0] < edge < limits[0][1]:
            axes.annotate(
                _degrees(degrees, "EW"), (edge, limits[1][0]), xytext=(0, -10), ha="center", **label
            )
    for degrees in _steps(latitude):
        east = np.linspace(longitude.min(), longitude.max(), 400)
        x, y = projection.forward(east, np.full(400, degrees))
        axes.plot(x, y, **style)
        edge = np.interp(limits[0][0], x, y)
        if limits[1][0] < edge < limits[1][1]:
            axes.annotate(
                _degrees(degrees, "NS"),
                (limits[0][0], edge),
                xytext=(-4, 0),
                ha="right",
                va="center",
                **label,
            )
    axes.set(xlim=limits[0], ylim=limits[1])


def _steps(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    first = np.ceil(degrees.min() / _GRATICULE_STEP) * _GRATICULE_STEP
    return np.arange(first, degrees.max(), _GRATICULE_STEP)


def _degrees(value: float, letters: str) -> str:
    return f"{abs(value):g}°{letters[0] if value >= 0 else letters[1]}"
