"""Jumps between neighbouring cells, on fields whose jumps are known."""

from __future__ import annotations

import numpy as np
import pytest

from pointfuse import load_model
from pointfuse_benchmarks.accuracy.seams import FAR, FEW, jumps, largest_steps, measured, table

LAYERS = np.zeros((2, 6, 8))
LAYERS[0, :, 4:] = 1000.0  # a cliff between columns 3 and 4
LAYERS[1] = np.linspace(0, 1, 6)[:, None]  # a slope from south to north


def test_a_step_is_that_of_the_layer_that_differs_most():
    rows, columns = largest_steps(LAYERS)
    assert rows == pytest.approx(np.full((5, 8), 0.2))
    assert columns[:, 3] == pytest.approx(np.ones(6))
    assert columns[:, [0, 1, 2, 4, 5, 6]] == pytest.approx(np.zeros((6, 6)))


def test_jumps_count_far_from_stations_alone():
    field = np.full((6, 8), 40.0)
    field[:, 4:] = 30.0  # at the cliff: a quarter
    field[:, 6:] = 27.0  # at nothing: a tenth
    far = np.full(field.shape, 2 * FAR)
    found = jumps(field, far, largest_steps(LAYERS))
    assert found == {"pairs": 82, "jump": 0.25, "jump_alike": 0.1, "step": 1.0}
    far[:, 4:] = FAR / 2
    found = jumps(field, far, largest_steps(LAYERS))
    assert found == {"pairs": 38, "jump": 0.0, "jump_alike": 0.0, "step": 0.2}
    near = jumps(field, np.zeros_like(far), largest_steps(LAYERS))
    assert near == {"pairs": 0, "jump": 0.0, "jump_alike": 0.0, "step": 0.0}


def test_the_table_says_each_day():
    day = {"day": "2019-01-06", "stations": 20, "pairs": 9, "jump": 0.25, "jump_alike": 0.1}
    about = {"processor": "a processor", "threads": 2, "date": "2026-11-29"}
    text = table({"machine": about, "model": "m 1", "days": [{**day, "step": 1.0}]})
    assert "| 2019-01-06 | 20 | 9 | 25.0% | 10.0% | 100.0% |" in text


def test_a_day_is_measured_with_all_of_its_stations_and_with_few(day_of, rng):
    model = load_model(threads=1)
    day = day_of(rng.uniform(-1500, 1500, (60, 2)), rng.uniform(20, 80, 60))
    layers = rng.random((2, *model.metadata.grid.shape))
    all_of_them, few = measured(day, model, layers)["days"]
    assert (all_of_them["stations"], few["stations"]) == (60, FEW)
    # Fewer stations leave more of the grid far from any.
    assert 10_000 < all_of_them["pairs"] < few["pairs"]
    for found in (all_of_them, few):
        assert 0 < found["jump_alike"] <= found["jump"] < 1
