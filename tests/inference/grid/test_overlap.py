"""Shares of cells in districts, against shapely, exactextract and closed forms."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pointfuse import Grid, InputError, LambertConformal, LatitudeLongitude, Mercator
from pointfuse.grid.districts import District, polygons_of
from pointfuse.grid.overlap import cell_areas, overlap
from pointfuse.grid.projections import PolarStereographic

RADIUS = 6_370_000.0
DEGREE = RADIUS * np.radians(1)
LAMBERT = Grid(LambertConformal((25.0, 47.0), 105.0, 36.0, RADIUS), 30, 40, 50e3, -1e6, -7e5)
DEGREES = Grid(LatitudeLongitude(0.0, RADIUS), 180, 360, DEGREE, -179.5 * DEGREE, -89.5 * DEGREE)
GRIDS = {
    "lambert": LAMBERT,
    "degrees": Grid(LatitudeLongitude(105.0, RADIUS), 25, 30, DEGREE / 2, -7 * DEGREE, 28 * DEGREE),
    "mercator": Grid(Mercator(105.0, 30.0, RADIUS), 30, 40, 60e3, -1.2e6, 3e6),
    "polar": Grid(PolarStereographic(105.0, 90.0, 60.0, RADIUS), 30, 40, 90e3, -1.8e6, -7e6),
}


def box(west: float, south: float, east: float, north: float) -> np.ndarray:
    return np.array([[west, south], [east, south], [east, north], [west, north]])


def star(seed: int, corners: int, middle: tuple[float, float], size: float) -> np.ndarray:
    """A ring that goes in and out."""
    rng = np.random.default_rng(seed)
    turn = 2 * np.pi * (np.arange(corners) + rng.uniform(0, 0.9, corners)) / corners
    away = size * rng.uniform(0.3, 1, corners)
    return np.stack([middle[0] + away * np.cos(turn), middle[1] + away * np.sin(turn)], axis=1)


def in_plane(ring: np.ndarray, grid: Grid) -> np.ndarray:
    """The ring in the plane, in units of cells, with a corner every hundredth of a degree."""
    closed = np.vstack([ring, ring[:1]])
    parts = [
        np.linspace(begin, end, max(2, int(np.ceil(np.abs(end - begin).max() / 1e-2))))[:-1]
        for begin, end in itertools.pairwise(closed)
    ]
    x, y = grid.projection.forward(*np.concatenate(parts).T)
    return np.stack([(x - grid.first_x), (y - grid.first_y)], axis=1) / grid.cell_size + 0.5


def by_shapely(grid: Grid, polygons: list[list[np.ndarray]]) -> np.ndarray:
    """Area of each cell in some polygons, shape (row, column)."""
    shape = shapely.union_all(
        [
            shapely.Polygon(in_plane(outer, grid), [in_plane(hole, grid) for hole in holes])
            for outer, *holes in polygons
        ]
    )
    return np.array(
        [
            [
                shapely.area(shapely.clip_by_rect(strip, column, row, column + 1, row + 1))
                for column in range(grid.columns)
            ]
            for row in range(grid.rows)
            for strip in [shapely.clip_by_rect(shape, 0, row, grid.columns, row + 1)]
        ]
    )


def dense(grid: Grid, polygons: list[list[np.ndarray]]) -> np.ndarray:
    found = overlap(grid, [District("a", tuple(map(tuple, polygons)))])
    shares = np.zeros(grid.rows * grid.columns)
    shares[found.cell] = found.share
    return shares.reshape(grid.shape)


@pytest.mark.slow
@pytest.mark.parametrize("grid", GRIDS.values(), ids=list(GRIDS))
@pytest.mark.parametrize("turned", [1, -1])
def test_shares_are_those_of_shapely(grid: Grid, turned: int) -> None:
    """A polygon with a hole, another beside it, and one partly outside; either way round."""
    polygons = [
        [star(1, 40, (105, 35), 5)[::turned], star(2, 9, (105, 35), 1)[::turned]],
        [box(111.3, 30.2, 112.7, 31.1)[::turned]],
        [star(3, 15, (98.0, 34), 2.5)],
    ]
    expected = by_shapely(grid, polygons)
    assert 5 < expected.sum() < expected.size
    # Bent edges: 1e-6 of a cell from their chords here, and as much in the reference.
    np.testing.assert_allclose(dense(grid, polygons), expected, atol=4e-6)


@pytest.mark.slow
@given(
    seed=st.integers(0, 10**6),
    corners=st.integers(3, 60),
    middle=st.tuples(st.floats(90, 120), st.floats(25, 45)),
    size=st.floats(0.01, 9),
)
@settings(max_examples=20)
def test_any_ring_has_the_shares_of_shapely(
    seed: int, corners: int, middle: tuple[float, float], size: float
) -> None:
    ring = star(seed, corners, middle, size)
    shape = shapely.Polygon(in_plane(ring, LAMBERT))
    if not shape.is_valid:  # a star of few corners may cross itself
        return
    np.testing.assert_allclose(dense(LAMBERT, [[ring]]), by_shapely(LAMBERT, [[ring]]), atol=4e-6)


def test_districts_side_by_side_share_cells_without_rest() -> None:
    """Two halves of a box, and the box: every cell is shared out."""
    halves = [
        District("w", ((box(100, 30, 104.3, 38),),)),
        District("e", ((box(104.3, 30, 109, 38),),)),
    ]
    found = overlap(LAMBERT, [*halves, District("both", ((box(100, 30, 109, 38),),))])
    parts = [np.zeros(LAMBERT.rows * LAMBERT.columns) for _ in range(3)]
    for number, part in enumerate(parts):
        some = slice(*found.first[number : number + 2])
        part[found.cell[some]] = found.share[some]
    np.testing.assert_allclose(parts[0] + parts[1], parts[2], atol=2e-6)


@pytest.mark.parametrize("grid", GRIDS.values(), ids=list(GRIDS))
def test_areas_are_those_on_the_sphere(grid: Grid) -> None:
    """A box between meridians and parallels has a closed form."""
    found = overlap(grid, [District("box", ((box(101, 33, 107, 37),),))])
    sines = np.sin(np.radians([33, 37]))
    expected = RADIUS**2 * np.radians(6) * (sines[1] - sines[0])
    # Cells of 50 to 90 km are taken to be flat: (90 / 6370)^2 / 12.
    assert found.area.sum() == pytest.approx(expected, rel=3e-5)
    assert found.inside == pytest.approx([1.0], abs=3e-5)
    assert found.area.sum() == pytest.approx(found.sums(found.area).item())


def test_all_cells_of_the_earth_are_the_sphere() -> None:
    assert cell_areas(DEGREES).sum() == pytest.approx(4 * np.pi * RADIUS**2, rel=2e-5)
    whole = overlap(DEGREES, [District("all", ((box(-180, -90, 180, 90),),))])
    np.testing.assert_allclose(whole.share, 1, atol=1e-9)
    assert len(whole.share) == 180 * 360


def test_a_ring_across_the_180th_meridian_is_whole() -> None:
    found = overlap(DEGREES, [District("Fiji", ((box(176.5, -19, 182, -16),),))])
    columns = np.unique(found.cell % 360)
    assert columns.tolist() == [0, 1, 356, 357, 358, 359]
    assert found.share.sum() == pytest.approx(5.5 * 3, abs=1e-9)


def test_what_is_on_the_other_side_of_the_earth_is_nowhere() -> None:
    far = [
        District("America", ((box(-120, -50, -35, 60),),)),
        District("Antarctica", ((box(-180, -90, 180, -60),),)),
        District("half", ((box(85, 20, 105, 50),),)),
    ]
    for grid in GRIDS.values():
        found = overlap(grid, far)
        assert found.inside[:2].tolist() == [0, 0]
        assert 0 < found.inside[2] < 1
        some = found.only(found.inside > 0)
        assert some.names == ("half",)
        np.testing.assert_array_equal(some.cell, found.cell)
        assert some.first.tolist() == [0, len(found.cell)]


def test_weighted_means_are_those_of_exactextract() -> None:
    """Of a raster in degrees, whose plane is that of the polygons."""
    exactextract = pytest.importorskip("exactextract", reason="pip install exactextract")
    from exactextract.raster import NumPyRasterSource

    grid = GRIDS["degrees"]
    rng = np.random.default_rng(5)
    values, people = rng.random((2, *grid.shape)) * 100
    rings = [star(seed, 30, (103 + seed, 33 + seed), 2.5) for seed in range(4)]
    edges = {"xmin": 97.75, "xmax": 112.75, "ymin": 27.75, "ymax": 40.25}
    features = [
        {
            "type": "Feature",
            "properties": {},
            "geometry": {"type": "Polygon", "coordinates": [np.vstack([ring, ring[:1]]).tolist()]},
        }
        for ring in rings
    ]
    expected = exactextract.exact_extract(
        NumPyRasterSource(values[::-1], **edges),
        features,
        ["mean", "weighted_mean"],
        weights=NumPyRasterSource(people[::-1], **edges),
    )
    found = overlap(grid, [District(str(n), ((ring,),)) for n, ring in enumerate(rings)])
    for name, weight in (
        ("mean", found.share),
        ("weighted_mean", found.share * people.ravel()[found.cell]),
    ):
        mean = found.sums(weight * values.ravel()[found.cell]) / found.sums(weight)
        np.testing.assert_allclose(mean, [each["properties"][name] for each in expected], rtol=1e-6)


@pytest.mark.parametrize(
    ("geometry", "message"),
    [
        ({"type": "Point", "coordinates": [1, 2]}, "expected a Polygon or MultiPolygon, got Point"),
        ({"type": "Polygon", "coordinates": []}, "at least one ring"),
        ({"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]}, "three or more corners, got 2"),
        ({"type": "Polygon", "coordinates": [[[1, "a"], [3, 4], [5, 6]]]}, "pairs of numbers"),
        ({"type": "Polygon", "coordinates": "abc"}, "lists of lists, got abc"),
        (
            {"type": "Polygon", "coordinates": [[[5e5, 4e6], [6e5, 4e6], [6e5, 5e6]]]},
            "degrees, got 500000, 4e\\+06; transform the regions to EPSG:4326",
        ),
        ({"type": "Polygon", "coordinates": [[[1, None], [3, 4], [5, 6]]]}, "in degrees"),
        (None, "got None"),
    ],
)
def test_geometries_that_are_no_areas_are_refused(geometry: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        polygons_of(geometry)  # type: ignore[arg-type]


@pytest.mark.parametrize(("west", "east"), [(170, -170), (-179, 179)])
def test_an_edge_goes_the_short_way_or_is_refused(west: float, east: float) -> None:
    """As the writer of a box across the date line means it, or perhaps not."""
    with pytest.raises(InputError, match="the long way round the Earth"):
        polygons_of({"type": "Polygon", "coordinates": [box(west, 50, east, 60).tolist()]})


@pytest.mark.parametrize(("west", "east"), [(170, 190), (-180, 180), (0, 360)])
def test_boxes_beyond_the_date_line_and_round_the_earth(west: float, east: float) -> None:
    (rings,) = polygons_of({"type": "Polygon", "coordinates": [box(west, -50, east, 60).tolist()]})
    shares = overlap(DEGREES, [District("box", (rings,))])
    assert len(shares.cell) == (east - west) * 110


BOW = np.array([[116.0, 39], [118, 41], [118, 39], [117, 40.4]])


@pytest.mark.parametrize(
    "polygons",
    [
        ((box(104, 34, 108, 38),), (box(106, 34, 110, 38),)),
        ((BOW,),),
        ((box(104, 34, 108, 38), box(100, 30, 102, 32)),),
    ],
    ids=["overlapping", "crossing itself", "hole outside"],
)
def test_polygons_that_contradict_each_other_are_named(
    polygons: tuple[tuple[np.ndarray, ...], ...], caplog: pytest.LogCaptureFixture
) -> None:
    districts = [District("fine", ((box(104, 34, 108, 38),),)), District("odd", polygons)]
    overlap(LAMBERT, districts)
    assert "polygons of 1 region overlap or cross themselves" in caplog.text
    assert "first odd" in caplog.text


def test_neighbours_in_one_district_are_no_overlap(caplog: pytest.LogCaptureFixture) -> None:
    overlap(LAMBERT, [District("both", ((box(104, 34, 106, 38),), (box(106, 34, 108, 38),)))])
    assert not caplog.text
