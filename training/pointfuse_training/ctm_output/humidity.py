"""Relative humidity from what transport models write instead of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_DRY_TO_VAPOUR = 0.62198
"""Molar mass of water vapour over that of dry air."""


def saturation_pressure(temperature: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pressure of saturated water vapour over water, Pa.

    Parameters
    ----------
    temperature : ndarray
        K.

    References
    ----------
    Bolton, D.: The computation of equivalent potential temperature, Mon. Weather Rev., 108, 1980,
    equation 10: within 0.1 % from -30 to 35 degrees C.
    """
    celsius = temperature - 273.15
    return 611.2 * np.exp(17.67 * celsius / (celsius + 243.5))


def from_mixing_ratio(
    mixing_ratio: NDArray[np.float64],
    temperature: NDArray[np.float64],
    pressure: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Relative humidity over water, %, at most 100.

    Parameters
    ----------
    mixing_ratio, temperature, pressure : ndarray
        kg of vapour per kg of dry air, K, and Pa, of one shape.
    """
    vapour = mixing_ratio * pressure / (_DRY_TO_VAPOUR + mixing_ratio)
    return (100 * vapour / saturation_pressure(temperature)).clip(0, 100)


def from_specific_humidity(
    specific_humidity: NDArray[np.float64],
    temperature: NDArray[np.float64],
    pressure: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Relative humidity over water, %, from kg of vapour per kg of moist air, K and Pa."""
    return from_mixing_ratio(specific_humidity / (1 - specific_humidity), temperature, pressure)


def from_dew_point(
    dew_point: NDArray[np.float64], temperature: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Relative humidity over water, %, from dew point and temperature, K."""
    return (100 * saturation_pressure(dew_point) / saturation_pressure(temperature)).clip(0, 100)
