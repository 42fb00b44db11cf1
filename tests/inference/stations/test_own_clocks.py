"""Days by the clock of each station."""

from __future__ import annotations

import pickle
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from click.testing import CliRunner

from pointfuse import InputError, read_stations
from pointfuse.basics.timezones import OwnClocks, parse_timezone, zone_name
from pointfuse.commands.main import main

PLACES = {"Denver": -105.0, "London": 0.0, "Dhaka": 90.0, "Fiji": 178.0, "Samoa": -172.0}


@pytest.fixture
def hours(tmp_path: Path) -> Path:
    """Three days of UTC hours: the value is the hour of the sun, by which days have known means."""
    path = tmp_path / "hours.csv"
    lines = ["station,longitude,latitude,time,pm25"]
    for name, longitude in PLACES.items():
        ahead = round(longitude / 15)
        for hour in range(72):
            utc = np.datetime64("2024-03-01T00") + np.timedelta64(hour, "h")
            local = hour + ahead
            # Ten on the first local day, twenty on the second, and so on; never stuck.
            value = 10 * (1 + local // 24) + (local % 24 - 11.5) / 10
            if local >= 0:
                lines.append(f"{name},{longitude},10,{utc}:00Z,{value}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_days_are_those_of_the_sun(hours: Path) -> None:
    found = read_stations(hours, variables=["pm25"], timezone="longitude")
    days = found.values["pm25"][np.isin(found.times.astype(str), ["2024-03-02"])][0]
    order = [found.stations.code.tolist().index(name) for name in PLACES]
    # Means of days in one zone would mix two local days.
    np.testing.assert_allclose(days[order], 20, atol=1e-9)
    mixed = read_stations(hours, variables=["pm25"], timezone="UTC")
    day = mixed.values["pm25"][np.isin(mixed.times.astype(str), ["2024-03-02"])][0]
    assert np.ptp(day) > 5


def test_the_output_says_whose_days_they_are(hours: Path, tmp_path: Path) -> None:
    output = tmp_path / "f.nc"
    call = ["fuse", str(hours), "--domain", "auto", "--timezone", "longitude", "--no-qc"]
    result = CliRunner().invoke(main, [*call, "-o", str(output)])
    assert result.exit_code == 0, result.output
    with netCDF4.Dataset(output) as dataset:
        assert "hours are those of the sun at each station" in dataset.comment
        assert dataset.day_timezone == "longitude"


def test_hours_are_those_of_one_clock(hours: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--timezone longitude is for days"):
        read_stations(hours, variables=["pm25"], timezone="longitude", hourly=True)
    call = ["fuse", str(hours), "--timezone", "longitude", "--hourly", "-o", str(tmp_path / "f.nc")]
    result = CliRunner().invoke(main, call)
    assert result.exit_code == 1
    assert "--timezone longitude is for days" in result.output


def test_the_zone_is_itself_wherever_it_goes() -> None:
    zone = parse_timezone("longitude")
    assert zone == pickle.loads(pickle.dumps(zone)) == OwnClocks()
    assert zone_name(zone) == "longitude"
