"""Hours of stations: which there are, what is known of them, and where they begin."""

from __future__ import annotations

import datetime
import zoneinfo
from pathlib import Path

import numpy as np
import pytest

from pointfuse import InputError, Observations, Stations, read_stations
from pointfuse.basics.timezones import BEIJING
from pointfuse.stations.all_hours import hours_between, hours_end, stamped, warn_of_hours
from pointfuse.stations.observations import SourceFile
from pointfuse.stations.quality.reasons import Reason

PARIS = zoneinfo.ZoneInfo("Europe/Paris")


def hours(*texts: str) -> np.ndarray:
    return np.array(texts, "datetime64[h]")


def test_every_hour_of_a_day_that_was_read() -> None:
    found = hours_between(hours("2019-01-06T03", "2019-01-06T06", "2019-01-08T01"), BEIJING)
    # The 7th was not read at all, and ends are where the files end.
    assert found[0] == np.datetime64("2019-01-06T03")
    assert found[-1] == np.datetime64("2019-01-08T01")
    days, count = np.unique(found.astype("datetime64[D]"), return_counts=True)
    assert days.astype(str).tolist() == ["2019-01-06", "2019-01-08"]
    assert count.tolist() == [21, 2]


def test_an_hour_that_clocks_leave_out_is_no_gap() -> None:
    found = hours_between(hours("2019-03-31T00", "2019-03-31T23"), PARIS)
    assert len(found) == 23
    assert np.datetime64("2019-03-31T02") not in found


def test_days_alone_have_no_hours(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,50\n")
    with pytest.raises(InputError, match="there are no hourly values in the period"):
        read_stations(path, hourly=True)


def tidy(tmp_path: Path, values: dict[int, object]) -> Path:
    """PM2.5 of one station in some hours of a day."""
    path = tmp_path / "h.csv"
    rows = [
        f"A,105,36,2019-01-06T{hour:02}:00:00+08:00,{value}\n" for hour, value in values.items()
    ]
    path.write_text("station,longitude,latitude,time,pm25\n" + "".join(rows))
    return path


def test_gaps_are_missing(tmp_path: Path) -> None:
    found = read_stations(tidy(tmp_path, {0: 10, 1: 11, 4: 12, 23: -5}), hourly=True)
    assert found.hourly
    assert len(found.times) == 24
    values, reasons = found.values["pm25"][:, 0], found.reasons["pm25"][:, 0]
    assert values[[0, 1, 4]].tolist() == [10, 11, 12]
    assert np.isnan(values[[2, 3, *range(5, 23)]]).all()
    assert set(reasons[[2, 3, *range(5, 23)]].tolist()) == {Reason.NO_VALUE}
    assert reasons[23] == Reason.OUT_OF_RANGE


def test_a_statistic_of_days_has_no_hours(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"o3_mda8 is the .* which no hour has; .* o3 by hour"):
        read_stations(tidy(tmp_path, {0: 1}), variables=["o3_mda8"], hourly=True)


def test_hours_are_not_provisional(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="partial=True is for days"):
        read_stations(tidy(tmp_path, {0: 1}), hourly=True, partial=True)


def part(file: SourceFile, name: str = "pm25", *, hourly: bool = True) -> Observations:
    places = Stations(np.array(["A"]), np.array([105.0]), np.array([36.0]))
    times = np.array(["2019-01-06"], "datetime64[h]" if hourly else "datetime64[D]")
    return Observations(places, times, {name: np.ones((1, 1))}, files=(file,))


def test_networks_whose_hours_differ_are_told(caplog: pytest.LogCaptureFixture) -> None:
    ends = SourceFile("china.csv", "cnemc", 1, 24, hours_end=True)
    begins = SourceFile("table.csv", "tidy", 1, 24)
    assert not hours_end([begins])
    assert hours_end([begins, ends])
    # Weather, and days, are no hours of a pollutant.
    weather, days = part(begins, "wind_speed"), part(begins, hourly=False)
    assert stamped([part(ends), weather, days]) == {True: "china.csv"}
    warn_of_hours(stamped([part(ends), weather, days]), BEIJING)
    assert not caplog.records
    warn_of_hours(stamped([part(ends), part(begins)]), BEIJING)
    assert "hours of china.csv end at their times, those of table.csv begin there" in caplog.text


def test_hours_of_a_zone_between_hours_are_told(caplog: pytest.LogCaptureFixture) -> None:
    warn_of_hours({False: "a.csv"}, PARIS)
    assert not caplog.records
    warn_of_hours({False: "a.csv"}, zoneinfo.ZoneInfo("Asia/Kolkata"))
    assert "the time zone Asia/Kolkata is not a whole number of hours from UTC" in caplog.text


def test_the_chinese_network_stamps_the_end(tmp_path: Path) -> None:
    rows = "".join(f"20190106,{hour},PM2.5,{10 + hour}\n" for hour in range(24))
    path, places = tmp_path / "c.csv", tmp_path / "list.csv"
    path.write_text("date,hour,type,1001A\n" + rows)
    places.write_text("code,name,city,longitude,latitude\n1001A,x,y,105,36\n")
    found = read_stations(path, stations=places, hourly=True)
    assert hours_end(found.files)
    assert found.values["pm25"][:, 0].tolist() == [*range(10, 34)]
    assert found.timezone.utcoffset(datetime.datetime(2019, 1, 6)) == datetime.timedelta(hours=8)
