"""The bar of the scale against pyproj's great circles, and lines on axes."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
from matplotlib.figure import Figure

from pointfuse.grid.natural_earth import BORDERS, COAST, LAKES, PROVINCES
from pointfuse.grid.projections import (
    LambertConformal,
    LatitudeLongitude,
    Mercator,
    PolarStereographic,
    Projection,
)
from pointfuse.grid.regular_grid import Grid
from pointfuse.pictures.map_drawing import (
    colours_between,
    draw_borders,
    draw_coast,
    draw_graticule,
    draw_scale_bar,
)
from pointfuse.pictures.map_look import Look
from pointfuse.pictures.map_panels import Kind, Panel
from pointfuse.pictures.map_sheet import COLOURS_OF, make_sheet

RADIUS = 6_370_000.0
EUROPE = LambertConformal((30.0, 60.0), 10.0, 50.0, RADIUS)


def axes_of(x: tuple[float, float], y: tuple[float, float]):
    axes = Figure().add_subplot()
    axes.set(xlim=x, ylim=y)
    return axes


@pytest.mark.parametrize(
    ("projection", "definition", "x", "y"),
    [
        (EUROPE, "+proj=lcc +lat_1=30 +lat_2=60 +lat_0=50 +lon_0=10", (-2e6, 2e6), (-2e6, 1.6e6)),
        (EUROPE, "+proj=lcc +lat_1=30 +lat_2=60 +lat_0=50 +lon_0=10", (1e5, 1.4e5), (0.0, 3e4)),
        (Mercator(100.0, 0.0, RADIUS), "+proj=merc +lon_0=100", (0.0, 2e6), (3e6, 4e6)),
        (
            PolarStereographic(0.0, -90.0, -71.0, RADIUS),
            "+proj=stere +lat_0=-90 +lat_ts=-71 +lon_0=0",
            (-2e6, 2e6),
            (-2e6, 2e6),
        ),
    ],
)
def test_the_scale_bar_is_as_long_as_it_says(
    projection: Projection, definition: str, x: tuple[float, float], y: tuple[float, float]
) -> None:
    axes = axes_of(x, y)
    draw_scale_bar(axes, projection, "black")
    (bar,) = axes.lines
    back = pyproj.Transformer.from_crs(f"{definition} +R={RADIUS}", f"+proj=longlat +R={RADIUS}")
    (west, east), (south, north) = back.transform(*bar.get_data())
    _, _, metres = pyproj.Geod(a=RADIUS, b=RADIUS).inv(west, south, east, north)
    number, unit = axes.texts[0].get_text().split()
    # The scale changes along the bar: by 2 % on these maps of 4,000 km.
    assert metres == pytest.approx(float(number) * {"km": 1000, "m": 1}[unit], rel=0.03)
    # Round, and a tenth to a quarter of the map.
    assert float(number) / 10 ** np.floor(np.log10(float(number))) in {1, 2, 5}
    assert 0.08 < np.ptp(bar.get_xdata()) / (x[1] - x[0]) < 0.25


def test_a_map_without_one_scale_has_no_bar() -> None:
    half = np.pi * RADIUS
    axes = axes_of((-0.99 * half, 0.99 * half), (-0.49 * half, 0.49 * half))
    draw_scale_bar(axes, LatitudeLongitude(0.0, RADIUS), "black")
    assert not axes.lines
    assert not axes.texts


def test_coasts_and_borders_are_apart_and_leave_the_limits_alone() -> None:
    x, y = (-2e6, 2e6), (-2e6, 1.6e6)
    axes = axes_of(x, y)
    draw_coast(axes, EUROPE, "black")
    assert [lines.get_label() for lines in axes.collections] == [COAST, LAKES]
    draw_borders(axes, EUROPE, "black")
    assert [lines.get_label() for lines in axes.collections[2:]] == [BORDERS, PROVINCES]
    draw_graticule(axes, EUROPE, "black")
    assert (axes.get_xlim(), axes.get_ylim()) == (x, y)
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["30°N", "40°N", "50°N", "60°N"]


def test_labels_only_at_the_sides_that_are_wanted() -> None:
    axes = axes_of((-2e6, 2e6), (-2e6, 1.6e6))
    draw_graticule(axes, EUROPE, "black", "left")
    assert not axes.get_xticklabels()
    assert axes.get_yticklabels()


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 3), (2, 2)])
@pytest.mark.parametrize("aspect", [0.5, 1.5])
def test_titles_maps_and_source_do_not_touch(rows: int, columns: int, aspect: float) -> None:
    grid = Grid(EUROPE, int(40 * aspect), 40, 50_000.0, -1e6, -1e6 * aspect)
    panel = Panel("title", Kind.AMOUNT, "label", np.eye(*grid.shape), note="and a second line")
    sheet = make_sheet(
        [[panel] * columns] * rows, grid, title="T", footer="f", look=Look(borders=False)
    )
    figure = sheet.figure
    figure.draw_without_rendering()
    inside = [axes.get_tightbbox() for axes in figure.axes]
    assert sheet.title.get_window_extent().y0 > max(box.y1 for box in inside)
    assert figure._supxlabel.get_window_extent().y1 < min(box.y0 for box in inside)
    assert min(box.x0 for box in inside) >= 0
    assert max(box.x1 for box in inside) <= figure.bbox.width
    # No panel is much smaller than the sheet is made for.
    shown = sheet.images[0].axes.get_window_extent().width / figure.bbox.width
    assert shown > 0.75 / columns


def lightness(kind: Kind) -> np.ndarray:
    """CIE L* of 256 colours, 0 black to 100 white (sRGB of IEC 61966-2-1, D65)."""
    colours = colours_between(*COLOURS_OF[kind])(np.linspace(0, 1, 256))[:, :3]
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    cube = luminance > (6 / 29) ** 3
    return np.where(cube, 116 * np.cbrt(luminance) - 16, luminance * (29 / 3) ** 3)


@pytest.mark.parametrize("kind", [Kind.AMOUNT, Kind.UNCERTAINTY, Kind.DISTANCE])
def test_more_is_darker_evenly(kind: Kind) -> None:
    steps = -np.diff(lightness(kind)).reshape(-1, 15).sum(axis=1)
    assert (steps > 0).all()
    # No fifteenth part of the range changes more than twice as much as the mean of them.
    assert steps.max() < 2 * steps.mean()
    assert lightness(kind)[0] - lightness(kind)[-1] > 50


def test_differences_are_palest_where_there_is_none() -> None:
    values = lightness(Kind.DIFFERENCE)
    assert 120 < values.argmax() < 136
    assert values.max() > 95
    # Larger is darker, on either side.
    assert (np.diff(values[:120]) > 0).all()
    assert (np.diff(values[136:]) < 0).all()
