"""Layers built from the real packages are those that the project has.

Fetches 170 MB into the folder that POINTFUSE_STATIC_CACHE names, once; skipped without that name.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from pointfuse_training.static_layers.build import build_static_layers
from pointfuse_training.static_layers.countries import country_mask
from pointfuse_training.static_layers.grids import read_grid

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cache() -> Path:
    folder = os.environ.get("POINTFUSE_STATIC_CACHE")
    if not folder:
        pytest.skip("name a folder for 12 MB of data in POINTFUSE_STATIC_CACHE")
    return Path(folder)


@pytest.fixture(scope="module")
def layers(cache):
    return build_static_layers(read_grid(None), cache, ["156"])


def test_the_channels_of_the_shipped_model_come_from_them(layers):
    with np.load(ROOT / "models" / "pointfuse-china12.checkpoint.npz") as file:
        height, water, urban, crop, barren, forest = file["static_layers"][:6]
    cover = layers["igbp_fraction"].astype(np.float32)
    # In 255 steps of its range.
    step = np.ptp(height) / 255
    np.testing.assert_allclose(layers["height"] / 2000, height, rtol=0, atol=0.51 * step)
    for share, expected in (
        (cover[0], water),
        (cover[13], urban),
        (cover[12] + cover[14], crop),
        (cover[16], barren),
        (cover[1:6].sum(0), forest),
    ):
        np.testing.assert_allclose(share, expected, rtol=0, atol=0.51 / 255)


def test_the_lights_of_the_baselines_come_from_them(layers):
    stored = ROOT / "benchmarks" / "pointfuse_benchmarks" / "baselines" / "china12_layers.npz"
    with np.load(stored) as file:
        lights = file["night_lights"]
        # In half precision, with steps of 6e-8 near zero.
        np.testing.assert_allclose(layers["night_lights"], lights, rtol=2**-11, atol=6e-8)
        # Rounded to metres.
        np.testing.assert_allclose(layers["height"], file["height"], rtol=0, atol=0.501)


def test_the_mask_of_the_example_is_that_of_natural_earth(layers, cache):
    mask = country_mask(read_grid(None), ["China"], cache)
    with np.load(ROOT / "examples" / "mainland_china.npz") as file:
        np.testing.assert_array_equal(mask, file["mask"])
    assert not (layers["country"] & ~mask).any()


@pytest.mark.parametrize(
    ("place", "longitude", "latitude", "country"),
    [
        ("Hainan", 109.7, 19.2, "China"),
        ("Aksai Chin", 79.5, 35.2, "China"),
        ("south of the McMahon Line", 94.3, 28.1, "India"),
        ("Taipei", 121.5, 25.0, "Taiwan"),
    ],
)
def test_disputed_places_are_where_the_document_says(cache, place, longitude, latitude, country):
    grid = read_grid(None)
    (cell,) = grid.cells([longitude], [latitude])
    for name in ("China", "India", "Taiwan"):
        assert country_mask(grid, [name], cache).ravel()[cell] == (name == country), place


def test_the_layers_of_the_prototype_are_found_again(layers, real_data):
    prototype = real_data.parent / "static" / "china12.npz"
    if not prototype.exists():
        pytest.skip(f"no {prototype}")
    with np.load(prototype) as file:
        # The same points: only the order of sums in single precision differs.
        np.testing.assert_allclose(layers["height"], file["height"], rtol=0, atol=1e-3)
        np.testing.assert_allclose(layers["night_lights"], file["night_lights"], rtol=0, atol=1e-5)
        for name in ("lat", "lon"):
            np.testing.assert_allclose(layers[name], file[name], rtol=0, atol=1e-5)
        for name in ("igbp_fraction", "ocean_fraction"):
            np.testing.assert_array_equal(layers[name], file[name])
