"""Figures of an evaluation, after figures 3 to 5 of the publication (extra `pointfuse[plot]`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.printable import listed, printable
from pointfuse.basics.units import typeset_units
from pointfuse.pictures.figure_style import INK, ReportFigure, look_of_method
from pointfuse.pictures.kernel_figure import draw_kernels
from pointfuse.pictures.map_drawing import (
    COLOURS,
    DIVERGING,
    colours_between,
    draw_borders,
    draw_coast,
    figure_class,
)
from pointfuse_training.evaluation.archive_evaluation import (
    ALL_CELLS,
    NETWORK,
    ArchiveEvaluation,
    SeasonalMeans,
)
from pointfuse_training.evaluation.tables import PUBLISHED, radius_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH = 10.8
"""Width of a figure that has a row of a page to itself, inches."""

_DOTS_PER_INCH = 150
_SHARE_SHOWN = 0.998
_BINS = 80
_MOST_DATES = 6
_MOST_PANELS = 3
_NAMES = {"r2": "R²", "rmse": "RMSE", "nme": "NME"}


def daily_figure(evaluation: ArchiveEvaluation, scores: Mapping[str, Any]) -> ReportFigure:
    """The three scores of each day, over all cells of the region (figure 4).

    Parameters
    ----------
    evaluation : ArchiveEvaluation
        The evaluation.
    scores : mapping
        Its scores, as `pointfuse_training.evaluation.tables.scores_of` gives them.
    """
    figure = _new((_WIDTH, 5.6))
    panels = figure.subplots(3, 1, sharex=True)
    place, breaks = _places(evaluation)
    units = _units(evaluation)
    for axes, score in zip(panels, PUBLISHED, strict=True):
        for number, method in enumerate(evaluation.sums):
            values = _daily(scores, method, score)
            axes.plot(
                np.insert(place.astype(np.float64), breaks, np.nan),
                np.insert(values, breaks, np.nan),
                label=printable(method),
                linewidth=1,
                markersize=3,
                **look_of_method(number),
            )
        axes.set_ylabel(f"RMSE ({units})" if score == "rmse" else _NAMES[score])
    # From zero, all but correlations: theirs lie close together, below one.
    for axes in panels[1:]:
        axes.set_ylim(0, None)
    panels[0].set_ylim(top=1)
    shown = np.unique(np.linspace(0, len(place) - 1, _MOST_DATES).round().astype(np.int64))
    panels[2].set_xticks(shown, [str(evaluation.days[day].date) for day in shown], fontsize=9)
    if len(evaluation.sums) > 1:
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=min(len(labels), 5))
    own = {score: _daily(scores, NETWORK, score) for score in PUBLISHED}
    return ReportFigure(
        figure,
        "Day by day",
        "Scores of each day over all cells of the region, sampled ones too, as published. Lines "
        "join the days of a file, and files that follow each other.",
        "; ".join(
            f"{_NAMES[score]} of the network from {np.nanmin(values):.3g} to "
            f"{np.nanmax(values):.3g}"
            for score, values in own.items()
            if np.isfinite(values).any()
        )
        + ".",
    )


def seasons_figure(evaluation: ArchiveEvaluation) -> ReportFigure:
    """Seasonal means, raw beside completed beside their difference (figure 5)."""
    seasons = evaluation.seasons
    means = {name: _means(season, evaluation.region.cells) for name, season in seasons.items()}
    fields = np.stack([mean for raw, completed in means.values() for mean in (raw, completed)])
    apart = np.stack([completed - raw for raw, completed in means.values()])
    top = float(np.nanquantile(fields, _SHARE_SHOWN)) or 1.0
    most = float(np.nanquantile(np.abs(apart), _SHARE_SHOWN)) or 1.0
    # A row a season, so that one season fills the page as well as four do.
    figure = _new((_WIDTH, 0.9 + len(seasons) * _WIDTH / 3 * _aspect(evaluation)))
    figure.set_layout_engine("compressed")
    panels = figure.subplots(len(seasons), 3, squeeze=False)
    amount = {"cmap": colours_between(COLOURS, 0.2, 1), "vmin": 0, "vmax": top}
    difference = {"cmap": colours_between(DIVERGING, 0.12, 0.88), "vmin": -most, "vmax": most}
    for axes, title in zip(panels[0], ("raw", "completed", "completed - raw"), strict=True):
        axes.set_title(title, fontsize=10)
    for row, (name, (raw, completed)) in zip(panels, means.items(), strict=True):
        days = seasons[name].days
        row[0].set_ylabel(f"{name}, {days} day{'' if days == 1 else 's'}")
        shown = _map(row[0], raw, evaluation, amount)
        _map(row[1], completed, evaluation, amount)
        differing = _map(row[2], completed - raw, evaluation, difference)
    units = _units(evaluation)
    below: dict[str, Any] = {"location": "bottom", "pad": 0.02, "aspect": 30}
    bar = figure.colorbar(shown, ax=panels[:, :2], extend="max", shrink=0.5, **below)
    bar.set_label(f"{evaluation.target.name} ({units})")
    bar = figure.colorbar(differing, ax=panels[:, 2], extend="both", shrink=0.9, **below)
    bar.set_label(f"difference ({units})")
    bias = {name: np.nanmean(completed - raw) for name, (raw, completed) in means.items()}
    return ReportFigure(
        figure,
        "Means of the seasons",
        "Raw fields, the same completed from the sampled cells, and the difference: orange where "
        "completed fields are too high, purple where they are too low. Cells that are not scored "
        "are left blank.",
        "; ".join(
            f"{name}: mean {np.nanmean(means[name][0]):.1f} {units}, completed "
            f"{value:+.2f} {units} from it"
            for name, value in bias.items()
        )
        + ".",
    )


def steps_figures(evaluation: ArchiveEvaluation) -> list[ReportFigure]:
    """Fields of the first day on the way from raw to completed; none where none is known."""
    if not evaluation.steps:
        return []
    rows = -(-len(evaluation.steps) // _MOST_PANELS)
    figure = _new((_WIDTH, 0.9 + rows * _WIDTH / _MOST_PANELS * _aspect(evaluation)))
    figure.set_layout_engine("compressed")
    panels = figure.subplots(rows, _MOST_PANELS, squeeze=False).ravel()
    fields = {
        name: np.where(evaluation.region.cells, field, np.nan)
        for name, field in evaluation.steps.items()
    }
    top = float(np.nanquantile(np.stack([*fields.values()]), _SHARE_SHOWN)) or 1.0
    amount = {"cmap": colours_between(COLOURS, 0.2, 1), "vmin": 0, "vmax": top}
    for axes in panels[len(fields) :]:
        axes.set_visible(False)
    for axes, (name, field) in zip(panels, fields.items(), strict=False):
        axes.set_title(name, fontsize=10)
        shown = _map(axes, field, evaluation, amount)
    units = _units(evaluation)
    bar = figure.colorbar(shown, ax=panels, extend="max", shrink=0.6, pad=0.02)
    bar.set_label(f"{evaluation.target.name} ({units})")
    day = evaluation.days[0]
    return [
        ReportFigure(
            figure,
            "Step by step",
            f"The raw field of {day.date}, what the network makes of its samples one step after "
            "the other, and the completed field. Cells that are not scored are left blank.",
            "; ".join(f"{name}: mean {np.nanmean(of):.1f} {units}" for name, of in fields.items())
            + ".",
        )
    ]


def kernels_figures(evaluation: ArchiveEvaluation, scores: Mapping[str, Any]) -> list[ReportFigure]:
    """Kernels of each variable and step with their radius (figure 3); none where none is known."""
    if not evaluation.kernels:
        return []
    figure = _new((_WIDTH, 3.6 * -(-len(evaluation.kernels) // _MOST_PANELS)))
    cell_size = evaluation.grid.cell_size
    draw_kernels(figure, evaluation.kernels, cell_size, colours_between(COLOURS, 0.2, 1))
    return [
        ReportFigure(
            figure,
            "Kernels",
            "Weight of a station by its place relative to the cell in the middle. The white circle "
            "is the radius of influence, at which the mean weight of a ring has fallen to 1/e of "
            f"that of the largest ring. Kernels are {listed(sorted(_edges(evaluation)))} cells "
            "wide.",
            "; ".join(
                f"{numbers['variable']}, {numbers['step']}: radius {radius_text(numbers)} km"
                for numbers in scores["kernels"]
            )
            + ".",
        )
    ]


def density_figure(evaluation: ArchiveEvaluation) -> ReportFigure:
    """Density of raw and completed values in all scored cells of all days, a panel a method."""
    from matplotlib.colors import LogNorm

    counts, width = evaluation.density.shown(_SHARE_SHOWN, _BINS)
    edges = width * np.arange(counts.shape[1] + 1)
    units = _units(evaluation)
    columns = min(len(counts), _MOST_PANELS)
    rows = -(-len(counts) // columns)
    # Squares as wide as a row of three leaves them.
    figure = _new((_WIDTH, 0.4 + rows * _WIDTH / max(columns, 3)))
    figure.set_layout_engine("compressed")
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    scale = {
        "norm": LogNorm(1, max(int(counts.max()), 2)),
        "cmap": colours_between(COLOURS, 0.2, 1),
    }
    for number, (method, pairs) in enumerate(zip(evaluation.density.methods, counts, strict=True)):
        axes = panels[number]
        mesh = axes.pcolormesh(
            edges, edges, np.ma.masked_equal(pairs.T, 0), rasterized=True, **scale
        )
        axes.plot(edges[[0, -1]], edges[[0, -1]], color=INK, linewidth=1, linestyle="--")
        axes.set_aspect("equal")
        axes.set_title(printable(method), fontsize=10)
        if number % columns == 0:
            axes.set_ylabel(f"completed ({units})")
        # The lowest of its column, which need not be in the last row.
        if number + columns >= len(counts):
            axes.set_xlabel(f"raw ({units})")
            axes.tick_params(labelbottom=True)
    for axes in panels[len(counts) :]:
        axes.set_visible(False)
    bar = figure.colorbar(mesh, ax=panels, shrink=0.9, pad=0.02)
    bar.set_label("pairs in a square")
    bar.ax.yaxis.set_major_formatter("{x:,g}")
    total = int(evaluation.density.counts[0].sum())
    outside = total - int(counts[0].sum())
    return ReportFigure(
        figure,
        "Completed against raw",
        f"Number of pairs in squares of {width:g} {units}, on a logarithmic scale; on the dashed "
        f"line both are equal. {outside:,} of {total:,} pairs of the network lie beyond "
        f"{edges[-1]:.0f} {units} and are not shown.",
        f"Density of {total:,} pairs of each method about the line of equality.",
    )


def _new(size: tuple[float, float]) -> Figure:
    return figure_class("a report")(figsize=size, dpi=_DOTS_PER_INCH)


def _units(evaluation: ArchiveEvaluation) -> str:
    return printable(typeset_units(evaluation.target.units))


def _daily(scores: Mapping[str, Any], method: str, score: str) -> NDArray[np.float64]:
    """A score of each day over all cells; NaN where a day has none."""
    return np.array([day["scores"][method][ALL_CELLS][score] for day in scores["days"]], np.float64)


def _places(evaluation: ArchiveEvaluation) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of the days side by side, and those before which a line is broken.

    Simulated scenarios overlap in the year, so dates are no places.
    """
    days = evaluation.days
    apart = [
        number
        for number in range(1, len(days))
        if days[number].file != days[number - 1].file
        and days[number].date != days[number - 1].date + np.timedelta64(1, "D")
    ]
    return np.arange(len(days)), np.array(apart, np.int64)


def _means(season: SeasonalMeans, cells: NDArray[np.bool_]) -> tuple[Any, Any]:
    """Mean raw and completed field of a season; NaN where nothing is scored."""
    raw, completed = (
        np.where(cells, total / season.days, np.nan) for total in (season.raw, season.completed)
    )
    return raw, completed


def _map(
    axes: Axes, field: NDArray[np.float64], evaluation: ArchiveEvaluation, scale: dict[str, Any]
) -> Any:
    grid = evaluation.grid
    half = grid.cell_size / 2
    extent = (grid.x[0] - half, grid.x[-1] + half, grid.y[0] - half, grid.y[-1] + half)
    image = axes.imshow(field, origin="lower", extent=extent, interpolation="none", **scale)
    rows, columns = (np.flatnonzero(evaluation.region.cells.any(axis=axis)) for axis in (1, 0))
    axes.set(
        xlim=(grid.x[columns[0]] - half, grid.x[columns[-1]] + half),
        ylim=(grid.y[rows[0]] - half, grid.y[rows[-1]] + half),
        xticks=[],
        yticks=[],
    )
    axes.grid(visible=False)
    axes.spines[:].set_visible(True)
    draw_borders(axes, grid.projection, INK)
    draw_coast(axes, grid.projection, INK)
    return image


def _aspect(evaluation: ArchiveEvaluation) -> float:
    """Height over width of the scored part of the grid."""
    rows, columns = (np.flatnonzero(evaluation.region.cells.any(axis=axis)) for axis in (1, 0))
    return float((rows[-1] - rows[0] + 1) / (columns[-1] - columns[0] + 1))


def _edges(evaluation: ArchiveEvaluation) -> set[int]:
    return {kernel.squares * len(kernel.weights) for kernel in evaluation.kernels}
