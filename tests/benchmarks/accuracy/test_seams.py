"""Jumps between neighbouring cells, on fields whose jumps are known."""

from __future__ import annotations

import numpy as np
import pytest

from pointfuse_benchmarks.accuracy.seams import FAR, jumps, largest_steps, table

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
