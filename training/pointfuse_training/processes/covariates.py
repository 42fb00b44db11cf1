"""Layers that the process knows of a cell: terrain, land cover and lights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from pointfuse_training.simulation.static_inputs import StaticInputs

Field = NDArray[np.float64]

COVARIATES = ("height", "broad_height", "ruggedness", "lights", "broad_lights", "barren", "forest")
"""Names of the derived layers."""


def derived_layers(
    height: Field, night_lights: Field, barren: Field, forest: Field
) -> dict[str, Field]:
    """What the process makes of the static layers, each of shape (row, column).

    Parameters
    ----------
    height : ndarray of float64, shape (row, column)
        m above the sea.
    night_lights : ndarray of float64, shape (row, column)
        Brightness seen from space, any unit, not negative.
    barren, forest : ndarray of float64, shape (row, column)
        Fractions of the cell.

    Returns
    -------
    dict
        ``height`` and ``broad_height`` (smoothed over 8 cells), km; ``ruggedness``, log(1 + d) with
        d how far heights nearby are from the broad height, in 100 m; ``lights`` and
        ``broad_lights`` (over 2 cells), log(1 + brightness); ``barren`` and ``forest``.
    """
    broad = gaussian_filter(height, 8)
    return {
        "height": height / 1000,
        "broad_height": broad / 1000,
        "ruggedness": np.log1p(gaussian_filter(np.abs(height - broad), 4) / 100),
        "lights": np.log1p(night_lights),
        "broad_lights": np.log1p(gaussian_filter(night_lights, 2)),
        "barren": barren,
        "forest": forest,
    }


def covariate_layers(static: StaticInputs) -> dict[str, Field]:
    """The derived layers of a grid, from its static layers.

    Parameters
    ----------
    static : StaticInputs
        Static layers of the grid.
    """
    names = ("height", "night_lights", "barren", "forest")
    return derived_layers(**{name: getattr(static, name).cpu().double().numpy() for name in names})
