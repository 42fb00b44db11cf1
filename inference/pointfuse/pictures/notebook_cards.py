"""What notebooks show of fields, observations, models and cross-validations.

A heading, a small picture, a table and a few facts, in the colours of the text around them, so
that they read on light and dark pages; nothing is loaded from anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.counted import counted
from pointfuse.basics.shown import html
from pointfuse.basics.timezones import zone_name
from pointfuse.basics.units import typeset_units
from pointfuse.fields.fused_fields import FusedFields
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.loading import Model
from pointfuse.model.metadata import ModelMetadata
from pointfuse.pictures.html_page import bullets, paragraph, table, text
from pointfuse.pictures.thumbnail import coast, picture, scale
from pointfuse.stations.merging import table_of_means
from pointfuse.stations.observations import Observations
from pointfuse.stations.pollutants import long_name
from pointfuse.stations.quality.flags import count_reasons, quality_lines
from pointfuse.trust.classes import Classes
from pointfuse.trust.coverage import evaluate_uncertainty
from pointfuse.trust.crossval import CrossValidation
from pointfuse.trust.scores import (
    PairSums,
    normalised_mean_bias,
    normalised_mean_error,
    ratio,
    root_mean_square_error,
    squared_correlation,
)

_SHARE_SHOWN = 99.8
"""Per cent of the values within the colours: a few extremes would leave the rest in the first."""

_NAMED = 5
_MAP_SIZE = 120
_BINS = 80


@html.register
def fields_html(fields: FusedFields) -> str:
    """Range of the fields and of their support, with their mean as a map."""
    target = fields.model.target
    units = typeset_units(target.units)
    said, unit = long_name(target, hourly=fields.hourly), "hour" if fields.hourly else "day"
    name = f"{said[:1].upper()}{said[1:]}"
    fused = np.flatnonzero(fields.fused)
    rows = [
        _range_row(said, units, fields.values),
        _range_row("its standard uncertainty", units, fields.uncertainty),
        _range_row("distance to a station", "km", fields.station_distance / np.float32(1000)),
    ]
    lacking = len(fields.times) - len(fused)
    facts = [
        *([f"{lacking} of {counted(len(fields.times), unit)} without a field"] if lacking else []),
        f"{counted(len(fields.stations.observations.stations), 'station')} used, "
        f"{fields.stations.counts.read} read",
        _grid_text(fields.model.grid),
        f"{_model_text(fields.model)} on {fields.device}, sha256 {fields.model_sha256[:12]}",
    ]
    mean = f"mean of {len(fused)} {unit}s" if len(fused) > 1 else f"{target.name}"
    shown = _mean_of_days(fields.values, fused)
    return _card(
        f"{name}, {_period(fields.times)}",
        _map(shown, f"{mean} in {units}", coast(fields.model.grid)),
        table(f"Over all cells and {unit}s", ["", "units", "lowest", "mean", "highest"], rows),
        bullets(facts),
    )


@html.register
def observations_html(observations: Observations) -> str:
    """Number and range of the values of each variable, with their places as a map."""
    stations, times = observations.stations, observations.times
    rows = []
    for name, values in observations.values.items():
        known = values[np.isfinite(values)]
        ends = (
            [f"{end:.1f}" for end in (known.min(), known.mean(), known.max())] if len(known) else []
        )
        rows.append([name, str(len(known)), *(ends or ["-"] * 3)])
    placed = np.isfinite(stations.longitude) & np.isfinite(stations.latitude)
    more_files = len(observations.files) - _NAMED
    named = ", ".join(stations.code[:_NAMED].tolist()) + (", ..." if len(stations) > _NAMED else "")
    facts = [
        f"stations {named}" if len(stations) else "no stations",
        *([f"stations without a place: {(~placed).sum()}"] if not placed.all() else []),
        f"{'hours' if observations.hourly else 'days'} in the time zone "
        f"{zone_name(observations.timezone)}",
        *(f"{file.name}: {file.format}" for file in observations.files[:_NAMED]),
        *([f"and {more_files} more files"] if more_files > 0 else []),
        *quality_lines(count_reasons(observations)),
    ]
    kind = "Hourly values" if observations.hourly else "Daily means"
    return _card(
        f"{kind} at {counted(len(stations), 'station')}, {_period(times)}",
        _map_of_stations(observations, placed),
        table(
            "Values in the units of the model", ["", "values", "lowest", "mean", "highest"], rows
        ),
        bullets(facts),
    )


@html.register
def model_html(model: Model) -> str:
    """What the model takes, what it gives, and where it runs."""
    metadata = model.metadata
    rows = [
        [
            variable.name,
            typeset_units(variable.units),
            *(f"{end:g}" for end in variable.valid_range),
        ]
        for variable in metadata.variables
    ]
    facts = [
        f"gives {metadata.target.name} "
        + ("with its uncertainty" if model.gives_uncertainty else "without uncertainty"),
        _grid_text(metadata.grid),
        *(f"adapted to {used}" for used in [metadata.observations_used] if used),
        f"on {model.device}, {model.threads} threads, {model.runtime}",
        f"{metadata.licence}; sha256 {model.sha256[:12]}",
    ]
    return _card(
        _model_text(metadata),
        "",
        paragraph(metadata.summary),
        table("What it takes", ["", "units", "lowest", "highest"], rows),
        bullets(facts),
    )


@html.register
def cross_validation_html(result: CrossValidation) -> str:
    """Scores of the model and of its rivals, with their pairs as a picture."""
    target = result.placed.metadata.target
    units = typeset_units(target.units)
    days = result.placed.observations.times
    predictions = {_model_text(result.placed.metadata): result.predicted, **result.baselines}
    rows = []
    for name, predicted in predictions.items():
        sums = PairSums.of(result.observed, predicted).over()
        scores = (
            squared_correlation(sums),
            root_mean_square_error(sums),
            normalised_mean_error(sums),
            normalised_mean_bias(sums),
        )
        rows.append([name, f"{sums.pairs:.0f}", *(f"{score:.3f}" for score in scores)])
    uncertainty = evaluate_uncertainty(result, Classes())
    held = uncertainty.overall.share if uncertainty else {}
    facts = [
        f"{counted(int(result.fold.max(initial=-1)) + 1, 'fold')}, {_period(days)}",
        *([f"90 % intervals hold {100 * held[90]:.1f} % of the observations"] if held else []),
    ]
    header = ["", "pairs", "R²", f"RMSE ({units})", "NME", "NMB"]
    return _card(
        f"Cross-validation, {result.scheme} withheld",
        _density(result, units),
        table(f"Scores of {target.long_name} at withheld stations", header, rows),
        bullets(facts),
    )


def _card(title: str, shown: str, *elements: str) -> str:
    """A picture, perhaps, with what is said about it beside it, or below on a narrow page."""
    beside = f'<div style="flex:1;min-width:min(20em,100%)">{"".join(elements)}</div>'
    return (
        f"<div><strong>{text(title)}</strong>"
        '<div style="display:flex;flex-wrap:wrap;gap:1.5em;align-items:flex-start;margin:0.5em 0">'
        f"{shown}{beside}</div></div>"
    )


def _range_row(name: str, units: str, values: NDArray[np.float32]) -> list[str]:
    """Lowest, mean and highest of fields that are known everywhere on a day or nowhere."""
    known = np.isfinite(values[:, 0, 0])
    if not known.any():
        return [name, units, "-", "-", "-"]
    # Day by day, without a copy of a year.
    lowest = values.min(axis=(1, 2))[known].min()
    mean = values.mean(axis=(1, 2), dtype=np.float64)[known].mean()
    highest = values.max(axis=(1, 2))[known].max()
    return [name, units, *(f"{end:.1f}" for end in (lowest, mean, highest))]


def _mean_of_days(values: NDArray[np.float32], days: NDArray[np.intp]) -> NDArray[np.float64]:
    total = np.zeros(values.shape[1:])
    for day in days:
        total += values[day]
    return ratio(total, np.full(total.shape, float(len(days))))


def _map(field: NDArray[np.float64], caption: str, above: str = "") -> str:
    """A picture with its scale and caption; nothing of a field without any value."""
    known = field[np.isfinite(field)]
    if not len(known):
        return ""
    top = float(np.percentile(known, _SHARE_SHOWN)) or 1.0
    alternative = f"Map of {caption}, {known.min():.1f} to {known.max():.1f}"
    drawn = f'<div style="position:relative">{picture(field, top, alternative)}{above}</div>'
    return f"<div>{drawn}{scale(f'{top:.0f}', caption)}</div>"


def _map_of_stations(observations: Observations, placed: NDArray[np.bool_]) -> str:
    """Mean of the first variable at each station, by longitude and latitude."""
    if not placed.any() or not observations.values:
        return ""
    name, values = next(iter(observations.values.items()))
    stations = observations.stations
    latitude = stations.latitude[placed]
    # Degrees are as long to the east as to the north in the middle of the map.
    east = stations.longitude[placed] * np.cos(np.radians((latitude.min() + latitude.max()) / 2))
    pixel = max(np.ptp(east), np.ptp(latitude)) / (_MAP_SIZE - 1) or 1.0
    column, row = (((along - along.min()) / pixel).astype(np.int64) for along in (east, latitude))
    number = values[:, placed]
    shape = (int(row.max()) + 1, int(column.max()) + 1)
    means = table_of_means(
        np.broadcast_to(row, number.shape).ravel(),
        np.broadcast_to(column, number.shape).ravel(),
        number.ravel(),
        shape,
    )
    times = "hours" if observations.hourly else "days"
    return _map(means, f"mean of {name} at the stations, each over the {times} that it has")


def _density(result: CrossValidation, units: str) -> str:
    """Pairs in each class of what was observed (to the right) and predicted (upwards)."""
    there = np.isfinite(result.observed)
    observed, predicted = result.observed[there], result.predicted[there]
    if not len(observed):
        return ""
    top = float(np.percentile(np.concatenate([observed, predicted]), _SHARE_SHOWN)) or 1.0
    pairs = np.histogram2d(predicted, observed, _BINS, ((0, top), (0, top)))[0]
    counts = np.where(pairs > 0, np.log1p(pairs), np.nan)
    drawn = picture(counts, float(np.log1p(pairs.max())), f"Density of {len(observed)} pairs")
    axes = "border-left:1px solid;border-bottom:1px solid;width:fit-content"
    label = f"predicted (upwards) over observed, 0 to {top:.0f} in {units}"
    return f'<div><div style="{axes}">{drawn}</div>{text(label)}</div>'


def _period(times: Sequence[np.datetime64] | NDArray[np.datetime64]) -> str:
    if not len(times):
        return "no days"
    return str(times[0]) if len(times) == 1 else f"{times[0]} to {times[-1]}"


def _grid_text(grid: Grid) -> str:
    return (
        f"{grid.rows} rows x {grid.columns} columns of {grid.cell_size / 1000:g} km, "
        f"{grid.projection.title}"
    )


def _model_text(model: ModelMetadata) -> str:
    return f"{model.name} {model.version}, {model.precision}"
