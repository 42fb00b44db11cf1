"""Fields of random waves against the covariance that they should have."""

from __future__ import annotations

import numpy as np
import torch
from scipy.spatial.distance import cdist

from pointfuse_training.processes.random_fields import exponential_fields
from pointfuse_training.simulation.random_streams import RandomStream

CPU = torch.device("cpu")


def test_the_covariance_is_the_exponential_of_the_distance(rng):
    places = rng.uniform(0, 1.5, (40, 3))
    coordinates = torch.from_numpy(places.astype(np.float32))
    fields = torch.cat(
        [
            exponential_fields(coordinates, 500, RandomStream(0, [number], "test", CPU))
            for number in range(20)
        ]
    ).double()
    found = (fields.T @ fields / len(fields)).numpy()
    # Errors of 10,000 fields, 0.014, and of the waves of 20 draws, 0.006: four times both.
    np.testing.assert_allclose(found, np.exp(-cdist(places, places)), atol=0.06)
    assert abs(float(fields.mean())) < 0.03


def test_fields_of_a_call_are_independent(rng):
    coordinates = torch.from_numpy(rng.uniform(0, 50, (5000, 2)).astype(np.float32))
    fields = exponential_fields(coordinates, 4, RandomStream(0, [0], "test", CPU))
    assert fields.shape == (4, 5000)
    # Of some 800 patches of one length: four errors of 1 / sqrt(800).
    between = np.corrcoef(fields.numpy()) - np.eye(4)
    assert np.abs(between).max() < 0.15
