"""Map tiles against PROJ, which places pixels, and matplotlib, whose colours they have."""

from __future__ import annotations

import io

import numpy as np
import pyproj
import pytest
from matplotlib import colormaps
from numpy.typing import NDArray
from PIL import Image
from service_client import Client, tidy

from pointfuse import fuse
from pointfuse.fields.fused_fields import FusedFields
from pointfuse.grid.projections import LatitudeLongitude
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.loading import Model
from pointfuse.pictures.map_look import ends_of
from pointfuse.service.tiles import _bounds
from pointfuse.stations.reading import read_stations

LAMBERT = pyproj.Proj("+proj=lcc +lat_1=25 +lat_2=47 +lat_0=36 +lon_0=105 +R=6370000")
TO_DEGREES = pyproj.Transformer.from_crs("EPSG:3857", "EPSG:4326", always_xy=True)
SIDE = 2 * 20037508.342789244
"""Of the square of EPSG:3857, m."""

# 17 colours stand for the 256 of matplotlib; between them a channel is at most 2 of 255 off, and
# half a step of 255 levels and of rounding adds one more.
OFF = 4

TILES = [(0, 0, 0), (3, 6, 3), (4, 12, 6), (6, 50, 25), (9, 405, 201)]


@pytest.fixture(scope="module")
def fields(uneven_model: Model) -> FusedFields:
    return fuse(read_stations(io.BytesIO(tidy(10, 20, 60))), uneven_model)


def pixels(content: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.format == "PNG"
        assert picture.size == (256, 256)
        return np.asarray(picture.convert("RGBA"))


def expected(
    fields: FusedFields, zoom: int, x: int, y: int, ends: tuple[float, float]
) -> NDArray[np.uint8]:
    """Colours of the cells in which PROJ finds the middles of pixels."""
    step = SIDE / 2**zoom / 256
    along = np.arange(256) + 0.5
    east = -SIDE / 2 + (256 * x + along) * step
    north = SIDE / 2 - (256 * y + along) * step
    plane = LAMBERT(*TO_DEGREES.transform(*np.meshgrid(east, north)))
    grid = fields.model.grid
    column = np.floor((plane[0] + 800_000) / 100_000)
    row = np.floor((plane[1] + 600_000) / 100_000)
    inside = (row >= 0) & (row < grid.rows) & (column >= 0) & (column < grid.columns)
    colours = np.zeros((256, 256, 4), np.uint8)
    values = fields.values[0][row[inside].astype(int), column[inside].astype(int)]
    share = np.clip((values - ends[0]) / (ends[1] - ends[0]), 0, 1)
    colours[inside] = colormaps["magma_r"](0.87 * share, bytes=True)
    return colours


@pytest.mark.parametrize(("zoom", "x", "y"), TILES)
@pytest.mark.parametrize("ends", [None, (10.0, 40.0)])
def test_pixels_have_the_place_and_the_colour_that_they_should(
    shared: Client,
    fields: FusedFields,
    zoom: int,
    x: int,
    y: int,
    ends: tuple[float, float] | None,
) -> None:
    query = "" if ends is None else f"?range={ends[0]}:{ends[1]}"
    answer = shared.ask(f"{shared.fields(tidy(10, 20, 60))}/tiles/{zoom}/{x}/{y}.png{query}")
    assert answer.headers["content-type"] == "image/png"
    found = pixels(answer.body)
    wanted = expected(fields, zoom, x, y, ends or ends_of(fields.values[0]))
    assert (wanted[..., 3] == 255).any()
    np.testing.assert_array_equal(found[..., 3], wanted[..., 3])
    seen = wanted[..., 3] > 0
    apart = np.abs(found[seen].astype(int) - wanted[seen].astype(int))
    assert apart.max() <= OFF


def test_a_tile_beside_the_grid_is_transparent(shared: Client) -> None:
    answer = shared.ask(f"{shared.fields(tidy(10, 20, 60))}/tiles/5/0/0.png")
    assert answer.status == 200
    assert not pixels(answer.body)[..., 3].any()


def test_tilejson_describes_the_tiles(shared: Client, fields: FusedFields) -> None:
    path = shared.fields(tidy(10, 20, 60))
    content = shared.ask(f"{path}/tilejson.json?range=0:80").json
    assert content["tilejson"] == "3.0.0"
    assert content["tiles"] == [
        f"http://127.0.0.1:{shared.port}{path}/tiles/{{z}}/{{x}}/{{y}}.png?range=0:80"
    ]
    address = content["tiles"][0].replace("{z}", "4").replace("{x}", "12").replace("{y}", "6")
    answer = shared.ask(address.removeprefix(f"http://127.0.0.1:{shared.port}"))
    assert pixels(answer.body)[..., 3].any()
    assert (content["colours"]["low"], content["colours"]["high"]) == (0, 80)
    assert len(content["colours"]["steps"]) == 255
    west, south, east, north = content["bounds"]
    # All edges of the cells lie within, and are nearly touched: a cell is some degree wide.
    edge_x = np.linspace(-800_000, 800_000, 200)
    edge_y = np.linspace(-600_000, 600_000, 200)
    longitude, latitude = LAMBERT(*np.meshgrid(edge_x, edge_y), inverse=True)
    for bound, touched in (
        (west, longitude.min()),
        (south, latitude.min()),
        (-east, -longitude.max()),
        (-north, -latitude.max()),
    ):
        assert -1.0 < bound - touched <= 1e-3
    # A cell of 100 km is 8 pixels or more wide at the closest zoom, and less before.
    pixel = [SIDE / 2**zoom / 256 for zoom in (content["maxzoom"], content["maxzoom"] - 1)]
    assert 100_000 / pixel[0] >= 8 > 100_000 / pixel[1]


def test_bounds_of_a_grid_across_the_date_line() -> None:
    grid = Grid(LatitudeLongitude(180.0, 6_371_000.0), 8, 20, 100_000.0, -950_000.0, 0.0)
    west, _, east, _ = _bounds(grid)
    assert (west, east) == (-180, 180)
