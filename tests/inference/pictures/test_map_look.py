"""What a map shows is what was asked for: the part of the grid, and the colours."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
from matplotlib.colors import BoundaryNorm

from pointfuse.errors import InputError
from pointfuse.grid.projections import LatitudeLongitude
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.metadata import ModelMetadata
from pointfuse.pictures.map_look import Box, Look, frame_of
from pointfuse.pictures.map_panels import Kind, Panel
from pointfuse.pictures.map_sheet import make_sheet, scales_of


def panel(shape: tuple[int, int]) -> Panel:
    field = np.linspace(0, 200, shape[0] * shape[1]).reshape(shape)
    return Panel("P", Kind.AMOUNT, "value", field)


def test_a_box_is_seen_whole_and_no_more(tiny_metadata: ModelMetadata) -> None:
    grid, box = tiny_metadata.grid, Box(103.0, 35.0, 107.0, 38.0)
    to_plane = pyproj.Transformer.from_crs(
        "+proj=longlat +R=6370000", "+proj=lcc +lat_1=25 +lat_2=47 +lat_0=36 +lon_0=105 +R=6370000"
    )
    # The plane's coordinates of a fine net of the whole box, not of its sides alone.
    east, north = np.meshgrid(np.linspace(103, 107, 201), np.linspace(35, 38, 201))
    x, y = to_plane.transform(east, north)
    frame = frame_of(grid, box)
    # 50 points a side are less than 10 km apart, on arcs of more than 1,000 km radius.
    np.testing.assert_allclose(frame, [x.min(), x.max(), y.min(), y.max()], atol=20)
    sheet = make_sheet([[panel(grid.shape)]], grid, title="T", footer="f", look=Look(box=box))
    axes = sheet.figure.axes[0]
    assert axes.get_xlim() == (frame.west, frame.east)
    assert axes.get_ylim() == (frame.south, frame.north)


def test_a_map_ends_with_the_grid(tiny_metadata: ModelMetadata) -> None:
    grid = tiny_metadata.grid
    assert frame_of(grid, Box(60, 0, 150, 70)) == frame_of(grid)
    assert frame_of(grid).height == grid.rows / grid.columns


def test_a_box_may_cross_the_date_line() -> None:
    degree = np.pi / 180 * 6_371_000.0
    plane = LatitudeLongitude(180.0, 6_371_000.0)
    grid = Grid(plane, 40, 80, 0.5 * degree, -19.75 * degree, -9.75 * degree)
    frame = frame_of(grid, Box(175.0, -4.0, -172.0, 5.0))
    np.testing.assert_allclose(np.array(frame) / degree, [-5.0, 8.0, -4.0, 5.0], atol=1e-9)


@pytest.mark.parametrize(
    ("box", "said"),
    [
        (Box(10, 40, 20, 50), "shows no cell of the grid"),
        (Box(103, 38, 107, 35), "expected an extent of west, south, east and north"),
        (Box(103, 35, 103, 38), "expected an extent"),
        (Box(103, -95, 107, 38), "expected an extent"),
        (Box(105, 36, 105.01, 36.01), "shows no cell"),
    ],
)
def test_boxes_that_show_nothing_are_refused(
    tiny_metadata: ModelMetadata, box: Box, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        frame_of(tiny_metadata.grid, box)


def test_a_range_and_levels_are_those_of_the_colours() -> None:
    panels = [panel((12, 16))]
    norm = scales_of(panels, Look(ends=(10.0, 60.0)))[Kind.AMOUNT]["norm"]
    assert (norm.vmin, norm.vmax) == (10.0, 60.0)
    norm = scales_of(panels, Look(levels=(0.0, 35.0, 75.0)))[Kind.AMOUNT]["norm"]
    assert isinstance(norm, BoundaryNorm)
    assert norm.boundaries.tolist() == [0.0, 35.0, 75.0]
    assert norm.extend == "max"
    # A class has one colour, and what is above the last bound another.
    classes = norm(np.array([1.0, 34.0, 36.0, 74.0, 500.0]))
    assert len(set(classes[:2])) == len(set(classes[2:4])) == 1
    assert len(set(classes)) == 3
    assert scales_of(panels, Look(levels=(10.0, 20.0)))[Kind.AMOUNT]["norm"].extend == "both"


@pytest.mark.parametrize(
    ("ends", "levels", "said"),
    [
        ((60.0, 10.0), (), "a range that rises, got 60, 10"),
        (None, (0.0, 0.0, 5.0), "levels that rises"),
        (None, (5.0,), "two levels or more"),
        ((0.0, 1.0), (0.0, 1.0), "got both"),
    ],
)
def test_colours_that_are_none_are_refused(ends, levels, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Look(ends=ends, levels=levels)
