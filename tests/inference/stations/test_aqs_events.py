"""Exceptional events in the daily files of AQS: which of several means is taken."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from pointfuse.stations.reading import read_stations

Write = Callable[[str, str | bytes], Path]

HEADER = (
    "State Code,County Code,Site Num,Parameter Code,POC,Latitude,Longitude,Sample Duration,"
    "Date Local,Units of Measure,Event Type,Observation Percent,Arithmetic Mean\n"
)


def row(event: str, mean: float | str, *, site: int = 1, duration: str = "24 HOUR") -> str:
    return (
        f"99,001,{site},88101,1,33.5,-86.{site},{duration},2016-01-15,"
        f"Micrograms/cubic meter (LC),{event},100,{mean}\n"
    )


WITH = ("Included", "Events Included", "Concurred Events Included", "EVENTS  INCLUDED")
NONE = ("None", "No Events", "")
WITHOUT = ("Excluded", "Events Excluded", "Concurred Events Excluded", "concurred events excluded")
STRANGE = ("Events Pending", "Included?", "Zebra")
RANKED = [WITH, NONE, WITHOUT, STRANGE]


@pytest.mark.parametrize(("better", "worse"), [*itertools.combinations(range(4), 2)])
def test_the_order_of_the_rows_does_not_matter(write: Write, better: int, worse: int) -> None:
    for first, second in itertools.product(RANKED[better], RANKED[worse]):
        for rows in itertools.permutations([row(first, 60), row(second, 12)]):
            observations = read_stations(write("daily.csv", HEADER + "".join(rows)))
            assert observations.values["pm25"].tolist() == [[60.0]], (first, second)


def test_nor_among_several_of_one_kind(write: Write) -> None:
    rows = [row("Zebra", 5), row("Events Pending", 7), row("Events Pending", 6, duration="X")]
    for order in itertools.permutations(rows):
        observations = read_stations(write("daily.csv", HEADER + "".join(order)))
        assert observations.values["pm25"].tolist() == [[7.0]]


def test_what_is_taken_for_want_of_others_is_said_once(write: Write) -> None:
    rows = [row("Events Excluded", 12, site=1), row("Events Excluded", 13, site=2)]
    rows += [row("Events Pending", 7, site=3), row("Zebra", 8, site=4)]
    rows += [row("Events Excluded", 1, site=5), row("Events Included", 50, site=5)]
    observations = read_stations(write("daily.csv", HEADER + "".join(rows)))
    assert observations.values["pm25"].tolist() == [[12.0, 13.0, 7.0, 8.0, 50.0]]
    assert observations.files[0].remarks[2:] == (
        "2 daily means without exceptional events used, because there are no others",
        "2 daily means with an Event Type that is not known, 'Events Pending', 'Zebra', "
        "used for want of others",
    )


def test_a_missing_value_gives_way_to_any_other(write: Write) -> None:
    rows = [row("Events Included", ""), row("Zebra", 9)]
    for order in itertools.permutations(rows):
        observations = read_stations(write("daily.csv", HEADER + "".join(order)))
        assert observations.values["pm25"].tolist() == [[9.0]]


def test_a_strange_type_is_named_where_another_is_used(write: Write) -> None:
    rows = [row("Zebra", 99), row("None", 10), row("Zebra", 98, site=2), row("None", 11, site=2)]
    for order in (rows, rows[::-1]):
        observations = read_stations(write("daily.csv", HEADER + "".join(order)))
        assert sorted(observations.values["pm25"][0].tolist()) == [10.0, 11.0]
        said = [remark for remark in observations.files[0].remarks if "Zebra" in remark]
        assert said == [
            "daily means with an Event Type that is not known, 'Zebra', not used beside others"
        ]
