"""Units of time, against cftime where it knows the spelling, and by hand where it does not."""

from __future__ import annotations

import datetime

import cftime
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointfuse.basics.netcdf_files.time_units import calendar_dates, instants, parse_time_units
from pointfuse.errors import InputError

STEPS = {"seconds": 1, "minutes": 60, "hr": 3600, "hours": 3600, "days": 86400, "d": 86400}

moments = st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2100, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)
)
offsets = st.builds(lambda quarters: 15 * quarters, st.integers(-48, 56))


def clock_of(moment: datetime.datetime, text: st.DataObject) -> str:
    return moment.strftime(text.draw(st.sampled_from(["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"])))


@given(moment=moments, offset=offsets, step=st.sampled_from(sorted(STEPS)), data=st.data())
def test_spellings_that_cftime_knows_mean_what_it_says(
    moment: datetime.datetime, offset: int, step: str, data: st.DataObject
) -> None:
    hours, minutes = divmod(abs(offset), 60)
    sign = "-" if offset < 0 else "+"
    zones = [f" {sign}{hours:02}:{minutes:02}", f"{sign}{hours:02}{minutes:02}", " Z", ""]
    zone = data.draw(st.sampled_from(zones))
    units = f"{step} since {clock_of(moment, data)}{zone}"
    numbers = np.array(data.draw(st.lists(st.integers(-40_000, 40_000), min_size=1, max_size=4)))
    expected = cftime.num2date(numbers, units, "standard", only_use_cftime_datetimes=False)
    found = instants(numbers, units)
    assert found.tolist() == [each.replace(tzinfo=None) for each in expected]


@given(moment=moments, offset=offsets, step=st.sampled_from(sorted(STEPS)), data=st.data())
def test_any_spelling_of_an_offset_is_that_offset(
    moment: datetime.datetime, offset: int, step: str, data: st.DataObject
) -> None:
    """Those that cftime drops without a word among them."""
    hours, minutes = divmod(abs(offset), 60)
    sign = data.draw(st.sampled_from(["-", "\N{MINUS SIGN}"])) if offset < 0 else "+"
    name = data.draw(st.sampled_from(["", " ", " UTC", "UTC", " GMT ", " utc"]))
    digits = [f"{hours}:{minutes:02}", f"{hours:02}:{minutes:02}", f"{hours:02}{minutes:02}"]
    digits += [f"{hours}", f"{hours:02}"] if minutes == 0 else []
    units = f"{step} since {clock_of(moment, data)}{name}{sign}{data.draw(st.sampled_from(digits))}"
    (found,) = instants(np.array([3.0]), units).tolist()
    assert found == moment + datetime.timedelta(seconds=3 * STEPS[step], minutes=-offset)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019-01-06 00:00:00 +8:00", "2019-01-05T16:00:00"),
        ("2019-01-06 00:00:00 UTC+8", "2019-01-05T16:00:00"),
        ("2019-01-06 00:00:00 +08:00:00", "2019-01-05T16:00:00"),
        ("2019-01-06 00:00 -3:30", "2019-01-06T03:30:00"),
        ("2019-01-06 00:00:00 8:00", "2019-01-05T16:00:00"),  # as UDUNITS: east without a sign
        ("1800-1-1 00:00:0.0 0:00", "1800-01-01T00:00:00"),
        ("2019-01-06 12 UTC", "2019-01-06T12:00:00"),
        ("20190106T083000+08", "2019-01-06T00:30:00"),
        ("2019-01-06T12:00:30.75Z", "2019-01-06T12:00:31"),
        ("2019-01-06_12:00:00", "2019-01-06T12:00:00"),
        ("2019-1-6", "2019-01-06T00:00:00"),
        ("1-1-1", "0001-01-01T00:00:00"),
        ("2019-01-06 UTC", "2019-01-06T00:00:00"),
        ("1950", "1950-01-01T00:00:00"),
    ],
)
def test_forms_of_people(text: str, expected: str) -> None:
    assert str(instants(np.array([0.0]), f"hours since {text}")[0]) == expected


@pytest.mark.parametrize(
    "units",
    [
        "hours since 2019-01-06 00:00:00 CST",
        "hours since 2019-01-06 00:00:00 Asia/Shanghai",
        "hours since 2019-01-06 00:00:00 +08:00 (CST)",
        "hours since 2019-01-06 00:00:00 +8.5",
        "hours since 2019-01-06 00:00:00 +15:00",
        "hours since 2019-01-06 00:00:00 +08:75",
        "hours since 2019-01-06 00:00:00 UTC 8",
        # A clock to UDUNITS, a zone to others.
        "hours since 2019-01-06 +08:00",
        "hours since 2019-01-06 24:00:00",
        "hours since 2019-01-06 00:61:00",
        "hours since 2019-02-30",
        "hours since 0000-01-01",
        "months since 2019-01-01",
        "hours after noon",
        "fortnights",
        "",
    ],
)
def test_whatever_is_not_understood_is_refused_with_its_text(units: str) -> None:
    with pytest.raises(InputError) as caught:
        instants(np.array([0.0]), units)
    message = str(caught.value)
    assert f"'{units}'" in message
    assert "\n" not in message
    assert len(message) < 300


@given(st.text(max_size=40))
def test_nothing_behind_the_clock_is_dropped(tail: str) -> None:
    """Either the text changes the instant, or it is one of those that say Greenwich, or refused."""
    try:
        (found,) = instants(np.array([0.0]), f"hours since 2019-01-06 00:00:00{tail}").tolist()
    except InputError:
        return
    greenwich = tail.strip().lower() in {"", "z", "utc", "gmt", "ut", ".", "\0"}
    signed = set(tail) & set("0123456789")
    assert greenwich or signed or not tail.strip(" \0\t\r\n_.")
    assert abs(found - datetime.datetime(2019, 1, 6)) <= datetime.timedelta(hours=14, seconds=1)


def test_what_is_no_time_is_missing() -> None:
    numbers = np.ma.masked_equal([0.0, np.nan, np.inf, 1e300, -999.0, 24.0], -999.0)
    found = instants(numbers.reshape(2, 3), "hours since 2019-01-06 00:00:00 +8")
    assert found.shape == (2, 3)
    assert found.ravel()[[0, 5]].astype(str).tolist() == [
        "2019-01-05T16:00:00",
        "2019-01-06T16:00:00",
    ]
    assert np.isnat(found.ravel()[1:5]).all()


def test_calendars() -> None:
    """Dates of models are dates to draw, and no instants."""
    for calendar in ("standard", "Gregorian", "proleptic_gregorian", ""):
        assert str(instants(np.array([59.0]), "days since 2019-01-01", calendar)[0])[:10] == (
            "2019-03-01"
        )
    for calendar in ("noleap", "360_day", "julian", "none", "lunar"):
        with pytest.raises(InputError, match=f"in the calendar '{calendar}'; expected a civil"):
            instants(np.array([0.0]), "days since 2019-01-01", calendar)
    (date,) = calendar_dates(np.array([59.5]), "days since 2020-01-01 00:00 +12:00", "noleap")
    assert date.isoformat() == "2020-03-01T00:00:00"
    units = "days since 2020-01-01 00:00 +12:00"
    (date,) = calendar_dates(np.array([59.5]), units, "noleap", local=True)
    assert date.isoformat() == "2020-03-01T12:00:00"
    with pytest.raises(InputError, match="in the calendar 'lunar' are not understood"):
        calendar_dates(np.array([0.0]), "days since 2019-01-01", "lunar")


def test_parts_of_units() -> None:
    units = parse_time_units("minutes since 2019-01-06 01:00:00 -02:00")
    assert (units.step, units.day) == (60.0, "2019-01-06")
    assert (units.shift, units.zone) == (3 * 3600.0, -2 * 3600.0)
