"""Kriging and the process of each pollutant: the same on the scale of its unit."""

from dataclasses import replace

import numpy as np
import pytest

from pointfuse import POLLUTANTS
from pointfuse_benchmarks.baselines.gaussian_process import GP_C, GaussianProcess
from pointfuse_benchmarks.baselines.pollutants import FOUND, InUnits, baselines_of, varied


@pytest.fixture
def xy(rng):
    return rng.uniform(-600, 600, (60, 2))


def test_a_unit_is_only_a_unit(day_of, to_degrees, xy, rng):
    """Milligrams of CO over their unit are predicted as if they were micrograms of anything."""
    values, points = rng.gamma(2.0, 20.0, 60), to_degrees(rng.uniform(-500, 500, (7, 2)))
    process = GaussianProcess(length=300.0, nugget=0.15, square_root=True)
    plain = process(day_of(xy, values), *points)
    small = InUnits(process, 0.03)(day_of(xy, 0.03 * values), *points)
    # A few roundings of numbers of some ten.
    np.testing.assert_allclose(small, 0.03 * plain, rtol=1e-12)


def test_a_factor_is_one_of_all_lengths():
    found = varied(0.5, 0.2)
    assert found.length == pytest.approx(0.5 * GP_C.length)
    assert found.scales == pytest.approx({name: each / 2 for name, each in GP_C.scales.items()})
    assert (found.nugget, found.trend, found.square_root) == (0.2, GP_C.trend, True)
    same = varied(1.0, GP_C.nugget)
    assert replace(same) == GP_C


def test_every_pollutant_has_both():
    assert set(FOUND) == set(POLLUTANTS)
    for variable in POLLUTANTS:
        assert [*baselines_of(variable)] == ["kriging", "gp"]
    assert baselines_of("co")["gp"].unit == 0.03
