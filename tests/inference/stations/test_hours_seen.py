"""Hours of a day that files hold."""

from __future__ import annotations

import zoneinfo
from dataclasses import replace

import numpy as np
import pytest

from pointfuse.basics.timezones import BEIJING, local_hours
from pointfuse.stations.hours_seen import DayHours, warn_of_partial_days
from pointfuse.stations.hours_to_days import daily_table
from pointfuse.stations.observations import Observations, Stations
from pointfuse.stations.reading import DEFAULT_VARIABLES

PARIS = zoneinfo.ZoneInfo("Europe/Paris")
NAN = np.nan


def observed(hours: list[int], day: str = "2019-01-06", **changes: np.ndarray) -> Observations:
    """Daily means of two stations, of which the second lacks the first of the hours."""
    times = np.datetime64(day, "h") + np.array(hours)
    values = np.arange(2.0 * len(hours)).reshape(-1, 2) + 20
    values[0, 1] = NAN
    hourly = Observations(
        Stations(np.array(["A", "B"]), np.array([116.0, 117.0]), np.array([40.0, 40.0])),
        times,
        {"pm25": values, **changes},
    )
    return daily_table([hourly], DEFAULT_VARIABLES, min_hours=1, quality_control=False)


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (list(range(10)), "hours 0 to 9, 10 of 24"),
        ([14, *range(16, 24)], "hours 14 and 16 to 23, 9 of 24"),
        ([0, 1, 5, 7, 8, 23], "hours 0 to 1, 5, 7 to 8 and 23, 6 of 24"),
        ([7], "hour 7, 1 of 24"),
    ],
)
def test_partial_days_are_told_by_their_hours(hours: list[int], text: str) -> None:
    found = DayHours.of(observed(hours), "pm25")
    assert found.partial.tolist() == [True]
    assert found.texts() == [text]
    assert found.count.tolist() == [len(hours)]
    assert found.most.tolist() == [len(hours)]


def test_whole_days_and_daily_means_are_not_partial() -> None:
    whole = DayHours.of(observed(list(range(24))), "pm25")
    assert (whole.partial.tolist(), whole.count.tolist()) == ([False], [24])
    daily = replace(observed([0]), hours=None)
    none = DayHours.of(daily, "pm25")
    assert none.partial.tolist() == [False]
    assert np.isnan(none.count).tolist() == [True]
    assert none.texts() == ["no hours, 0 of 24"]


def test_each_day_has_its_own_hours() -> None:
    # The second day begins 24 hours after the first.
    both = DayHours.of(observed([*range(24), 27, 28]), "pm25")
    assert both.partial.tolist() == [False, True]
    assert both.on_days(slice(1, 2)).texts() == ["hours 3 to 4, 2 of 24"]


def test_an_hour_of_which_all_stations_say_that_there_is_none_is_none() -> None:
    values = np.full((24, 2), 30.0)
    values[20:] = -999
    values[19, 0] = -999
    found = DayHours.of(observed(list(range(24)), pm25=values), "pm25")
    assert found.texts() == ["hours 0 to 19, 20 of 24"]
    assert found.most.tolist() == [20]


def test_days_with_an_hour_less_are_whole_without_it() -> None:
    days = np.array(["2019-03-30", "2019-03-31", "2019-10-27"], "datetime64[D]")
    hours = local_hours(days, PARIS)
    assert hours.sum(axis=1).tolist() == [24, 23, 24]
    assert not hours[1, 2]
    assert local_hours(days, BEIJING).all()
    spring = observed([0, 1, *range(3, 24)], "2019-03-31")
    assert DayHours.of(replace(spring, timezone=PARIS), "pm25").partial.tolist() == [False]
    assert DayHours.of(spring, "pm25").texts() == ["hours 0 to 1 and 3 to 23, 23 of 24"]


def test_of_many_days_the_first_are_named(caplog: pytest.LogCaptureFixture) -> None:
    warn_of_partial_days([(f"2019-01-{day:02}", "hour 7, 1 of 24") for day in range(1, 11)])
    assert len(caplog.messages) == 8
    assert caplog.messages[0] == (
        "2019-01-01 is not whole in the files: hour 7, 1 of 24; its means are of these hours"
    )
    assert caplog.messages[-1] == (
        "3 more days to 2019-01-10 are not whole in the files; the output has the hours of each"
    )
