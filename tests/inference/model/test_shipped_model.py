"""The shipped model itself, as the light package runs it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pointfuse import Model, load_model
from pointfuse.stations.reading import DEFAULT_VARIABLES

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parents[3] / "models" / "seed" / "golden.npz"


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model(precision="fp32")


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(GOLDEN) as cases:
        return {
            "observations": cases["observations"],
            "observed": cases["observed"].astype(np.float32),
            "pm25": cases["pm25"],
        }


@pytest.mark.parametrize("case", range(5))
def test_golden_cases(model: Model, golden: dict[str, np.ndarray], case: int) -> None:
    one = slice(case, case + 1)
    field = model.run(golden["observations"][one], golden["observed"][one]).field
    # Another implementation in single precision, the contract of the model file.
    np.testing.assert_allclose(field[0], golden["pm25"][case], rtol=0, atol=1e-3)


def test_the_field_scales_with_the_observations(
    model: Model, golden: dict[str, np.ndarray]
) -> None:
    observations, observed = golden["observations"][:1], golden["observed"][:1]
    doubled = model.run(2 * observations, observed).field
    # The network sees the same numbers but for the rounding of the scale: 2**-23 of 300 ug/m3
    # through some twenty layers.
    np.testing.assert_allclose(doubled, 2 * model.run(observations, observed).field, atol=5e-3)


def test_a_calm_is_not_a_missing_wind(model: Model, golden: dict[str, np.ndarray]) -> None:
    observations, observed = golden["observations"][:1].copy(), golden["observed"][:1].copy()
    without = model.run(observations, observed).field
    observed[:, 2] = observed[:, 0]
    assert np.abs(model.run(observations, observed).field - without).max() > 1


def single(value: float, row: int, column: int) -> tuple[np.ndarray, np.ndarray]:
    observations = np.zeros((1, 3, 372, 426), np.float32)
    observed = np.zeros_like(observations)
    observations[0, 0, row, column], observed[0, 0, row, column] = value, 1
    return observations, observed


@pytest.mark.parametrize(
    ("observations", "observed"),
    [
        single(0.0, 0, 0),
        single(1500.0, 371, 425),
        single(50.0, 186, 213),
        (np.full((1, 3, 372, 426), 100, np.float32), np.ones((1, 3, 372, 426), np.float32)),
    ],
    ids=["zero in a corner", "1500 in a corner", "a single station", "a station in every cell"],
)
def test_extremes_give_whole_fields(
    model: Model, observations: np.ndarray, observed: np.ndarray
) -> None:
    field = model.run(observations, observed).field
    assert np.isfinite(field).all()
    assert (field >= 0).all()
    # Around one station the network may go above it (1.8 times here), but not by any factor.
    assert field.max() <= 2.5 * max(1.0, observations[0, 0].max())


def test_what_lies_in_cells_without_observation_has_no_say(
    model: Model, golden: dict[str, np.ndarray]
) -> None:
    """An embedder's fill value must not get into the field."""
    observations, observed = golden["observations"][4:], golden["observed"][4:]
    filled = np.where(observed == 1, observations, np.float32(-999))
    np.testing.assert_array_equal(
        model.run(filled, observed).field, model.run(observations, observed).field
    )


def test_default_variables_of_the_readers_are_those_of_the_model(model: Model) -> None:
    assert model.metadata.variables == DEFAULT_VARIABLES
