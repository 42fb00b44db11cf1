from __future__ import annotations

import datetime

import numpy as np
import pytest

from pointfuse.basics.timezones import BEIJING, parse_timezone, utc_midnights, zone_name
from pointfuse.basics.units import conversion_factor, typeset_units
from pointfuse.errors import InputError


@pytest.mark.parametrize(
    ("given", "wanted", "factor"),
    [
        # The micro sign U+00B5 and the Greek letter U+03BC.
        ("\u00b5g/m\u00b3", "ug m-3", 1.0),
        ("\u03bcg m-3", "ug m-3", 1.0),
        ("ug/m3", "ug m-3", 1.0),
        (" UG / M^3 ", "ug m-3", 1.0),
        ("ug m**-3", "ug m-3", 1.0),
        ("mg/m3", "ug m-3", 1000.0),
        ("kg m-3", "ug m-3", 1e9),
        ("%", "%", 1.0),
        ("1", "%", 100.0),
        ("m/s", "m s-1", 1.0),
        ("m s\u207b\u00b9", "m s-1", 1.0),
        ("km/h", "m s-1", 1 / 3.6),
        # By definition 1852 m an hour, and 1609.344 m an hour.
        ("knots", "m s-1", 0.514444444),
        ("mph", "m s-1", 0.44704),
        # A unit without a table of its own is itself alone.
        ("ppb", "ppb", 1.0),
    ],
)
def test_factor(given: str, wanted: str, factor: float) -> None:
    assert conversion_factor("x", given, wanted) == pytest.approx(factor, rel=1e-9)


@pytest.mark.parametrize(
    ("given", "wanted"), [("ppm", "ug m-3"), ("m/s", "%"), ("", "m s-1"), ("ug/m2", "ug m-3")]
)
def test_foreign_units_are_refused_with_what_was_expected(given: str, wanted: str) -> None:
    with pytest.raises(InputError, match=rf"the unit '{given}' of pm25 .* expected one of"):
        conversion_factor("pm25", given, wanted)


@pytest.mark.parametrize("name", ["Asia/Shanghai", "UTC", "+05:30", "-0330", "Europe/Paris"])
def test_zone_keeps_its_name(name: str) -> None:
    zone = parse_timezone(name)
    assert zone_name(zone) == name
    assert zone_name(parse_timezone(zone_name(zone))) == name


def test_a_nameless_offset_is_found_again() -> None:
    zone = datetime.timezone(datetime.timedelta(hours=5))
    assert parse_timezone(zone_name(zone)).utcoffset(None) == datetime.timedelta(hours=5)


def test_default_zone_needs_no_database() -> None:
    assert parse_timezone("Asia/Shanghai") is BEIJING
    assert BEIJING.utcoffset(None) == datetime.timedelta(hours=8)


@pytest.mark.parametrize("name", ["Asia/Atlantis", "", "+8", "+25:00", "../etc/passwd", "\0"])
def test_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"time zone .* is not known here; expected"):
        parse_timezone(name)


def test_midnights_follow_daylight_saving_time() -> None:
    days = np.array(["2019-03-30", "2019-03-31", "2019-04-01"], "datetime64[D]")
    # Paris moved from UTC+1 to UTC+2 in the night to 31 March 2019, at 2:00.
    expected = ["2019-03-29T23", "2019-03-30T23", "2019-03-31T22"]
    got = utc_midnights(days, parse_timezone("Europe/Paris"))
    np.testing.assert_array_equal(got, np.array(expected, "datetime64[s]"))


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ("ug m-3", "µg\N{NO-BREAK SPACE}m⁻³"),
        ("mg m-3", "mg\N{NO-BREAK SPACE}m⁻³"),
        ("1e-9", "ppb"),
        ("m s-1", "m s-1"),
        ("%", "%"),
    ],
)
def test_units_as_people_read_them(units: str, expected: str) -> None:
    assert typeset_units(units) == expected
