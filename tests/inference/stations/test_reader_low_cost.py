"""Low-cost sensors: read where they are asked for, and never among the others unasked.

The headers are those of https://archive.sensor.community, of the history of
https://api.purpleair.com, and of PurpleAir's older download page; the values are invented.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from pointfuse.commands.main import main
from pointfuse.errors import InputError
from pointfuse.stations.reading import LOW_COST, read_stations

Write = Callable[[str, str | bytes], Path]

COMMUNITY = "sensor_id;sensor_type;location;lat;lon;timestamp;P1;durP1;ratioP1;P2;durP2;ratioP2\n"
COMMUNITY += "88;SDS011;85;36.5;105.5;2019-01-06T00:00:44;47.40;;;20.00;;\n"
COMMUNITY += "88;SDS011;85;36.5;105.5;2019-01-06T00:03:10;48.17;;;24.00;;\n"
TIDY = "station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,80\n"
HISTORY = "time_stamp,sensor_index,humidity,pm2.5_atm,pm2.5_cf_1\n"
OLDER = (
    "created_at,entry_id,PM1.0_CF1_ug/m3,PM2.5_CF1_ug/m3,PM10.0_CF1_ug/m3,UptimeMinutes,RSSI_dbm,"
    "Temperature_F,Humidity_%,PM2.5_ATM_ug/m3\n"
)
LIST = "station,longitude,latitude\n131075,105.5,36.5\n"


def test_they_are_left_out_with_a_warning_unless_asked_for(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    paths = [write("2019-01-06_sds011_sensor_88.csv", COMMUNITY), write("tidy.csv", TIDY)]
    with caplog.at_level(logging.WARNING):
        alone = read_stations(paths, min_hours=1)
    assert alone.stations.code.tolist() == ["A"]
    assert "holds low-cost sensors (sensor-community), whose errors are larger; give" in caplog.text
    together = read_stations(paths, min_hours=1, low_cost=True)
    assert together.stations.code.tolist() == ["A", "88"]
    # The values of an hour are averaged; midnight UTC is morning in Beijing.
    np.testing.assert_array_equal(together.values["pm25"], [[80.0, 22.0]])
    remarks = {file.format: file.remarks for file in together.files}
    assert LOW_COST in remarks["sensor-community"]
    with pytest.raises(InputError, match=r"--low-cost \(low_cost=True\) to use them"):
        read_stations(paths[0])


def test_the_option_of_the_commands(write: Write, tiny_model_file: Path) -> None:
    path = write("a.csv", COMMUNITY)
    words = ["check", str(path), "--model", str(tiny_model_file), "--min-hours", "1"]
    refused = CliRunner().invoke(main, words)
    assert refused.exit_code == 1
    assert "a.csv: cannot be read\n  a.csv holds low-cost sensors" in refused.output
    taken = CliRunner().invoke(main, [*words, "--low-cost"])
    assert taken.exit_code == 0, taken.output
    assert "a.csv: sensor-community (its header has" in taken.output
    assert LOW_COST in taken.output


@pytest.mark.parametrize("stamp", ["1546732844", "2019-01-06T00:00:44Z"])
def test_a_history_of_purpleair(write: Write, stamp: str) -> None:
    """1546732844 s after 1970 is the same instant."""
    path = write("131075 2019-01-06.csv", f"{HISTORY}{stamp},131075,40,12.5,14\n")
    stations = write("l.csv", LIST)
    observations = read_stations(path, stations=stations, min_hours=1, low_cost=True)
    assert observations.files[0].format == "purpleair"
    assert observations.stations.longitude.tolist() == [105.5]
    np.testing.assert_array_equal(observations.values["pm25"], [[12.5]])
    assert "relative_humidity" not in observations.values  # that inside of the box


def test_an_answer_of_purpleair(write: Write) -> None:
    answer = {
        "api_version": "V1.0.11",
        "fields": ["sensor_index", "last_seen", "latitude", "longitude", "pm2.5_atm"],
        "data": [[131075, 1546732844, 36.5, 105.5, 12.5], [131076, 1546732844, None, None, 9.0]],
    }
    path = write("sensors.json", json.dumps(answer))
    observations = read_stations(path, min_hours=1, low_cost=True)
    assert observations.stations.code.tolist() == ["131075", "131076"]
    assert observations.stations.latitude.tolist()[0] == 36.5
    np.testing.assert_array_equal(observations.values["pm25"], [[12.5, 9.0]])


def test_an_older_download_has_the_place_in_its_name(write: Write) -> None:
    name = "Roof (outside) (36.5 105.5) Primary Real Time 01_06_2019 01_07_2019.csv"
    row = "2019-01-06 00:00:44 UTC,1,5,11,20,100,-60,50,40,12.5\n"
    observations = read_stations(write(name, OLDER + row), min_hours=1, low_cost=True)
    assert observations.stations.code.tolist() == ["Roof"]
    assert observations.stations.longitude.tolist() == [105.5]
    np.testing.assert_array_equal(observations.values["pm25"], [[12.5]])


def test_without_a_place_it_asks_for_one(write: Write) -> None:
    with pytest.raises(InputError, match="'purpleair', which holds no coordinates; give"):
        read_stations(write("a.csv", f"{HISTORY}1546732844,7,40,12.5,14\n"), low_cost=True)
