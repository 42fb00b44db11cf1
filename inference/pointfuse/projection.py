"""Lambert conformal conic projection on a sphere, forward and inverse, in numpy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class LambertConformal:
    """Lambert conformal conic projection of a sphere.

    The attributes carry the names that the CF conventions give to them.

    Parameters
    ----------
    standard_parallel : tuple of two floats
        Standard parallels, degrees north; both equal for the tangent cone.
    longitude_of_central_meridian : float
        Degrees east.
    latitude_of_projection_origin : float
        Degrees north; projection y is 0 there.
    earth_radius : float
        Radius of the sphere, m.

    References
    ----------
    Snyder, J. P.: Map projections - a working manual, USGS Professional Paper 1395, 1987,
    equations 15-1 to 15-5.
    """

    standard_parallel: tuple[float, float]
    longitude_of_central_meridian: float
    latitude_of_projection_origin: float
    earth_radius: float

    grid_mapping_name = "lambert_conformal_conic"

    def __post_init__(self) -> None:
        first, second = self.standard_parallel
        if not (-90 < first < 90 and -90 < second < 90) or abs(first + second) < 1e-9:
            raise ValueError(
                "the standard parallels of a Lambert conformal conic projection must lie between "
                f"the poles and not opposite each other, got {first} and {second}"
            )
        if not -90 < self.latitude_of_projection_origin < 90:
            raise ValueError(
                "the latitude of projection origin must lie between the poles, got "
                f"{self.latitude_of_projection_origin}"
            )
        if not self.earth_radius > 0:
            raise ValueError(f"the earth radius must be positive, got {self.earth_radius} m")

    @cached_property
    def _cone(self) -> float:
        """Cone constant n (Snyder 15-3)."""
        first, second = np.radians(self.standard_parallel)
        if abs(first - second) < 1e-10:
            return float(np.sin(first))
        return float(
            np.log(np.cos(first) / np.cos(second))
            / np.log(_half_angle_tangent(second) / _half_angle_tangent(first))
        )

    @cached_property
    def _scale(self) -> float:
        """Earth radius times F, m (Snyder 15-2)."""
        first = np.radians(self.standard_parallel[0])
        factor = np.cos(first) * _half_angle_tangent(first) ** self._cone / self._cone
        return float(self.earth_radius * factor)

    @cached_property
    def _origin_distance(self) -> float:
        """Distance of the projection origin from the cone's tip, m (Snyder 15-1a)."""
        origin = np.radians(self.latitude_of_projection_origin)
        return float(self._scale / _half_angle_tangent(origin) ** self._cone)

    def forward(
        self, longitude: ArrayLike, latitude: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Project geographic coordinates.

        Parameters
        ----------
        longitude, latitude : array_like
            Degrees east and north, of one shape.

        Returns
        -------
        x, y : ndarray of float64
            Projection coordinates in m, of the same shape. The pole away from the cone's tip
            has no finite image.
        """
        offset = np.asarray(longitude, np.float64) - self.longitude_of_central_meridian
        with np.errstate(divide="ignore", invalid="ignore"):
            turn = self._cone * np.radians((offset + 180.0) % 360.0 - 180.0)
            distance = self._scale / _half_angle_tangent(np.radians(latitude)) ** self._cone
            return distance * np.sin(turn), self._origin_distance - distance * np.cos(turn)

    def inverse(
        self, x: ArrayLike, y: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Geographic coordinates of points in the projection plane.

        Parameters
        ----------
        x, y : array_like
            Projection coordinates, m, of one shape.

        Returns
        -------
        longitude, latitude : ndarray of float64
            Degrees east in [-180, 180) and degrees north, of the same shape.
        """
        # A cone that opens southward (negative constant) has its tip in the south.
        sign = np.sign(self._cone)
        east = sign * np.asarray(x, np.float64)
        north = sign * (self._origin_distance - np.asarray(y, np.float64))
        distance = sign * np.hypot(east, north)
        turn = np.arctan2(east, north) / self._cone
        longitude = self.longitude_of_central_meridian + np.degrees(turn)
        with np.errstate(divide="ignore"):
            latitude = 2 * np.arctan((self._scale / distance) ** (1 / self._cone)) - np.pi / 2
        return (longitude + 180.0) % 360.0 - 180.0, np.degrees(latitude)


def _half_angle_tangent(latitude: ArrayLike) -> NDArray[np.float64]:
    """Tangent of 45 degrees plus half the latitude (radians)."""
    return np.tan(np.pi / 4 + np.asarray(latitude, np.float64) / 2)
