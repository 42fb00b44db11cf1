"""Map projections of a sphere, forward and inverse.

The attributes of a projection carry the names that the CF conventions give to them. Formulae are
those of Snyder, J. P.: Map projections - a working manual, USGS Professional Paper 1395, 1987.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class LambertConformal:
    """Lambert conformal conic projection of a sphere (Snyder 15-1 to 15-5).

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
    """

    standard_parallel: tuple[float, float]
    longitude_of_central_meridian: float
    latitude_of_projection_origin: float
    earth_radius: float

    grid_mapping_name: ClassVar[str] = "lambert_conformal_conic"
    title: ClassVar[str] = "Lambert conformal conic"
    pairs: ClassVar[tuple[str, ...]] = ("standard_parallel",)

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
        _check_radius(self.earth_radius)

    @property
    def true_scale(self) -> str:
        """Where distances are true, for people."""
        first, second = self.standard_parallel
        return f"standard parallels {first:g} and {second:g}"

    @property
    def origin(self) -> str:
        """Where x and y are 0, for people."""
        return _place(self.latitude_of_projection_origin, self.longitude_of_central_meridian)

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
        with np.errstate(divide="ignore", invalid="ignore"):
            turn = self._cone * _turn(longitude, self.longitude_of_central_meridian)
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
        with np.errstate(divide="ignore"):
            latitude = 2 * np.arctan((self._scale / distance) ** (1 / self._cone)) - np.pi / 2
        return _longitude(turn, self.longitude_of_central_meridian), np.degrees(latitude)


@dataclass(frozen=True)
class PolarStereographic:
    """Polar stereographic projection of a sphere (Snyder 21-5 to 21-12, 20-14, 20-16).

    Parameters
    ----------
    straight_vertical_longitude_from_pole : float
        Meridian that points to the viewer, degrees east.
    latitude_of_projection_origin : float
        90 for the north pole, -90 for the south pole.
    standard_parallel : float
        Latitude of true scale, degrees north.
    earth_radius : float
        Radius of the sphere, m.
    """

    straight_vertical_longitude_from_pole: float
    latitude_of_projection_origin: float
    standard_parallel: float
    earth_radius: float

    grid_mapping_name: ClassVar[str] = "polar_stereographic"
    title: ClassVar[str] = "polar stereographic"
    pairs: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        if abs(self.latitude_of_projection_origin) != 90:
            raise ValueError(
                "the latitude of projection origin of a polar stereographic projection must be 90 "
                f"or -90, got {self.latitude_of_projection_origin}"
            )
        if not -90 < self._pole * self.standard_parallel <= 90:
            raise ValueError(
                "the standard parallel of a polar stereographic projection must not be the other "
                f"pole, got {self.standard_parallel}"
            )
        _check_radius(self.earth_radius)

    @property
    def true_scale(self) -> str:
        """Where distances are true, for people."""
        return f"standard parallel {self.standard_parallel:g}"

    @property
    def origin(self) -> str:
        """Where x and y are 0, for people."""
        return _place(
            self.latitude_of_projection_origin, self.straight_vertical_longitude_from_pole
        )

    @property
    def _pole(self) -> float:
        """1 in the north, -1 in the south."""
        return float(np.sign(self.latitude_of_projection_origin))

    @property
    def _scale(self) -> float:
        """Distance from the pole to the image of the equator, m."""
        parallel = np.radians(self._pole * self.standard_parallel)
        return float(self.earth_radius * (1 + np.sin(parallel)))

    def forward(
        self, longitude: ArrayLike, latitude: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Project geographic coordinates; see `LambertConformal.forward`."""
        turn = _turn(longitude, self.straight_vertical_longitude_from_pole)
        northward = self._pole * np.radians(np.asarray(latitude, np.float64))
        distance = self._scale * np.tan(np.pi / 4 - northward / 2)
        return distance * np.sin(turn), -self._pole * distance * np.cos(turn)

    def inverse(
        self, x: ArrayLike, y: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Geographic coordinates of points in the plane; see `LambertConformal.inverse`."""
        east, north = np.asarray(x, np.float64), np.asarray(y, np.float64)
        turn = np.arctan2(east, -self._pole * north)
        latitude = np.pi / 2 - 2 * np.arctan(np.hypot(east, north) / self._scale)
        longitude = _longitude(turn, self.straight_vertical_longitude_from_pole)
        return longitude, self._pole * np.degrees(latitude)


@dataclass(frozen=True)
class Mercator:
    """Mercator projection of a sphere (Snyder 7-1, 7-2, 7-4, 7-5), true at a parallel.

    Parameters
    ----------
    longitude_of_projection_origin : float
        Meridian where x is 0, degrees east.
    standard_parallel : float
        Latitude of true scale, degrees north.
    earth_radius : float
        Radius of the sphere, m.
    """

    longitude_of_projection_origin: float
    standard_parallel: float
    earth_radius: float

    grid_mapping_name: ClassVar[str] = "mercator"
    title: ClassVar[str] = "Mercator"
    pairs: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        if not -90 < self.standard_parallel < 90:
            raise ValueError(
                "the standard parallel of a Mercator projection must lie between the poles, got "
                f"{self.standard_parallel}"
            )
        _check_radius(self.earth_radius)

    @property
    def true_scale(self) -> str:
        """Where distances are true, for people."""
        return f"standard parallel {self.standard_parallel:g}"

    @property
    def origin(self) -> str:
        """Where x and y are 0, for people."""
        return _place(0, self.longitude_of_projection_origin)

    @property
    def _scale(self) -> float:
        """Radius of the cylinder, m."""
        return float(self.earth_radius * np.cos(np.radians(self.standard_parallel)))

    def forward(
        self, longitude: ArrayLike, latitude: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Project geographic coordinates; see `LambertConformal.forward`."""
        x = self._scale * _turn(longitude, self.longitude_of_projection_origin)
        with np.errstate(divide="ignore", invalid="ignore"):
            return x, self._scale * np.log(_half_angle_tangent(np.radians(latitude)))

    def inverse(
        self, x: ArrayLike, y: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Geographic coordinates of points in the plane; see `LambertConformal.inverse`."""
        turn = np.asarray(x, np.float64) / self._scale
        latitude = np.arctan(np.sinh(np.asarray(y, np.float64) / self._scale))
        return _longitude(turn, self.longitude_of_projection_origin), np.degrees(latitude)


@dataclass(frozen=True)
class LatitudeLongitude:
    """Longitude and latitude as a plane: degrees as metres of a meridian (Snyder 12-1, 12-2).

    Distances in the plane are those along meridians; along parallels they are true at the equator
    only.

    Parameters
    ----------
    longitude_of_central_meridian : float
        Meridian where x is 0, degrees east; the plane is cut opposite it.
    earth_radius : float
        Radius of the sphere, m.
    """

    longitude_of_central_meridian: float
    earth_radius: float

    grid_mapping_name: ClassVar[str] = "latitude_longitude"
    title: ClassVar[str] = "longitude and latitude"
    pairs: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        _check_radius(self.earth_radius)

    @property
    def true_scale(self) -> str:
        """Where distances are true, for people."""
        return "distances true along meridians"

    @property
    def origin(self) -> str:
        """Where x and y are 0, for people."""
        return _place(0, self.longitude_of_central_meridian)

    def forward(
        self, longitude: ArrayLike, latitude: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Project geographic coordinates; see `LambertConformal.forward`."""
        x = self.earth_radius * _turn(longitude, self.longitude_of_central_meridian)
        return x, self.earth_radius * np.radians(np.asarray(latitude, np.float64))

    def inverse(
        self, x: ArrayLike, y: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Geographic coordinates of points in the plane; see `LambertConformal.inverse`."""
        turn = np.asarray(x, np.float64) / self.earth_radius
        latitude = np.degrees(np.asarray(y, np.float64) / self.earth_radius)
        return _longitude(turn, self.longitude_of_central_meridian), latitude


Projection = LambertConformal | PolarStereographic | Mercator | LatitudeLongitude

PROJECTIONS: dict[str, type[Projection]] = {
    kind.grid_mapping_name: kind
    for kind in (LambertConformal, PolarStereographic, Mercator, LatitudeLongitude)
}
"""Projections by the names that the CF conventions give to them."""


def read_projection(
    name: str, number: Callable[[str], float], pair: Callable[[str], tuple[float, float]]
) -> Projection:
    """A projection from its parameters, wherever they are stored.

    Parameters
    ----------
    name : str
        Its grid mapping name.
    number, pair : callable
        Give the number, or the two numbers, of a parameter.

    Raises
    ------
    ValueError
        If the name is not known, or the parameters are impossible.
    """
    kind = PROJECTIONS.get(name)
    if kind is None:
        raise ValueError(
            f"the projection '{name}' is not known; expected one of {', '.join(PROJECTIONS)}"
        )
    parameters: dict[str, Any] = {
        field.name: pair(field.name) if field.name in kind.pairs else number(field.name)
        for field in dataclasses.fields(kind)
    }
    return kind(**parameters)


def _check_radius(radius: float) -> None:
    if not radius > 0:
        raise ValueError(f"the earth radius must be positive, got {radius} m")


def _place(latitude: float, longitude: float) -> str:
    return f"{latitude:g} N, {longitude:g} E"


def _turn(longitude: ArrayLike, meridian: float) -> NDArray[np.float64]:
    """Angle from a meridian, radians, at most half a turn either way."""
    offset = np.asarray(longitude, np.float64) - meridian
    return np.radians((offset + 180.0) % 360.0 - 180.0)


def _longitude(turn: NDArray[np.float64], meridian: float) -> NDArray[np.float64]:
    """Longitude of an angle from a meridian, degrees east in [-180, 180)."""
    return (meridian + np.degrees(turn) + 180.0) % 360.0 - 180.0


def _half_angle_tangent(latitude: ArrayLike) -> NDArray[np.float64]:
    """Tangent of 45 degrees plus half the latitude (radians)."""
    return np.tan(np.pi / 4 + np.asarray(latitude, np.float64) / 2)
