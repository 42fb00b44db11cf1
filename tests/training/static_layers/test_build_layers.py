"""Static layers against independent computations, on small rasters of which everything is known."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import zipfile

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from scipy.interpolate import RegularGridInterpolator

from pointfuse import InputError
from pointfuse.errors import MissingExtraError, OutputError
from pointfuse.grid.projections import LambertConformal
from pointfuse.grid.regular_grid import Grid
from pointfuse_training.commands import static as static_command
from pointfuse_training.commands.main import main
from pointfuse_training.simulation.static_inputs import read_static_inputs
from pointfuse_training.static_layers import countries, packages, sources
from pointfuse_training.static_layers.build import build_static_layers
from pointfuse_training.static_layers.countries import country_mask
from pointfuse_training.static_layers.packages import PackagedFile, fetched
from pointfuse_training.static_layers.raster import Raster, cell_means, sub_points

CPU = torch.device("cpu")
LAMBERT = LambertConformal((25.0, 47.0), 105.0, 36.0, 6_370_000.0)


@pytest.fixture(scope="module")
def grid():
    """Few cells, none of them on an axis of the projection, more columns than rows."""
    return Grid(LAMBERT, 5, 7, 12_000.0, 301_000.0, -407_000.0)


# Points and means


@pytest.mark.parametrize(("cell_size", "along"), [(4_000, 4), (12_000, 4), (36_000, 12)])
def test_points_are_evenly_spread_over_their_cells(cell_size, along):
    grid = Grid(LAMBERT, 3, 2, float(cell_size), -70_000.0, 90_000.0)
    longitude, latitude = sub_points(grid)
    assert longitude.shape == (3 * along, 2 * along)
    x, y = LAMBERT.forward(longitude, latitude)
    spacing = cell_size / along
    for row, column in ((0, 0), (2, 1), (1, 0)):
        of_cell = np.s_[row * along : (row + 1) * along, column * along : (column + 1) * along]
        west, south = grid.x[column] - cell_size / 2, grid.y[row] - cell_size / 2
        for i in range(along):
            # To a metre: the way to degrees and back.
            np.testing.assert_allclose(x[of_cell][:, i], west + (i + 0.5) * spacing, atol=1)
            np.testing.assert_allclose(y[of_cell][i], south + (i + 0.5) * spacing, atol=1)


def test_the_mean_of_a_cell_is_that_of_its_own_points(grid):
    values = np.random.default_rng(1).normal(size=(20, 28))
    means = cell_means(values, grid)
    assert means.shape == (5, 7)
    by_hand = sum(values[4 * 3 + i, 4 * 6 + j] for i in range(4) for j in range(4)) / 16
    assert means[3, 6] == pytest.approx(by_hand)


def test_points_take_the_pixel_that_is_nearest():
    values = np.arange(18 * 36).reshape(18, 36)
    raster = Raster(values, north=85.0, west=-175.0, per_degree=0.1)
    random = np.random.default_rng(2)
    longitude, latitude = random.uniform(-180, 180, 500), random.uniform(-90, 90, 500)
    row = np.abs(latitude[:, None] - np.arange(85, -90, -10)).argmin(1)
    column = np.abs(longitude[:, None] - np.arange(-175, 180, 10)).argmin(1)
    np.testing.assert_array_equal(raster.nearest(longitude, latitude), values[row, column])
    # The same place by another name.
    np.testing.assert_array_equal(raster.nearest(longitude + 360, latitude), values[row, column])


def test_points_between_pixels_are_blended_also_across_the_date_line():
    values = np.random.default_rng(3).normal(size=(18, 36))
    raster = Raster(values, north=85.0, west=-175.0, per_degree=0.1)
    # The reference knows neither south-going rows nor the date line.
    around = np.concatenate([values[:, -1:], values, values[:, :1]], axis=1)[::-1]
    reference = RegularGridInterpolator((np.arange(-85, 90, 10), np.arange(-185, 190, 10)), around)
    random = np.random.default_rng(4)
    longitude, latitude = random.uniform(-180, 180, 500), random.uniform(-85, 85, 500)
    expected = reference(np.stack([latitude, longitude], axis=1))
    np.testing.assert_allclose(raster.bilinear(longitude, latitude), expected, atol=1e-12)
    # Beyond the last row there is nothing but it.
    np.testing.assert_allclose(raster.bilinear(np.array([5.0]), np.array([89.0])), values[0, 18])


# Layers, from files like those of the packages


def height_there(longitude, latitude):
    """A plane: bilinear means of it are exact."""
    return 2000 + 10 * (latitude - 33) - 4 * (longitude - 108)


def coast(longitude):
    return longitude > 108.9


@pytest.fixture(scope="module")
def pictures():
    """Land cover and lights, a pixel a degree."""
    random = np.random.default_rng(5)
    cover = random.integers(0, 17, (180, 360), dtype=np.uint8)
    picture = random.integers(0, 255, (180, 360, 4), dtype=np.uint8)
    picture[..., 3] = 255
    return cover, picture


@pytest.fixture(scope="module")
def cache(pictures, tmp_path_factory):
    """A folder with all files, in the layout of the packages, and known by their hashes."""
    folder = tmp_path_factory.mktemp("cache")
    step = 1 / 12
    latitude = 90 + 1.5 * step - step * np.arange(2164)
    longitude = -180 - 1.5 * step + step * np.arange(4324)
    height = height_there(longitude[None, :], latitude[:, None])
    # A tenth of a metre.
    topography = np.rint(height * 10).astype(np.int16).astype(np.float32) / 10
    np.savez(folder / sources.TOPOGRAPHY.name, arr_0=topography)
    east = -180 + (np.arange(3600) + 0.5) / 10
    np.savez_compressed(
        folder / sources.LAND_MASK.name, mask=np.broadcast_to(coast(east), (1800, 3600))
    )
    cover, picture = pictures
    Image.fromarray(cover).save(folder / sources.LAND_COVER.name)
    Image.fromarray(picture).save(folder / sources.NIGHT_LIGHTS.name)
    (folder / countries.COUNTRIES.name).write_text(json.dumps(two_countries()))
    with pytest.MonkeyPatch.context() as patch:
        for module, name in (
            *(
                (sources, name)
                for name in ("TOPOGRAPHY", "LAND_MASK", "LAND_COVER", "NIGHT_LIGHTS")
            ),
            (countries, "COUNTRIES"),
        ):
            file = getattr(module, name)
            content = (folder / file.name).read_bytes()
            here = dataclasses.replace(file, sha256=hashlib.sha256(content).hexdigest())
            patch.setattr(module, name, here)
        yield folder


def two_countries():
    """Westland from 108 to 108.6 E with a hole, Eastland from there on: they share a border.

    In steps of 0.1 degrees from (100 E, 30 N), each point as a difference to the one before.
    """
    border = [[86, 20], [0, 30]]  # 108.6 E, from 32 to 35 N
    west = [[86, 50], [-6, 0], [0, -30], [6, 0]]
    east = [[86, 50], [24, 0], [0, -30], [-24, 0]]
    hole = [[83, 24], [2, 0], [0, 2], [-2, 0], [0, -2]]
    return {
        "type": "Topology",
        "transform": {"scale": [0.1, 0.1], "translate": [100.0, 30.0]},
        "arcs": [border, west, east, hole],
        "objects": {
            "countries": {
                "type": "GeometryCollection",
                "geometries": [
                    {
                        "type": "Polygon",
                        "id": "901",
                        "properties": {"name": "Westland"},
                        "arcs": [[0, 1], [3]],
                    },
                    {
                        "type": "MultiPolygon",
                        "properties": {"name": "Eastland"},
                        # The border backwards: it runs along the other side.
                        "arcs": [[[~0, ~2]]],
                    },
                ],
            }
        },
    }


@pytest.fixture(scope="module")
def layers(grid, cache):
    return build_static_layers(grid, cache, ["Westland"])


def points_of(grid, row, column):
    """The sixteen points of a cell, one after the other, degrees."""
    found = []
    for up in (-0.375, -0.125, 0.125, 0.375):
        for right in (-0.375, -0.125, 0.125, 0.375):
            x = grid.x[column] + right * grid.cell_size
            y = grid.y[row] + up * grid.cell_size
            longitude, latitude = grid.projection.inverse(np.array([x]), np.array([y]))
            found.append((float(longitude[0]), float(latitude[0])))
    return found


CELLS = [(0, 0), (4, 6), (0, 6), (2, 3)]


@pytest.mark.parametrize(("row", "column"), CELLS)
def test_height_is_the_mean_of_sixteen_points(layers, grid, row, column):
    expected = np.mean([height_there(*point) for point in points_of(grid, row, column)])
    # The table has tenths of a metre.
    assert layers["height"][row, column] == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize(("row", "column"), CELLS)
def test_land_cover_is_the_share_of_sixteen_points(layers, grid, pictures, row, column):
    cover, _ = pictures
    shares = np.zeros(17)
    for longitude, latitude in points_of(grid, row, column):
        shares[cover[int(90 - latitude), int(longitude + 180)]] += 1 / 16
    np.testing.assert_array_equal(layers["igbp_fraction"][:, row, column], shares)


@pytest.mark.parametrize(("row", "column"), CELLS)
def test_lights_are_red_minus_blue_and_never_negative(layers, grid, pictures, row, column):
    picture = pictures[1].astype(float)
    light = np.maximum(picture[..., 0] - picture[..., 2], 0)
    middles = np.arange(89.5, -90, -1)[::-1], np.arange(-179.5, 180)
    reference = RegularGridInterpolator(middles, light[::-1])
    expected = np.mean([reference((lat, lon)) for lon, lat in points_of(grid, row, column)])
    assert layers["night_lights"][row, column] == pytest.approx(expected, rel=1e-5)


def test_the_sea_is_where_the_mask_has_it(layers, grid):
    for row, column in np.ndindex(grid.shape):
        share = np.mean([coast(longitude) for longitude, _ in points_of(grid, row, column)])
        assert layers["ocean_fraction"][row, column] == share
    assert 0 < layers["ocean_fraction"].mean() < 1


def test_a_country_is_its_land_without_holes_and_sea(layers, grid, cache):
    longitude, latitude = grid.longitude_latitude()
    inside = (longitude > 108) & (longitude < 108.6) & (latitude > 32) & (latitude < 35)
    hole = (longitude > 108.3) & (longitude < 108.5) & (latitude > 32.4) & (latitude < 32.6)
    assert hole.sum() > 0
    np.testing.assert_array_equal(layers["country"], inside & ~hole)
    # Eastland goes into the sea, where its mask goes along, but not its land.
    east = build_static_layers(grid, cache, ["eastland"])["country"]
    borders = country_mask(grid, ["Eastland"], cache)
    in_east = (longitude > 108.6) & (latitude > 32) & (latitude < 35)
    np.testing.assert_array_equal(borders, in_east)
    np.testing.assert_array_equal(east, in_east & (layers["ocean_fraction"] < 0.5))
    assert east.sum() < borders.sum()
    both = country_mask(grid, ["901", "Eastland"], cache)
    np.testing.assert_array_equal(both, borders | country_mask(grid, ["Westland"], cache))


def test_a_country_that_there_is_not_is_told_with_the_nearest_names(grid, cache):
    with pytest.raises(InputError, match=r"no country 'Estland'.*perhaps Eastland or Westland"):
        build_static_layers(grid, cache, ["Estland"])


def test_the_command_writes_what_the_simulation_reads(grid, cache, tmp_path, monkeypatch):
    monkeypatch.setattr(static_command, "read_grid", lambda path: grid)
    outputs = tmp_path / "1.npz", tmp_path / "2.npz"
    for output in outputs:
        arguments = ["static", "--cache", cache, "--country", "Westland", "-o", output]
        result = CliRunner().invoke(main, [str(argument) for argument in arguments])
        assert result.exit_code == 0, result.output
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    static = read_static_inputs(outputs[0], grid, CPU)
    with np.load(outputs[0]) as arrays:
        np.testing.assert_array_equal(static.height, arrays["height"])
        assert arrays["sources"][0].startswith("PyPI itur 0.4.0, itur/data/1511/v2_topo.npz (")
        assert len(arrays["sources"]) == 5
        assert result.output.startswith(f"{arrays['country'].sum()} cells in Westland\nwrote ")


def test_without_the_extra_one_sentence_says_so(grid, cache, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingExtraError, match="need Pillow; install it with pip install"):
        build_static_layers(grid, cache)


# Fetching

CONTENT = b"what the package holds"
WHEEL = PackagedFile(
    "PyPI", "some-data", "1.2", "some_data/a.bin", hashlib.sha256(CONTENT).hexdigest(), "MIT"
)
TARBALL = dataclasses.replace(WHEEL, registry="npm", member="package/a.bin")


@pytest.fixture
def registry(monkeypatch):
    """Stands for pip and npm: puts a package where they would."""
    calls = []

    def client(command, *, cwd, **_):
        calls.append(command)
        if "pip" in command:
            with zipfile.ZipFile(cwd / "some_data-1.2-py3-none-any.whl", "w") as wheel:
                wheel.writestr("some_data/a.bin", registry.content)
        else:
            with tarfile.open(cwd / "some-data-1.2.tgz", "w:gz") as tarball:
                member = tarfile.TarInfo("package/a.bin")
                member.size = len(registry.content)
                tarball.addfile(member, io.BytesIO(registry.content))

    registry = type("Registry", (), {"calls": calls, "content": CONTENT})
    monkeypatch.setattr(packages.subprocess, "run", client)
    return registry


@pytest.mark.parametrize(("file", "asked"), [(WHEEL, "some-data==1.2"), (TARBALL, "some-data@1.2")])
def test_a_file_is_fetched_once(registry, tmp_path, file, asked):
    cache = tmp_path / "not" / "there"
    path = fetched(file, cache)
    assert path.read_bytes() == CONTENT
    assert fetched(file, cache) == path
    assert len(registry.calls) == 1
    assert registry.calls[0][-1] == asked
    # The package itself is not kept.
    assert list(cache.iterdir()) == [path]


def test_what_is_not_what_was_pinned_is_refused(registry, tmp_path):
    registry.content = b"something else"
    with pytest.raises(InputError, match=r"package some-data 1\.2 holds .* expected"):
        fetched(WHEEL, tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / WHEEL.name).write_bytes(CONTENT[:-1])
    with pytest.raises(InputError, match=r"some-data-1\.2-a\.bin holds .*; remove it"):
        fetched(WHEEL, tmp_path)
    with pytest.raises(InputError, match=r"does not hold some_data/b\.bin"):
        fetched(dataclasses.replace(WHEEL, member="some_data/b.bin"), tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="name another"):
        fetched(WHEEL, tmp_path / "file" / "folder")


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError("no npm"),
        subprocess.CalledProcessError(1, "npm", stderr="much\nno network\n"),
    ],
)
def test_a_registry_that_cannot_be_reached_is_one_sentence(monkeypatch, tmp_path, error):
    def client(*_, **__):
        raise error

    monkeypatch.setattr(packages.subprocess, "run", client)
    with pytest.raises(InputError, match=r"from npm \(no n\w+\); check .*some-data-1\.2-a\.bin$"):
        fetched(TARBALL, tmp_path)
    assert list(tmp_path.iterdir()) == []
