"""Terrain and land: known places, the model's own layers, and what is derived from them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from pointfuse import load_model
from pointfuse_benchmarks.baselines.layers import derived_layers, layer_table

NAMES = ["height", "barren", "forest"]


def test_heights_of_cities(metadata):
    """Beijing 47 m, Chengdu 501 m, Shanghai 9 m."""
    cell = metadata.grid.cells([116.4, 104.07, 121.47], [39.9, 30.67, 31.23])
    heights = 1000 * layer_table(metadata.grid, cell, ["height"])[:, 0]
    # Means of 144 square kilometres, which depend on where in the city one looks.
    np.testing.assert_allclose(heights, [47, 501, 9], atol=3)


def test_layers_are_those_of_the_model(metadata):
    """The model has them in 255 steps of their range."""
    model = load_model()
    cell = np.arange(372 * 426)
    height, barren, forest = layer_table(metadata.grid, cell, NAMES).T
    for layer, name in (
        (1000 * height, "height"),
        (barren, "barren_fraction"),
        (forest, "forest_fraction"),
    ):
        step = np.ptp(layer) / 255
        stored = model.static_layer(name).ravel()
        # Half a step, and the rounding of the baselines' heights to metres.
        np.testing.assert_allclose(
            stored, layer, rtol=0, atol=0.51 * step + 0.51 * (name == "height")
        )


def test_flat_dark_land_is_flat_and_dark():
    flat = np.full((40, 50), 1500.0)
    layers = derived_layers(flat, np.zeros_like(flat), np.zeros_like(flat), np.ones_like(flat))
    for name, value in [
        ("height", 1.5),
        ("broad_height", 1.5),
        ("ruggedness", 0.0),
        ("lights", 0.0),
        ("broad_lights", 0.0),
        ("forest", 1.0),
    ]:
        np.testing.assert_allclose(layers[name], value, atol=1e-9)


def test_one_peak_is_spread_as_the_filters_say():
    """A peak of one cell, far from the edges: the normal density of the filters, in two steps."""
    height = np.zeros((201, 201))
    height[100, 100] = 2e5
    layers = derived_layers(height, height, height, height)

    def density(distance, sigma):
        return np.exp(-(distance**2) / (2 * sigma**2)) / (2 * np.pi * sigma**2)

    # Discrete kernels are cut at four sigma and normalised: about 1e-4.
    assert layers["broad_height"][100, 110] == pytest.approx(200 * density(10, 8), rel=2e-3)
    assert layers["broad_lights"][103, 100] == pytest.approx(
        np.log1p(2e5 * density(3, 2)), rel=2e-3
    )
    # |height - broad| is the rest of the peak in its cell, and the broad hill elsewhere.
    rest, hill = 2e5 * (1 - density(0, 8)), 2e5 * density(0, np.hypot(8, 4))
    expected = np.log1p(((rest - 2e5 * density(0, 8)) * density(0, 4) + hill) / 100)
    assert layers["ruggedness"][100, 100] == pytest.approx(expected, rel=2e-3)


def test_another_grid_has_the_layers_of_the_world(metadata):
    """Where the layers of China are too, both say the same of height and lights."""
    own = metadata.grid
    shifted = dataclasses.replace(own, first_x=own.first_x + 1)
    cells = np.arange(0, own.rows * own.columns, 97)
    names = ["height", "broad_height", "ruggedness", "lights", "broad_lights", "barren", "forest"]
    ours, theirs = (layer_table(grid, cells, names) for grid in (own, shifted))
    for name, one, other in zip(names, ours.T, theirs.T, strict=True):
        # Of one source: means of points a few km apart, and smoothed on other grids.
        assert np.corrcoef(one, other)[0, 1] > 0.97, name
        assert other.std() == pytest.approx(one.std(), rel=0.06), name
    assert layer_table(shifted, cells, []).shape == (len(cells), 0)
