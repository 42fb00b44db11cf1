"""Fields of the process on a whole grid, by random Fourier features."""

from __future__ import annotations

import torch
from torch import Tensor

from pointfuse_training.simulation.random_streams import RandomStream

FEATURES = 2048
"""Waves that a field is made of: the error of a covariance is about one in the root of them."""

_CELLS_AT_ONCE = 4096
"""Waves of all cells at once would fill memory."""


def exponential_fields(coordinates: Tensor, fields: int, random: RandomStream) -> Tensor:
    """Draw Gaussian fields whose covariance is exp(-distance), of the mean 0.

    A field is a sum of waves with random phases and normal weights. Their frequencies have the
    spectral density of exp(-distance), which is that of a multivariate Cauchy variable: a normal
    vector over the size of one more normal number. The fields of a call share the waves, which is
    most of the work, but no weights.

    Parameters
    ----------
    coordinates : Tensor, shape (cell, dimension)
        Places in lengths, float32.
    fields : int
        Number of fields.
    random : RandomStream
        Random numbers, of one scenario.

    Returns
    -------
    Tensor, shape (fields, cell)
        float32.

    References
    ----------
    Rahimi and Recht, Random features for large-scale kernel machines, 2007.
    """
    dimension = coordinates.shape[1]
    frequencies = random.normal(dimension, FEATURES)[0] / random.normal(1, FEATURES)[0].abs()
    phases = 2 * torch.pi * random.uniform(FEATURES)[0]
    weights = random.normal(FEATURES, fields)[0] * (2 / FEATURES) ** 0.5
    parts = [
        torch.addmm(phases, some, frequencies).cos_() @ weights
        for some in torch.split(coordinates, _CELLS_AT_ONCE)
    ]
    return torch.cat(parts).T.contiguous()
