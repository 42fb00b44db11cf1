"""Draw maps from files: means, seasons, comparisons, animations (extra `[plot]`)."""

from __future__ import annotations

import contextlib
from calendar import month_name
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.atomic_files import check_place, replacing
from pointfuse.basics.output_formats import ANIMATION, PICTURE, check_name
from pointfuse.basics.progress import Progress
from pointfuse.errors import InputError
from pointfuse.fields.map_file import MapFile, opened
from pointfuse.limits.standards import Standard
from pointfuse.pictures.animation import check_animation, write_animation
from pointfuse.pictures.map_drawing import plain_text
from pointfuse.pictures.map_look import Look
from pointfuse.pictures.map_panels import PROVISIONAL, Comparison, FieldMap, Panel, Period
from pointfuse.pictures.map_sheet import make_sheet, scales_of, station_counts
from pointfuse.trust.classes import SEASONS, in_seasons

DOTS_PER_INCH = 150
_DAYS_FOR_COLOURS = 31
_THINNED = 3


@dataclass(frozen=True)
class MapChoices:
    """What is to be on a map.

    Parameters
    ----------
    first, last : datetime64[D], optional
        First and last day; all days by default.
    seasons : bool
        Whether to draw the mean of each season.
    stations, uncertainty, support : bool
        Whether to show the stations, the uncertainty, and the distance to the nearest station.
    farthest : float, optional
        Cells farther than this from a station, km, are left grey.
    standard : Standard, optional
        Index that concentrations are shown in the classes and colours of.
    variable : str, optional
        Variable to draw; the fused one by default.
    title : str, optional
        In place of the usual title; the days of an animation stand behind it.
    dots_per_inch : int, optional
        Resolution of a still picture; `DOTS_PER_INCH` by default.
    look : Look
        The part of the grid, the colours and the lines.
    """

    first: np.datetime64 | None = None
    last: np.datetime64 | None = None
    seasons: bool = False
    stations: bool = False
    uncertainty: bool = False
    support: bool = False
    farthest: float | None = None
    standard: Standard | None = None
    variable: str | None = None
    title: str | None = None
    dots_per_inch: int | None = None
    look: Look = field(default_factory=Look)


def draw_maps(
    paths: Sequence[Path], output: Path, choices: MapChoices, progress: Progress
) -> list[str]:
    """Draw maps of one file, or of two and their difference.

    Parameters
    ----------
    paths : sequence of one or two Path
        netCDF files of fields.
    output : Path
        Picture to write; its suffix decides the kind: one of `PICTURE`, or of `ANIMATION` for a
        frame a day.
    choices : MapChoices
        What is to be on it.
    progress : callable
        Shows how far it is.

    Returns
    -------
    list of str
        What is to be said of the stations of maps of several days, where some lack days.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed, or a program that the kind of picture needs.
    InputFileNotFoundError, InputError
        If a file is missing, or does not hold what is to be drawn.
    OutputError
        If the picture cannot be written.
    """
    check_name(output, PICTURE, ANIMATION)
    check_place(output)
    with contextlib.ExitStack() as stack:
        stack.enter_context(plain_text())
        files = [stack.enter_context(opened(path, choices.variable)) for path in paths]
        maps = _maps(files, choices)
        times = _chosen_times(maps, choices)
        if is_moving(output):
            _draw_moving(maps, times, output, choices, progress)
            return []
        return _draw_still(maps, times, output, choices, progress)


def is_moving(output: Path) -> bool:
    """Whether a picture of that name has a frame a day."""
    return output.suffix.lower() in ANIMATION.suffixes


def _maps(files: Sequence[MapFile], choices: MapChoices) -> FieldMap | Comparison:
    if len(files) == 2:
        return Comparison(files[0], files[1], choices.stations)
    return FieldMap(
        files[0],
        choices.stations,
        choices.uncertainty,
        choices.support,
        choices.farthest,
        choices.standard,
    )


def _draw_still(
    maps: FieldMap | Comparison,
    times: NDArray[np.datetime64],
    output: Path,
    choices: MapChoices,
    progress: Progress,
) -> list[str]:
    periods = _seasons(times) if choices.seasons else [Period("", times)]
    with progress(maps.readings * len(times), "reading") as bar:
        by_period = [maps.panels(period, bar.update) for period in periods]
    plain = choices.seasons or maps.of_period
    title = maps.title if plain else f"{maps.title}, {periods[0]}"
    if choices.seasons:
        title += f", {times[0]} to {times[-1]}"
        by_period = [
            [_of_season(panel, period, len(panels) > 1) for panel in panels]
            for period, panels in zip(periods, by_period, strict=True)
        ]
    sheet = make_sheet(
        _rows(by_period),
        maps.grid,
        title=choices.title or title,
        footer=_footer(maps, choices, times),
        look=choices.look,
    )
    with replacing(output) as temporary:
        sheet.figure.savefig(temporary, dpi=choices.dots_per_inch or DOTS_PER_INCH)
    return [
        f"{panel.title}: circles of {' and rings of '.join(station_counts(panel.stations))}"
        for panels in by_period
        for panel in panels
        if panel.stations is not None and panel.stations.partial.any()
    ]


def _of_season(panel: Panel, period: Period, among_others: bool) -> Panel:
    """A panel that says which season it is of."""
    return replace(panel, title=f"{panel.title}, {period}" if among_others else str(period))


def _footer(maps: FieldMap | Comparison, choices: MapChoices, times: NDArray[np.datetime64]) -> str:
    """Where everything comes from, and whether it is final."""
    parts = [maps.source, maps.grid.projection.title]
    parts += map(PROVISIONAL.format, np.intersect1d(times, maps.provisional_days))
    if choices.stations:
        parts.insert(1, "circles: what stations measured")
    if choices.standard is not None:
        parts.insert(1, f"classes of the {choices.standard.title}")
    if choices.farthest is not None:
        parts.insert(1, f"grey: farther than {choices.farthest:g} km from a station")
    lines = "coasts and borders" if choices.look.borders else "coasts"
    return " · ".join([*parts, f"{lines}: Natural Earth"])


def _rows(by_period: list[list[Panel]]) -> list[list[Panel]]:
    """Panels row by row: a row a kind of panel, but four of a kind as a square."""
    if len(by_period) == 1:
        return by_period
    if len(by_period[0]) > 1:
        return [list(row) for row in zip(*by_period, strict=True)]
    panels = [panels[0] for panels in by_period]
    return [panels[:2], panels[2:]] if len(panels) == 4 else [panels]


def _draw_moving(
    maps: FieldMap | Comparison,
    times: NDArray[np.datetime64],
    output: Path,
    choices: MapChoices,
    progress: Progress,
) -> None:
    check_animation(output)
    # Of a long period some days tell the colours of all.
    some = np.unique(np.linspace(0, len(times) - 1, _DAYS_FOR_COLOURS).round().astype(np.int64))
    sample: list[Panel] = []
    with progress(len(some), "choosing colours") as bar:
        for time in times[some]:
            for panel in maps.panels(Period("", np.array([time])), lambda _: None):
                thinned = panel.field[::_THINNED, ::_THINNED]
                sample.append(replace(panel, field=thinned, stations=None))
            bar.update(1)
    periods = [Period("", times[number : number + 1]) for number in range(len(times))]

    def titled(period: Period) -> tuple[list[Panel], str]:
        return maps.panels(period, lambda _: None), f"{choices.title or maps.title}, {period}"

    panels, title = titled(periods[0])
    sheet = make_sheet(
        [panels],
        maps.grid,
        title=title,
        footer=_footer(maps, choices, times),
        look=choices.look,
        scales=scales_of(sample, choices.look),
    )
    with progress(len(times), "drawing") as bar, replacing(output) as temporary:

        def frames() -> Iterator[None]:
            for period in periods:
                sheet.show(*titled(period))
                yield
                bar.update(1)

        write_animation(temporary, sheet, frames())


def _chosen_times(maps: FieldMap | Comparison, choices: MapChoices) -> NDArray[np.datetime64]:
    times = maps.times
    days = times.astype("datetime64[D]")
    chosen = np.ones(len(times), bool)
    if choices.first is not None:
        chosen &= days >= choices.first
    if choices.last is not None:
        chosen &= days <= choices.last
    if not chosen.any():
        raise InputError(
            f"there is no field of {choices.first or days[0]} to {choices.last or days[-1]}; "
            f"expected days from {days[0]} to {days[-1]}"
        )
    return times[chosen]


def _seasons(times: NDArray[np.datetime64]) -> list[Period]:
    """The seasons that the times are in, by their months: winter is summer elsewhere."""
    within = in_seasons(times)
    periods = [
        Period(f"{month_name[months[0]]} to {month_name[months[-1]]}", times[within[name]])
        for name, months in SEASONS.items()
    ]
    return [period for period in periods if len(period.times)]
