"""Layers of the whole Earth: smoothing on the sphere, boxes of countries, drawn domains."""

from __future__ import annotations

import numpy as np
import pytest

from pointfuse_training.static_layers.country_boxes import box_of
from pointfuse_training.static_layers.drawn_domains import EDGES, LARGEST, SMALLEST, drawn_domains
from pointfuse_training.static_layers.world import coarser, pixel_means, smoothed


def test_a_point_is_smoothed_to_a_circle_wherever_it_is() -> None:
    """Its second moments on the sphere are those of the Gaussian, both ways."""
    rows = 180 * 4
    for latitude in (0.0, 50.0):
        field = np.zeros((rows, 2 * rows), np.float32)
        row = round((90 - latitude) * 4 - 0.5)
        field[row, rows] = 1
        found = smoothed(field, 200.0).astype(float)
        weights = found / found.sum()
        up = (np.arange(rows) - row)[:, None] * 27.8
        across = (np.arange(2 * rows) - rows) * 27.8 * np.cos(np.radians(latitude))
        # Pixels narrow towards the pole within the Gaussian: some per cent.
        assert np.sqrt((weights * up**2).sum()) == pytest.approx(200, rel=0.03)
        assert np.sqrt((weights * across**2).sum()) == pytest.approx(200, rel=0.05)


def test_smoothing_goes_on_across_the_date_line_and_keeps_constants() -> None:
    field = np.ones((180, 360), np.float32)
    np.testing.assert_allclose(smoothed(field, 300.0), 1, atol=1e-5)
    field[:] = 0
    field[90, 0] = 1
    found = smoothed(field, 300.0)
    np.testing.assert_allclose(found[90, 1:5], found[90, :-5:-1], rtol=1e-4)


def test_means_of_pixels() -> None:
    means = pixel_means(lambda longitude, latitude: longitude + 1000 * latitude, 1)
    # The mean of a linear field is its value in the middle; single precision of 1e5 is 0.01.
    assert means[0, 0] == pytest.approx(-179.5 + 89_500, abs=0.05)
    assert means[100, 200] == pytest.approx(20.5 - 10_500, abs=0.05)
    assert coarser(np.arange(36.0, dtype=np.float32).reshape(6, 6))[1, 1] == pytest.approx(28)


def test_islands_far_away_are_no_part_of_a_box() -> None:
    def square(west: float, south: float, size: float) -> np.ndarray:
        return np.array(
            [[west, south], [west + size, south], [west + size, south + size], [west, south]], float
        )

    main, near, far = square(0, 40, 10), square(12, 41, 1), square(40, 41, 1)
    assert box_of([near, main, far]) == pytest.approx((0, 40, 13, 50))
    # Across the date line, from one island to the next.
    chain = [square(170, -10, 8), square(-180, -10, 3), square(-175, -10, 2)]
    assert box_of(chain) == pytest.approx((170, -10, 187, -2))


def test_domains_are_drawn_all_over_the_earth() -> None:
    domains = list(drawn_domains(40, seed=3))
    middles = np.array(
        [d.grid.projection.inverse(d.grid.x.mean(), d.grid.y.mean()) for d in domains]
    ).reshape(40, 2)
    assert np.ptp(middles[:, 0]) > 200
    assert middles[:, 1].min() < -10 < 30 < middles[:, 1].max()
    sizes = [d.grid.cell_size for d in domains]
    assert SMALLEST <= min(sizes) < 10_000 < 25_000 < max(sizes) <= LARGEST
    assert all(EDGES[0] <= edge <= EDGES[1] for d in domains for edge in d.grid.shape)
    again = list(drawn_domains(40, seed=3))
    assert again == domains
