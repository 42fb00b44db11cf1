"""Relative humidity from dew point and temperature."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_SLOPE, _OFFSET = 17.625, 243.04
_ROUNDING = 1.0


def relative_humidity(temperature: ArrayLike, dew_point: ArrayLike) -> NDArray[np.float64]:
    """Relative humidity over water, by the Magnus formula.

    The coefficients are those of Alduchov and Eskridge, Improved Magnus form approximation of
    saturation vapor pressure, J. Appl. Meteorol. 35 (1996) 601-609, equation 21: within 0.4 % of
    the saturation pressure from -40 to 50 degrees.

    Parameters
    ----------
    temperature, dew_point : array_like, degrees Celsius
        NaN where missing.

    Returns
    -------
    ndarray of float64, %
        At most 100 where the dew point is above the temperature by no more than what rounding
        does (1 degree); more than 100 beyond, for quality control to find.
    """
    air, dew = np.asarray(temperature, np.float64), np.asarray(dew_point, np.float64)
    with np.errstate(all="ignore"):  # typing errors, far from any temperature
        humidity = 100 * np.exp(_SLOPE * dew / (_OFFSET + dew) - _SLOPE * air / (_OFFSET + air))
        humidity = np.where(dew - air <= _ROUNDING, np.minimum(humidity, 100), humidity)
    return np.where(np.isfinite(humidity), humidity, np.nan)
