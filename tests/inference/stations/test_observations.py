"""Daily means and merging, against numbers worked out by hand."""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np
import pytest

from pointfuse.basics.timezones import BEIJING
from pointfuse.errors import InputError
from pointfuse.stations.daily_means import daily_means
from pointfuse.stations.merging import merge, warn_of_moved_stations
from pointfuse.stations.observations import Observations, SourceFile, Stations


def observations(
    times: list[str],
    codes: list[str],
    values: dict[str, list[list[float]]],
    unit: str = "D",
    places: list[tuple[float, float]] | None = None,
) -> Observations:
    longitude, latitude = np.array(places or [(100.0, 30.0)] * len(codes), float).T
    return Observations(
        Stations(np.array(codes), longitude, latitude),
        np.array(times, f"datetime64[{unit}]"),
        {name: np.array(table, float) for name, table in values.items()},
        BEIJING,
        (SourceFile(f"{codes[0]}.csv", "tidy", len(codes), len(times)),),
    )


def hourly_day(valid: int) -> Observations:
    """A day of the values 0 to 23, of which the first `valid` hours are there."""
    hours = [f"2019-01-06T{hour:02}" for hour in range(24)]
    table = [[float(hour) if hour < valid else np.nan] for hour in range(24)]
    return observations(hours, ["A"], {"pm25": table}, unit="h")


@pytest.mark.parametrize(
    ("valid", "min_hours", "mean"), [(18, 18, 8.5), (17, 18, np.nan), (17, 17, 8.0), (24, 24, 11.5)]
)
def test_a_day_needs_enough_hours(valid: int, min_hours: int, mean: float) -> None:
    daily = daily_means(hourly_day(valid), min_hours)
    assert not daily.hourly
    np.testing.assert_array_equal(daily.times, np.array(["2019-01-06"], "datetime64[D]"))
    np.testing.assert_array_equal(daily.values["pm25"], [[mean]])


def test_days_are_averaged_apart() -> None:
    hours = ["2019-01-06T22", "2019-01-06T23", "2019-01-07T00"]
    table = {"pm25": [[1.0, np.nan], [3.0, 8.0], [10.0, np.nan]]}
    daily = daily_means(observations(hours, ["A", "B"], table, unit="h"), min_hours=1)
    np.testing.assert_array_equal(daily.values["pm25"], [[2.0, 8.0], [10.0, np.nan]])


@pytest.mark.parametrize("min_hours", [0, 25, -3])
def test_impossible_number_of_hours_is_refused(min_hours: int) -> None:
    with pytest.raises(InputError, match=f"1 to 24 valid hours, got {min_hours}"):
        daily_means(hourly_day(24), min_hours)


def test_merge_joins_networks_that_do_not_coincide() -> None:
    air = observations(["2019-01-06", "2019-01-07"], ["A"], {"pm25": [[10.0], [20.0]]})
    weather = observations(["2019-01-07"], ["W"], {"wind_speed": [[0.0]]}, places=[(101.0, 31.0)])
    both = merge([air, weather])
    assert both.stations.code.tolist() == ["A", "W"]
    assert both.stations.longitude.tolist() == [100.0, 101.0]
    np.testing.assert_array_equal(both.values["pm25"], [[10.0, np.nan], [20.0, np.nan]])
    np.testing.assert_array_equal(both.values["wind_speed"], [[np.nan, np.nan], [np.nan, 0.0]])
    assert [file.name for file in both.files] == ["A.csv", "W.csv"]


def test_merge_sorts_times_and_keeps_one_station_for_one_place() -> None:
    late = observations(["2019-01-07"], ["A"], {"pm25": [[20.0]]})
    early = observations(["2019-01-06"], ["A"], {"pm25": [[10.0]]})
    both = merge([late, early])
    assert both.stations.code.tolist() == ["A"]
    np.testing.assert_array_equal(both.values["pm25"], [[10.0], [20.0]])


def test_the_same_value_in_two_units_is_no_contradiction() -> None:
    first = observations(["2019-01-06"], ["A"], {"pm25": [[64.1]]})
    second = observations(["2019-01-06"], ["A"], {"pm25": [[0.0641 * 1000 * (1 + 1e-15)]]})
    assert merge([first, second]).values["pm25"][0, 0] == pytest.approx(64.1, rel=1e-12)


def test_same_code_elsewhere_is_another_station_aloud(caplog: pytest.LogCaptureFixture) -> None:
    here = observations(["2019-01-06"], ["A"], {"pm25": [[10.0]]})
    there = observations(["2019-01-06"], ["A"], {"pm25": [[20.0]]}, places=[(110.0, 30.0)])
    both = merge([here, there])
    assert len(both.stations) == 2
    warn_of_moved_stations(both.stations)
    assert caplog.messages == [
        "1 codes stand at several places, each taken as a station of its own: A"
    ]


def test_stations_without_coordinates_are_the_same_by_code() -> None:
    unknown = [(np.nan, np.nan)]
    first = observations(["2019-01-06"], ["A"], {"pm25": [[10.0]]}, places=unknown)
    second = observations(["2019-01-07"], ["A"], {"pm25": [[20.0]]}, places=unknown)
    merged = merge([first, second])
    assert len(merged.stations) == 1
    np.testing.assert_array_equal(merged.values["pm25"], [[10.0], [20.0]])


def test_merge_takes_a_value_given_twice_and_refuses_two_values() -> None:
    first = observations(["2019-01-06"], ["A"], {"pm25": [[10.0]]})
    np.testing.assert_array_equal(merge([first, first]).values["pm25"], [[10.0]])
    other = observations(["2019-01-06"], ["A"], {"pm25": [[11.0]]})
    with pytest.raises(InputError, match=r"station A has two values of pm25 .* 10 and 11"):
        merge([first, other])


@pytest.mark.parametrize(
    ("times", "table", "message"),
    [
        (["2019-01-07", "2019-01-06"], [[1.0], [2.0]], "expected times that increase"),
        (["2019-01-06", "2019-01-06"], [[1.0], [2.0]], "expected times that increase"),
        (["0001-01-01"], [[1.0]], "A.csv: expected times from 1900-01-01 to 2200-01-01, got 0001"),
        (["9999-12-31"], [[1.0]], "expected times from 1900-01-01"),
        (["NaT"], [[1.0]], "expected times from 1900-01-01"),
        (["2019-01-06"], [[1.0, 2.0]], r"pm25 with the shape \(time, station\) = \(1, 1\), got"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    times: list[str], table: list[list[float]], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        observations(times, ["A"], {"pm25": table})


def test_times_in_other_units_and_lists_of_other_lengths_are_refused() -> None:
    with pytest.raises(InputError, match="expected times in hours or days, got datetime64"):
        observations(["2019-01-06"], ["A"], {}, unit="s")
    with pytest.raises(InputError, match="as many longitudes and latitudes as station codes"):
        Stations(np.array(["A", "B"]), np.array([1.0]), np.array([1.0]))


def test_between_includes_both_ends() -> None:
    days = ["2019-01-05", "2019-01-06", "2019-01-07"]
    all_days = observations(days, ["A"], {"pm25": [[1.0], [2.0], [3.0]]})
    sixth = np.datetime64("2019-01-06")
    np.testing.assert_array_equal(all_days.between(sixth, None).values["pm25"], [[2.0], [3.0]])
    np.testing.assert_array_equal(all_days.between(None, sixth).values["pm25"], [[1.0], [2.0]])
    np.testing.assert_array_equal(all_days.between(sixth, sixth).values["pm25"], [[2.0]])


def test_lists_are_taken_for_arrays_and_masked_values_are_missing() -> None:
    masked = np.ma.masked_equal([[-999.0, 5.0]], -999.0)
    found = Observations(
        Stations(["A", "B"], [105, 106], [36, 37]),  # type: ignore[arg-type]
        ["2019-01-06"],  # type: ignore[arg-type]
        {"pm25": masked},
    )
    np.testing.assert_array_equal(found.values["pm25"], [[np.nan, 5.0]])
    assert found.stations.longitude.dtype == np.float64
    assert not found.hourly


def test_equality_is_by_value() -> None:
    places = [(100.0, 30.0), (np.nan, np.nan)]
    one, same = (
        observations(["2019-01-06"], ["A", "B"], {"pm25": [[1.0, np.nan]]}, places=places)
        for _ in range(2)
    )
    assert one == same
    assert one.stations == same.stations
    assert one == replace(same, files=())
    assert one != "observations"
    assert one.stations != ["A", "B"]
    for other in (
        observations(["2019-01-07"], ["A", "B"], {"pm25": [[1.0, np.nan]]}, places=places),
        observations(["2019-01-06"], ["A", "C"], {"pm25": [[1.0, np.nan]]}, places=places),
        observations(["2019-01-06"], ["A", "B"], {"pm25": [[1.0, 2.0]]}, places=places),
        observations(["2019-01-06"], ["A", "B"], {"no2": [[1.0, np.nan]]}, places=places),
        observations(["2019-01-06"], ["A", "B"], {"pm25": [[1.0, np.nan]]}),
        replace(same, hours=same),
        replace(same, timezone=datetime.UTC),
        replace(same, reasons={"pm25": np.zeros((1, 2), np.uint8)}),
        observations(["2019-01-06T00"], ["A", "B"], {"pm25": [[1.0, np.nan]]}, "h", places),
    ):
        assert one != other
    for unhashable in (one, one.stations):
        with pytest.raises(TypeError, match="unhashable"):
            hash(unhashable)


def test_a_text_of_observations_is_short() -> None:
    days = ["2019-01-06", "2019-01-07"]
    table = [[1.0, np.nan, 3.5, 4.0]] * 2
    values = {
        "pm25": table,
        "wind_speed": table,
        "no2": [[np.nan] * 4] * 2,
        "o3": table,
        "co": table,
    }
    places = [(100.0, 30.0), (101.5, 31.25), (102.0, 30.0), (np.nan, np.nan)]
    found = observations(days, list("ABCD"), values, places=places)
    assert repr(found) == (
        "<Observations of 4 stations on 2 days, 2019-01-06 to 2019-01-07 (Asia/Shanghai)\n"
        "  pm25: 6 of 8 values, 1 to 4\n"
        "  wind_speed: 6 of 8 values, 1 to 4\n"
        "  no2: 0 of 8 values\n"
        "  and 2 more variables>"
    )
    assert repr(found.stations) == (
        "<Stations: 4 (A, B, C, ...), longitude 100 to 102, latitude 30 to 31.25, 1 without "
        "coordinates>"
    )
    nothing = found.at_times(slice(0, 0)).at_stations(np.zeros(4, bool))
    assert repr(nothing.stations) == "<Stations: 0 ()>"
    assert repr(nothing).startswith("<Observations of 0 stations on 0 days\n")
