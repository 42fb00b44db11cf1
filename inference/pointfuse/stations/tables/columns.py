"""Names of columns: how people write those of tidy tables and of station lists."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

STATION, LONGITUDE, LATITUDE = "station", "longitude", "latitude"

_OTHER_NAMES = {
    "station": (
        *("site", "station_id", "stationid", "station_code", "stationcode"),
        *("site_id", "siteid", "site_code", "sitecode", "code"),
        *("station_name", "stationname", "site_name", "sitename"),
    ),
    "longitude": ("lon", "lng", "long"),
    "latitude": ("lat",),
    "date": ("day",),
    "time": ("datetime", "date_time", "date/time", "timestamp"),
    "pm25": ("pm2.5", "pm2_5", "pm_2.5", "pm_2_5", "pm2p5"),
    "o3_mda8": ("o3_8h_max", "o3_max_8h", "mda8", "mda8_o3", "ozone_mda8"),
    "relative_humidity": ("rh", "humidity", "rel_humidity", "relhum"),
    "wind_speed": ("windspeed", "ws", "wspd"),
}
"""Names of a column besides its own, without regard to case; a blank counts as an underscore."""

_LONG_NAMES = frozenset({"station_name", "stationname", "site_name", "sitename"})
"""What a station is called, which tells stations apart only where nothing else does."""

WITH_UNIT = re.compile(r"(?P<name>[^\[(]+?)\s*[\[(](?P<unit>.*)[\])]")
"""A header such as ``pm25 [ug m-3]``."""

_WITH_MASS = re.compile(
    r"(?P<name>\S+?)[\s_]+(?P<unit>[mnuµμ]g[\s_]?(/\s?m(3|\^3|³)|m\^?-?3|m⁻³))", re.IGNORECASE
)
"""A header such as ``PM2.5 ug/m3`` or ``pm25_ug_m3``."""

_WITH_ZONE = re.compile(
    r"(?P<name>(date_?)?time(stamp)?|date)[\s_]+(?P<unit>utc|gmt)", re.IGNORECASE
)
"""A header such as ``datetime_utc``."""

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
    ways = WITH_UNIT, _WITH_MASS, _WITH_ZONE
    match = next((found for way in ways if (found := way.fullmatch(header))), None)
    return (match["name"], match["unit"]) if match else (header, None)


def own_name(header: str) -> str:
    """The name that a header stands for: ``longitude`` for ``Lon``; itself if it is no such.

    Coordinates may have the unit of degrees behind them, and times UTC.
    """
    name, unit = split_unit(header)
    plain, bare = _joined(header), _joined(name)
    for own, others in _OTHER_NAMES.items():
        has_unit = unit is not None and unit.strip().casefold() in _UNITS.get(own, ())
        if (bare if has_unit else plain) in (own, *others):
            return own
    return header


def _joined(name: str) -> str:
    """A name in small letters, with underscores for blanks."""
    return re.sub(r"[\s_]+", "_", unicodedata.normalize("NFKC", name).strip().casefold())


def plain_name(header: str) -> str:
    """A name of a column without unit, blanks, marks and regard to case: ``pm25`` for ``PM2_5``."""
    name = unicodedata.normalize("NFKC", split_unit(header)[0]).casefold()
    return re.sub(r"[\s_.\-/:]+", "", name)


def positions(header: Sequence[str], name: str) -> list[int]:
    """Where a column stands: under its very name, or else under others that stand for it."""
    exact = [place for place, title in enumerate(header) if title == name]
    if exact:
        return exact
    others = [
        place
        for place, title in enumerate(header)
        if own_name(title) == name or title.casefold() == name
    ]
    return [place for place in others if _joined(header[place]) not in _LONG_NAMES] or others


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
    """Columns of a station list: of the code (put together), the place and the city.

    Parameters
    ----------
    code : tuple of str
        Columns of the code, put together.
    longitude, latitude : str
        Columns of the place.
    city : str or None
        Column of the city.
    also : str or None
        Column of other codes that stand for the same place.
    """

    code: tuple[str, ...]
    longitude: str
    latitude: str
    city: str | None
    also: str | None = None


LIST_LAYOUTS = (
    ListLayout(("监测点编码",), "经度", "纬度", "城市"),  # the list of the Chinese network (CNEMC)
    ListLayout(("USAF", "WBAN"), "LON", "LAT", None),  # isd-history.csv
    # Of the EEA: the stations, and what measures at them; two headers are around.
    ListLayout(("AirQualityStationEoICode",), LONGITUDE, LATITUDE, None, "SamplingPoint"),
    ListLayout(("Air Quality Station EoI Code",), LONGITUDE, LATITUDE, None, "Sampling Point Id"),
    ListLayout(("AQSID",), LONGITUDE, LATITUDE, None, "FullAQSID"),  # of AirNow
    ListLayout((STATION,), LONGITUDE, LATITUDE, "city"),
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
