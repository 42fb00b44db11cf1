"""Names of columns: how people write those of tidy tables and of station lists."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

STATION, LONGITUDE, LATITUDE = "station", "longitude", "latitude"

_OTHER_NAMES = {
    "station": ("site", "station_id", "code"),
    "longitude": ("lon", "lng"),
    "latitude": ("lat",),
    "date": ("day",),
    "time": ("datetime",),
    "pm25": ("pm2.5", "pm2_5", "pm_2.5"),
    "relative_humidity": ("rh",),
    "wind_speed": ("windspeed", "ws"),
}
"""Names of a column besides its own, without regard to case; a blank counts as an underscore."""

WITH_UNIT = re.compile(r"(?P<name>[^\[(]+?)\s*[\[(](?P<unit>.*)[\])]")
"""A header such as ``pm25 [ug m-3]``."""

_WITH_MASS = re.compile(r"(?P<name>\S+)\s+(?P<unit>[mnuµμ]g\s?(/\s?m(3|\^3|³)|m\^?-3|m⁻³))", re.I)
"""A header such as ``PM2.5 ug/m3``."""

_DEGREES = frozenset(
    f"{unit}{of}{side}"
    for unit in ("deg", "degree", "degrees", "°")
    for of in ("", " ", "_")
    for side in ("", "e", "n", "east", "north")
) | {"e", "n"}
_UTC = frozenset({"utc", "gmt", "z"})
_UNITS = {"longitude": _DEGREES, "latitude": _DEGREES, "date": _UTC, "time": _UTC}
"""What may stand behind the name of a column, in small letters."""


def split_unit(header: str) -> tuple[str, str | None]:
    """Name and unit of a header such as ``pm25 [ug m-3]``."""
    match = WITH_UNIT.fullmatch(header) or _WITH_MASS.fullmatch(header)
    return (match["name"], match["unit"]) if match else (header, None)


def own_name(header: str) -> str:
    """The name that a header stands for: ``longitude`` for ``Lon``; itself if it is no such.

    Coordinates may have the unit of degrees behind them, and times UTC.
    """
    name, unit = split_unit(header)
    plain = re.sub(r"[\s_]+", "_", unicodedata.normalize("NFKC", header).strip().casefold())
    bare = re.sub(r"[\s_]+", "_", unicodedata.normalize("NFKC", name).strip().casefold())
    for own, others in _OTHER_NAMES.items():
        has_unit = unit is not None and unit.strip().casefold() in _UNITS.get(own, ())
        if (bare if has_unit else plain) in (own, *others):
            return own
    return header


def plain_name(header: str) -> str:
    """A name of a column without unit, blanks, marks and regard to case: ``pm25`` for ``PM2_5``."""
    name = unicodedata.normalize("NFKC", split_unit(header)[0]).casefold()
    return re.sub(r"[\s_.\-/:]+", "", name)


def positions(header: Sequence[str], name: str) -> list[int]:
    """Where a column stands: under its very name, or else under others that stand for it."""
    exact = [place for place, title in enumerate(header) if title == name]
    return exact or [
        place
        for place, title in enumerate(header)
        if own_name(title) == name or title.casefold() == name
    ]


_OTHER_SEPARATORS = {":": "colons", "^": "carets", "~": "tildes", "  ": "blanks", " ": "blanks"}
_TOLD_BY = 2
"""Names of columns by which it is told what parts them."""


def parted_by(header: Sequence[str]) -> str | None:
    """What parts the columns of a header that is not parted by what is read: blanks, say."""
    if len(header) != 1:
        return None
    for separator, name in _OTHER_SEPARATORS.items():
        parts = [part.strip(" '\"") for part in header[0].split(separator)]
        known = {own_name(part) for part in parts if part}
        if len(known & {*_OTHER_NAMES}) >= _TOLD_BY:
            return name
    return None


class ListLayout(NamedTuple):
    """Columns of a station list: of the code (put together), the place and the city."""

    code: tuple[str, ...]
    longitude: str
    latitude: str
    city: str | None


LIST_LAYOUTS = (
    ListLayout(("监测点编码",), "经度", "纬度", "城市"),  # the list of the Chinese network (CNEMC)
    ListLayout((STATION,), LONGITUDE, LATITUDE, "city"),
    ListLayout(("USAF", "WBAN"), "LON", "LAT", None),  # isd-history.csv
    ListLayout(("城市",), "经度", "纬度", "城市"),
    ListLayout(("city",), LONGITUDE, LATITUDE, "city"),
)


def list_layout(header: Sequence[str]) -> ListLayout | None:
    """Layout of a station list with this header; None if it is not a station list."""
    for layout in LIST_LAYOUTS:
        needed = (*layout.code, layout.longitude, layout.latitude)
        if all(positions(header, name) for name in needed):
            return layout
    return None
