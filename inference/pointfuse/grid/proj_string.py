"""Projections as PROJ writes them: ``+proj=lcc +lat_1=25 +lat_2=40 +lat_0=34 +lon_0=110``."""

from __future__ import annotations

from pointfuse.errors import InputError
from pointfuse.grid.grid_mapping import EARTH_RADIUS
from pointfuse.grid.projections import LambertConformal, Mercator, PolarStereographic, Projection

_EXPECTED = "expected such as '+proj=lcc +lat_1=25 +lat_2=40 +lat_0=34 +lon_0=110 +R=6370000'"


def parse_projection(text: str) -> Projection:
    """Projection of a PROJ string: ``lcc``, ``stere`` at a pole, or ``merc``, on a sphere.

    Parameters
    ----------
    text : str
        The parameters; ``+R``, or equal ``+a`` and ``+b``, is the radius of the sphere in m,
        6,370,000 by default.

    Raises
    ------
    InputError
        If it cannot be read, or is another projection.
    """
    parameters: dict[str, str] = {}
    for word in text.split():
        name, _, value = word.removeprefix("+").partition("=")
        parameters[name] = value
    kind = parameters.pop("proj", "")
    # These change nothing.
    for name in ("units", "no_defs", "type"):
        parameters.pop(name, None)
    try:
        numbers = {name: float(value) for name, value in parameters.items()}
        radius = numbers.pop("R", numbers.pop("a", EARTH_RADIUS))
        if numbers.pop("b", radius) != radius:
            raise ValueError("an ellipsoid, expected a sphere")
        meridian = numbers.pop("lon_0", 0.0)
        projection = _projection(kind, numbers, meridian, radius)
    except (KeyError, ValueError) as error:
        raise InputError(
            f"the projection '{text}' cannot be used ({error}); {_EXPECTED}"
        ) from error
    if numbers:
        raise InputError(f"the projection '{text}' has {', '.join(numbers)} beside; {_EXPECTED}")
    return projection


def _projection(kind: str, numbers: dict[str, float], meridian: float, radius: float) -> Projection:
    """Takes what it uses out of the numbers."""
    if kind == "lcc":
        first = numbers.pop("lat_1")
        parallels = first, numbers.pop("lat_2", first)
        return LambertConformal(parallels, meridian, numbers.pop("lat_0", first), radius)
    if kind == "stere":
        pole = numbers.pop("lat_0")
        return PolarStereographic(meridian, pole, numbers.pop("lat_ts", pole), radius)
    if kind == "merc":
        return Mercator(meridian, numbers.pop("lat_ts", 0.0), radius)
    raise ValueError(f"+proj is '{kind}', expected lcc, stere or merc")
