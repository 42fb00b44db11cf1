"""What a request asks for, from its query."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass

import numpy as np
from starlette.exceptions import HTTPException

from pointfuse.basics.timezones import parse_period, parse_timezone
from pointfuse.errors import InputError
from pointfuse.service.settings import Settings

NAMES = ("variable", "days", "timezone", "min_hours", "hourly", "partial", "name")
"""What a request may ask for."""


@dataclass(frozen=True)
class Asked:
    """What is wanted of the posted stations.

    Parameters
    ----------
    variable : str, optional
        What to fuse; the only pollutant of the files, or the default of the service.
    days : str, optional
        First and last day, such as 2019-01-01:2019-01-31.
    timezone : str
        Time zone of the days.
    min_hours : int
        Valid hours that make a daily mean.
    hourly, partial : bool
        Whether to fuse hours, and whether a last day that is not over counts as what it is.
    name : str
        Name of the file, by which some formats are known.
    """

    variable: str | None
    days: str | None
    timezone: str
    min_hours: int
    hourly: bool
    partial: bool
    name: str

    @classmethod
    def of(cls, query: Mapping[str, str], settings: Settings) -> Asked:
        """What a query asks for.

        Raises
        ------
        HTTPException
            400, if it cannot be understood.
        """
        check_names(query, NAMES)
        asked = cls(
            query.get("variable") or None,
            query.get("days") or None,
            query.get("timezone", settings.timezone),
            _hours(query.get("min_hours"), settings.min_hours),
            flag(query, "hourly"),
            flag(query, "partial"),
            query.get("name", ""),
        )
        offered = settings.models
        if asked.variable is not None and asked.variable not in offered:
            raise HTTPException(
                400,
                f"expected a variable that this service fuses ({', '.join(offered)}), got "
                f"'{asked.variable}'; start it with --variable {asked.variable} if there is such a "
                "model",
            )
        if asked.hourly and asked.partial:
            raise HTTPException(400, "partial is for days; hourly fuses the hours that there are")
        try:
            parse_timezone(asked.timezone)
            parse_period(asked.days or "")
        except InputError as error:
            raise HTTPException(400, str(error)) from error
        return asked

    @property
    def period(self) -> tuple[np.datetime64 | None, np.datetime64 | None]:
        """First and last day; open where None."""
        return parse_period(self.days or "")

    @property
    def call(self) -> str:
        """The request, for the history of a file."""
        given = {name: value for name, value in asdict(self).items() if value}
        return "serve: " + ", ".join(f"{name} {value}" for name, value in given.items())

    def address(self, body: bytes, fingerprint: bytes) -> str:
        """What fields are known by: a hash of all that they are made of.

        Parameters
        ----------
        body : bytes
            What was posted.
        fingerprint : bytes
            What the service is started with.
        """
        wanted = json.dumps(asdict(self)).encode()
        parts = (hashlib.sha256(part).digest() for part in (fingerprint, wanted, body))
        return hashlib.sha256(b"".join(parts)).hexdigest()[:32]


def check_names(query: Mapping[str, str], known: Collection[str]) -> None:
    """Make sure that a query holds nothing but known names, so that no wish is passed over.

    Raises
    ------
    HTTPException
        400, if it does.
    """
    if strange := [name for name in query if name not in known]:
        raise HTTPException(
            400,
            f"'{strange[0]}' is no parameter of this address; expected "
            f"{', '.join(known) or 'none'}",
        )


def flag(query: Mapping[str, str], name: str) -> bool:
    """A parameter that is yes or no.

    Raises
    ------
    HTTPException
        400, if it is neither.
    """
    value = query.get(name, "false").casefold()
    if value not in ("true", "false", "1", "0"):
        raise HTTPException(400, f"expected {name}=true or {name}=false, got '{value}'")
    return value in ("true", "1")


def number(query: Mapping[str, str], name: str, low: float, high: float) -> float:
    """A parameter that is a number between two others.

    Raises
    ------
    HTTPException
        400, if it is none, or lies outside.
    """
    try:
        value = float(query[name])
    except (KeyError, ValueError):
        value = np.nan
    if not low <= value <= high:
        raise HTTPException(
            400, f"expected {name} from {low:g} to {high:g}, got '{query.get(name, '')}'"
        )
    return value


def _hours(text: str | None, usual: int) -> int:
    if text is None:
        return usual
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 24):
        raise HTTPException(400, f"expected min_hours from 1 to 24, got '{text}'")
    return int(text)
