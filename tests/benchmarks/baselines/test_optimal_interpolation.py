"""gridpp's optimal interpolation against the equation it solves."""

from __future__ import annotations

import numpy as np
import pytest

from pointfuse_benchmarks.baselines.layers import layer_table

module = pytest.importorskip(
    "pointfuse_benchmarks.baselines.optimal_interpolation",
    reason="gridpp is not installed: pip install './benchmarks[peers]'",
    exc_type=ImportError,
)


def test_analysis_solves_the_equation(metadata, day_of, to_degrees, rng):
    """Fewer stations than the most that count, all in reach: one linear system."""
    xy, points = rng.uniform(300, 500, (30, 2)), rng.uniform(300, 500, (20, 2))
    values = rng.uniform(20, 200, 30)

    def height(places):
        return layer_table(metadata.grid, metadata.grid.cells(*to_degrees(places)), ["height"])

    def correlation(a, b):
        plane = np.sqrt(((a[:, None] - b[None]) ** 2).sum(axis=2)) / 150
        return (1 + plane) * np.exp(-plane - (height(a) - height(b).T) ** 2 / 2)

    gain = correlation(points, xy) @ np.linalg.inv(correlation(xy, xy) + 0.1 * np.eye(30))
    expected = values.mean() + gain @ (values - values.mean())
    found = module.optimal_interpolation(day_of(xy, values), *to_degrees(points))
    # gridpp works in single precision; the condition number of the system is about 100.
    np.testing.assert_allclose(found, np.maximum(expected, 0), rtol=1e-4)
