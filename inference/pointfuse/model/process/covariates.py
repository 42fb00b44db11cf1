"""Covariates of a Gaussian process, computed from static layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputError
from pointfuse.model.process.process_settings import Covariate

Field = NDArray[np.float64]

_REACH = 4.0
"""A Gaussian kernel is cut off at this multiple of its width, where it has fallen to 1/3000."""


def covariate_fields(
    covariates: Sequence[Covariate],
    static_layers: Mapping[str, NDArray[np.float32]],
    cell_size: float,
) -> list[Field]:
    """Make covariates from static layers.

    Parameters
    ----------
    covariates : sequence of Covariate
        What to make.
    static_layers : mapping of str to ndarray of float32, shape (row, column)
        Layers by name, in plain units.
    cell_size : float
        Edge of a cell, m.

    Returns
    -------
    list of ndarray of float64, shape (row, column)
        One field a covariate, in its order and in the units of its layer.

    Raises
    ------
    InputError
        If a layer is missing.
    """
    fields = []
    for covariate in covariates:
        if covariate.layer not in static_layers:
            raise InputError(
                f"the covariate of '{covariate.layer}' needs a static layer that the model lacks; "
                f"expected one of {', '.join(static_layers) or '(it has none)'}"
            )
        layer = static_layers[covariate.layer].astype(np.float64)
        width = covariate.smoothing / cell_size
        if covariate.statistic == "roughness":
            # Mean distance from the surroundings, over a neighbourhood half as wide.
            fields.append(smoothed(np.abs(layer - smoothed(layer, width)), width / 2))
        else:
            fields.append(smoothed(layer, width))
    return fields


def smoothed(field: Field, width: float) -> Field:
    """Field under a Gaussian kernel; beyond its edges it is continued by its mirror image.

    Parameters
    ----------
    field : ndarray of float64, shape (row, column)
        Field.
    width : float
        Standard deviation of the kernel in cells; with 0 the field is returned as it is.
    """
    if width <= 0:
        return field
    radius = int(_REACH * width + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / width) ** 2)
    kernel /= kernel.sum()
    for _ in range(2):
        padded = np.pad(field, ((radius, radius), (0, 0)), mode="symmetric")
        rows = len(field)
        # One axis after the other, and each by turning the field.
        field = sum(weight * padded[i : i + rows] for i, weight in enumerate(kernel)).T
    return field
