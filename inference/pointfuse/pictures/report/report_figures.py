"""Figures of a cross-validation (extra `[plot]`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.counted import counted
from pointfuse.basics.printable import printable
from pointfuse.basics.units import typeset_units
from pointfuse.pictures.figure_style import (
    INK,
    MODEL,
    ReportFigure,
    label_days,
    look_of_method,
)
from pointfuse.pictures.map_drawing import (
    COLOURS,
    DIVERGING,
    colours_between,
    draw_borders,
    draw_coast,
    draw_graticule,
    figure_class,
)
from pointfuse.pictures.report.reliability import reliability_figures
from pointfuse.trust.crossval import CrossValidation
from pointfuse.trust.evaluation import (
    FEWEST_DAYS,
    Evaluation,
    MethodScores,
    QualityObjective,
)
from pointfuse.trust.fairmode import Measurement, measurement_of
from pointfuse.trust.scores import (
    PairSums,
    Score,
    Scores,
    mean_bias,
    ratio,
    root_mean_square_error,
    score_text,
    squared_correlation,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SHARE_SHOWN = 99.8
"""Per cent of the values within the axes: a few extremes would leave the rest in a corner."""

_SIZE = (5.4, 4.0)

_MODEL = "model"
"""What the model is called among its rivals."""


def report_figures(result: CrossValidation, evaluation: Evaluation) -> list[ReportFigure]:
    """All figures of a cross-validation; call within `report_style`.

    Parameters
    ----------
    result : CrossValidation
        Observations and predictions.
    evaluation : Evaluation
        Their scores, from `pointfuse.evaluate`.
    """
    sums = PairSums.of(result.observed, result.predicted)
    figures = [
        _density(result),
        _by_day(result, sums.over(axis=1)),
        _by_distance(evaluation, _units(result)),
        _by_class(evaluation),
        _bias_map(result, sums.over(axis=0)),
        _error_map(result, sums.over(axis=0)),
    ]
    figures += reliability_figures(evaluation.uncertainty)
    placed = result.placed
    measured = measurement_of(placed.metadata.target, hourly=placed.observations.hourly)
    objective = evaluation.model.quality_objective
    return figures + (_target(sums.over(axis=0), measured, objective) if measured else [])


def _density(result: CrossValidation) -> ReportFigure:
    pairs = np.isfinite(result.observed)
    observed, predicted = result.observed[pairs], result.predicted[pairs]
    top = float(np.percentile(np.concatenate([observed, predicted]), _SHARE_SHOWN)) or 1.0
    shown = (observed <= top) & (predicted <= top)
    figure, axes = _new(aspect="equal")
    hexagons = axes.hexbin(
        observed[shown],
        predicted[shown],
        gridsize=42,
        extent=(0, top, 0, top),
        bins="log",
        mincnt=1,
        cmap=colours_between(COLOURS, 0.2, 1),
        linewidths=0.1,
    )
    axes.plot([0, top], [0, top], color=INK, linewidth=1, linestyle="--")
    bar = figure.colorbar(hexagons, ax=axes, shrink=0.9, pad=0.02)
    bar.set_label("pairs in a hexagon")
    bar.ax.yaxis.set_major_formatter("{x:g}")
    units = _units(result)
    axes.set(
        xlabel=f"observed ({units})", ylabel=f"predicted ({units})", xlim=(0, top), ylim=(0, top)
    )
    outside = int((~shown).sum())
    return ReportFigure(
        figure,
        "Predicted against observed",
        "Each hexagon is coloured by the number of pairs in it, on a logarithmic scale; on the "
        f"dashed line both are equal. {outside} of {len(observed)} pairs lie beyond {top:.0f} "
        f"{units} and are not shown.",
        f"Density of {len(observed)} pairs about the line of equality.",
    )


def _by_day(result: CrossValidation, daily: PairSums) -> ReportFigure:
    days = result.placed.observations.times
    there = daily.pairs > 0
    units = _units(result)
    figure = _new_figure((_SIZE[0], 4.6))
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    mean = ratio(daily.observed, daily.pairs)
    error = root_mean_square_error(daily)
    correlation = squared_correlation(daily)
    line: dict[str, Any] = {"linewidth": 1, "marker": "o", "markersize": 2.5}
    upper.plot(days[there], mean[there], color=INK, label="mean observed", alpha=0.7, **line)
    upper.plot(days[there], error[there], color=MODEL, label="RMSE", **line)
    upper.set(ylabel=units, ylim=(0, None))
    figure.legend(loc="outside upper center", ncols=2)
    lower.plot(days[there], correlation[there], color=MODEL, **line)
    lower.set(ylabel="R²", ylim=(0, 1))
    label_days(lower, days)
    worst = int(np.nanargmax(error))
    # A day whose stations agree has no correlation.
    known = correlation[np.isfinite(correlation)]
    of_correlation = f"; R2 from {known.min():.2f} to {known.max():.2f}" if len(known) else ""
    return ReportFigure(
        figure,
        "Day by day",
        "Mean of the observations and error of the prediction (above), and squared correlation "
        "among the stations of the day (below).",
        f"RMSE of {counted(int(there.sum()), 'day')}, largest on {days[worst]} with "
        f"{error[worst]:.1f} "
        f"{units} at a mean of {mean[worst]:.1f}{of_correlation}.",
    )


def _by_distance(evaluation: Evaluation, units: str) -> ReportFigure:
    figure = _new_figure((_SIZE[0], 4.8))
    panels = figure.subplots(2, 1, sharex=True)
    methods = {name: _known(each.by_distance) for name, each in _methods(evaluation).items()}
    errors = {
        "NME": {name: [each.nme for _, each in classes] for name, classes in methods.items()},
        f"RMSE ({units})": {
            name: [each.rmse for _, each in classes] for name, classes in methods.items()
        },
    }
    away = methods[_MODEL]
    for axes, (label, by_method) in zip(panels, errors.items(), strict=True):
        for number, (method, scores) in enumerate(by_method.items()):
            values, bars = _values_with_intervals(scores)
            offset = min(0.14, 0.7 / len(methods)) * (number - (len(methods) - 1) / 2)
            axes.errorbar(
                np.arange(len(away)) + offset,
                values,
                yerr=bars,
                label=method,
                linewidth=1,
                elinewidth=1.4,
                markersize=4.5,
                **look_of_method(number),
            )
        axes.set(ylabel=label, ylim=(0, None))
    labels = [f"{name.removesuffix(' km')}\n{each.pairs:,}" for name, each in away]
    panels[1].set_xticks(range(len(away)), labels, fontsize=9)
    panels[1].set_xlabel("distance to the nearest station that was left (km); pairs")
    _add_legend(figure, panels[0], len(methods))
    return ReportFigure(
        figure,
        "Error by distance",
        "Normalised mean error and RMSE by the distance to the nearest station that was left, with "
        "95 % intervals from resampled days. A class with few pairs has no point.",
        "; ".join(
            f"{name}: NME {score_text(each.nme.value)} of {each.pairs} pairs" for name, each in away
        )
        + ".",
    )


def _by_class(evaluation: Evaluation) -> ReportFigure:
    methods = {
        name: [*_known(each.by_season), *_known(each.by_region)]
        for name, each in _methods(evaluation).items()
    }
    shown = methods[_MODEL]
    figure = _new_figure((_SIZE[0], 1.3 + 0.3 * len(shown)))
    axes = figure.subplots()
    # Seasons above, regions below, with a gap between them.
    seasons = len(_known(evaluation.model.by_season))
    places = np.arange(len(shown)) + 0.6 * (np.arange(len(shown)) >= seasons)
    for number, (method, classes) in enumerate(methods.items()):
        values, bars = _values_with_intervals([each.nme for _, each in classes])
        if number == 0:
            axes.barh(places, values, 0.72, color=MODEL, alpha=0.45, linewidth=0)
        offset = min(0.2, 0.7 / len(methods)) * (number - (len(methods) - 1) / 2)
        axes.errorbar(
            values,
            places + offset,
            xerr=bars,
            label=method,
            elinewidth=1.4,
            markersize=4.5,
            **look_of_method(number) | {"linestyle": "none"},
        )
    axes.set_yticks(places, [printable(name) for name, _ in shown])
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set(xlabel="NME", xlim=(0, None))
    _add_legend(figure, axes, len(methods))
    return ReportFigure(
        figure,
        "Error by season and region" if evaluation.model.by_region else "Error by season",
        "Normalised mean error with 95 % intervals from resampled days.",
        "; ".join(f"{name}: NME {score_text(each.nme.value)}" for name, each in shown) + ".",
    )


def _bias_map(result: CrossValidation, by_station: PairSums) -> ReportFigure:
    bias = mean_bias(by_station)
    there = by_station.pairs > 0
    top = float(np.percentile(np.abs(bias[there]), 98)) or 1.0
    units = _units(result)
    figure = _map(
        result,
        bias,
        np.abs(bias),
        f"mean error ({units})",
        {"cmap": colours_between(DIVERGING, 0.12, 0.88), "vmin": -top, "vmax": top},
        "both",
    )
    return ReportFigure(
        figure,
        "Where it is too high or too low",
        "Mean error of each station when it was withheld: orange where the prediction is too high, "
        f"purple where it is too low. {_days_of_stations(by_station)}",
        f"Mean error at {counted(int(there.sum()), 'station')}: too low at "
        f"{int((bias[there] < 0).sum())}, too high at {int((bias[there] > 0).sum())}; half of them "
        f"between {np.percentile(bias[there], 25):.1f} and {np.percentile(bias[there], 75):.1f} "
        f"{units}.",
    )


def _error_map(result: CrossValidation, by_station: PairSums) -> ReportFigure:
    error = root_mean_square_error(by_station)
    there = by_station.pairs > 0
    top = float(np.percentile(error[there], 98)) or 1.0
    units = _units(result)
    figure = _map(
        result,
        error,
        error,
        f"RMSE ({units})",
        {"cmap": colours_between(COLOURS, 0.2, 1), "vmin": 0, "vmax": top},
        "max",
    )
    return ReportFigure(
        figure,
        "Where it is far off",
        f"RMSE of each station when it was withheld. {_days_of_stations(by_station)}",
        f"RMSE at {counted(int(there.sum()), 'station')}: half of them up to "
        f"{np.percentile(error[there], 50):.1f}, nine tenths up to "
        f"{np.percentile(error[there], 90):.1f} {units}.",
    )


def _days_of_stations(by_station: PairSums) -> str:
    """What to mind where stations are compared that have other days."""
    days = by_station.pairs[by_station.pairs > 0].astype(np.int64)
    if days.min() == days.max():
        return f"Each has {counted(int(days.max()), 'day')}."
    fewer = int((days < days.max()).sum())
    return (
        f"Each over its own days: {counted(fewer, 'station')} of {len(days)} have fewer than the "
        f"{days.max()} of others, at least {days.min()}."
    )


def _map(
    result: CrossValidation,
    values: NDArray[np.float64],
    importance: NDArray[np.float64],
    label: str,
    scale: Mapping[str, Any],
    extend: str,
) -> Figure:
    """Stations in the colours of some values, the most important ones on top."""
    stations, projection = (
        result.placed.observations.stations,
        result.placed.metadata.grid.projection,
    )
    order = np.argsort(importance)
    order = order[np.isfinite(importance[order])]
    x, y = projection.forward(stations.longitude[order], stations.latitude[order])
    figure = _new_figure((_SIZE[0], 5.2))
    axes = figure.add_subplot(aspect="equal")
    margin = 0.05 * max(np.ptp(x), np.ptp(y)) + result.placed.metadata.grid.cell_size
    axes.set(xlim=(x.min() - margin, x.max() + margin), ylim=(y.min() - margin, y.max() + margin))
    axes.grid(visible=False)
    axes.spines[:].set_visible(True)
    draw_borders(axes, projection, INK)
    draw_coast(axes, projection, INK)
    draw_graticule(axes, projection, INK)
    points = axes.scatter(
        x, y, c=values[order], s=11, edgecolors=INK, linewidths=0.25, zorder=3, **scale
    )
    bar = figure.colorbar(points, ax=axes, location="bottom", extend=extend, pad=0.07, shrink=0.8)
    bar.set_label(label)
    return figure


def _target(
    by_station: PairSums, measured: Measurement, objective: QualityObjective
) -> list[ReportFigure]:
    """FAIRMODE's target diagram, where there are stations with enough days."""
    if not objective.stations:
        return []
    enough = by_station.pairs >= FEWEST_DAYS
    spread, bias = (part[enough] for part in measured.target(by_station))
    figure, axes = _new(aspect="equal")
    angle = np.linspace(0, 2 * np.pi, 200)
    axes.plot(np.cos(angle), np.sin(angle), color=INK, linewidth=1, linestyle="--")
    axes.scatter(spread, bias, s=8, color=MODEL, alpha=0.6, linewidths=0)
    axes.axhline(0, color=INK, linewidth=0.6)
    axes.axvline(0, color=INK, linewidth=0.6)
    reach = 1.1 * max(1.0, float(np.nanpercentile(np.hypot(spread, bias), _SHARE_SHOWN)))
    axes.set(
        xlim=(-reach, reach),
        ylim=(-reach, reach),
        xlabel="correlation at fault  ←  error without bias  →  spread at fault",
        ylabel="bias",
    )
    axes.xaxis.label.set_fontsize(9)
    met = f"{100 * objective.share_met:.1f} % of {counted(objective.stations, 'station')}"
    return [
        ReportFigure(
            figure,
            "FAIRMODE target diagram",
            "One dot a station; distances from the centre are errors in units of what FAIRMODE "
            f"tolerates. {met} lie within the circle, 90 % are asked for.",
            f"Target diagram: {met} lie within the circle of tolerated errors.",
        )
    ]


def _new_figure(size: tuple[float, float]) -> Figure:
    return figure_class("a report")(figsize=size)


def _new(**options: Any) -> tuple[Figure, Axes]:
    figure = _new_figure(_SIZE)
    return figure, figure.add_subplot(**options)


def _units(result: CrossValidation) -> str:
    return printable(typeset_units(result.placed.metadata.target.units))


def _methods(evaluation: Evaluation) -> dict[str, MethodScores]:
    """The model and its rivals, in the order in which they are drawn."""
    rivals = {printable(name): rival for name, rival in evaluation.baselines.items()}
    return {_MODEL: evaluation.model, **rivals}


def _known(classes: Mapping[str, Scores]) -> list[tuple[str, Scores]]:
    """Classes with scores: the same of all methods, since they have the same pairs."""
    return [(name, scores) for name, scores in classes.items() if scores.known]


def _add_legend(figure: Figure, axes: Axes, methods: int) -> None:
    if methods > 1:
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=min(methods, 4))


def _values_with_intervals(
    scores: Sequence[Score],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores, and how far their intervals reach below and above them."""
    values = np.array([score.value for score in scores], np.float64)
    ends = np.array([score.interval for score in scores], np.float64).reshape(-1, 2)
    # A score need not lie within the interval of its resamples.
    return values, np.maximum(np.stack([values - ends[:, 0], ends[:, 1] - values]), 0)
