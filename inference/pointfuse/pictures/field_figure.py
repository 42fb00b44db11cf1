"""Map of fields in memory (extra `[plot]`)."""

from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.shown import figure
from pointfuse.basics.units import typeset_units
from pointfuse.errors import InputError
from pointfuse.fields.fused_fields import FusedFields
from pointfuse.fields.map_file import StationMeans
from pointfuse.pictures.map_drawing import figure_class, quiet_glyphs
from pointfuse.pictures.map_panels import PROVISIONAL, Kind, Panel, Period
from pointfuse.pictures.map_sheet import make_sheet
from pointfuse.stations.pollutants import long_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DOTS_PER_INCH = 100


@figure.register(FusedFields)
def fields_figure(
    fields: FusedFields, *, day: str | np.datetime64 | None, stations: bool
) -> Figure:
    """Mean of the days with a field, or one of them, as `pointfuse plot` draws it."""
    figure_class("a map")
    chosen = _chosen(fields, day)
    target = fields.model.target
    said = long_name(target, hourly=fields.hourly)
    name = f"{said[:1].upper()}{said[1:]}"
    panel = Panel(
        name,
        Kind.AMOUNT,
        f"{said} ({typeset_units(target.units)})",
        fields.values[chosen].mean(axis=0, dtype=np.float64),
        _station_means(fields, chosen) if stations else None,
    )
    sheet = make_sheet(
        [[panel]],
        fields.model.grid,
        title=f"{name}, {Period('', fields.times[chosen])}",
        footer=" · ".join([*_origin(fields, chosen), "coasts and borders: Natural Earth"]),
    )
    # Notebooks show by themselves only figures of pyplot, which are never closed.
    sheet.figure._repr_png_ = partial(_png, sheet.figure)  # type: ignore[attr-defined]
    return sheet.figure


def _origin(fields: FusedFields, chosen: NDArray[np.intp]) -> list[str]:
    """What made the fields, and which of them is provisional."""
    unfinished = chosen[fields.stations.hours.unfinished[chosen]]
    provisional = map(PROVISIONAL.format, fields.days[unfinished])
    return [f"{fields.model.name} {fields.model.version}", *provisional]


def _chosen(fields: FusedFields, day: str | np.datetime64 | None) -> NDArray[np.intp]:
    """Places of the days to draw along the time axis."""
    fused = np.flatnonzero(fields.fused)
    try:
        wanted = None if day is None else np.datetime64(day)
    except ValueError as error:
        raise InputError(f"expected a day such as 2019-01-06, got {day!r}") from error
    chosen = fused
    if wanted is not None:
        # Of hours a day means all of its own, and of days an hour that in which it is.
        day_or_hour = "datetime64[D]" if not fields.hourly else wanted.dtype
        chosen = fused[fields.times[fused].astype(day_or_hour) == wanted.astype(day_or_hour)]
    if not len(chosen):
        held = f"; there are fields from {fields.times[0]} to {fields.times[-1]}" if day else ""
        raise InputError(f"there is no field {f'of {day}' if day else 'on any day'}{held}")
    return chosen


def _station_means(fields: FusedFields, chosen: NDArray[np.intp]) -> StationMeans:
    observations = fields.stations.observations
    values = observations.values[fields.model.target.name][chosen]
    count = np.isfinite(values).sum(axis=0)
    mean = np.full(len(count), np.nan)
    np.divide(np.nansum(values, axis=0), count, out=mean, where=count > 0)
    places = observations.stations.longitude, observations.stations.latitude
    x, y = fields.model.grid.projection.forward(*places)
    return StationMeans(x, y, mean, count == len(chosen))


def _png(drawn: Figure) -> bytes:
    content = io.BytesIO()
    with quiet_glyphs():
        drawn.savefig(content, format="png", dpi=_DOTS_PER_INCH)
    return content.getvalue()
