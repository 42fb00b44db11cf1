"""Several station lists in one run: a station may be in many, and stands in one place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from pointfuse import InputError, read_stations
from pointfuse.commands.main import main
from pointfuse.stations.readers.station_list import read_station_lists

Write = Callable[[str, str | bytes], Path]
HEADER = "station,longitude,latitude,city\n"


def test_networks_with_lists_of_their_own(
    write: Write, tiny_model_file: Path, tmp_path: Path
) -> None:
    """CNEMC beside ISD-Lite, of which neither holds coordinates."""
    rows = "".join(f"20190106,{hour},PM2.5,{40 + hour},{60 + hour}\n" for hour in range(24))
    air = write("air.csv", f"date,hour,type,1001A,1002A\n{rows}")
    line = "2019 01 {day:02} {hour:02}  -100  -150 10200   270    {wind}     0 -9999 -9999\n"
    hours = "".join(
        line.format(day=day, hour=hour, wind=20 + hour) for day in (5, 6) for hour in range(24)
    )
    weather = write("545110-99999-2019", hours)
    lists = [
        write("cnemc.csv", f"{HEADER}1001A,105,36,X\n1002A,108,36.5,X\n"),
        write("isd-history.csv", '"USAF","WBAN","LAT","LON"\n"545110","99999","36.2","106.1"\n'),
    ]
    output = tmp_path / "out.nc"
    arguments = ["fuse", air, weather, "-o", output, "--model", tiny_model_file, "--json"]
    for path in lists:
        arguments += ["--stations", path]
    result = CliRunner().invoke(main, [*map(str, arguments), "--days", "2019-01-06"])
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert [file["name"] for file in summary["files"]] == [
        *("air.csv", "545110-99999-2019", "cnemc.csv", "isd-history.csv")
    ]
    assert summary["stations"]["used"] == 3
    assert summary["stations"]["without_coordinates"] == 0
    observations = read_stations([air, weather], stations=lists)
    assert np.isfinite(observations.stations.longitude).all()


def test_stations_that_are_in_several_lists(write: Write) -> None:
    merged = read_station_lists(
        [
            write("a.csv", f"{HEADER}A,105,36,\nB,,,Y\nC,107,37,Z\n"),
            write("b.csv", f"{HEADER}A,105.0004,36.0004,X\nB,106,36,\nC,,,W\nD,108,38,V\n"),
        ]
    )
    assert merged.places == {"A": (105, 36), "B": (106, 36), "C": (107, 37), "D": (108, 38)}
    assert merged.cities == {"A": "X", "B": "Y", "C": "Z", "D": "V"}
    assert [file.name for file in merged.files] == ["a.csv", "b.csv"]


def test_lists_that_contradict_each_other(write: Write) -> None:
    lists = [
        write("a.csv", f"{HEADER}A,,,X\n"),
        write("b.csv", f"{HEADER}A,105,36,X\n"),
        write("c.csv", f"{HEADER}A,105,36.002,X\n"),
    ]
    message = r"^A stands at 105, 36 in b\.csv and at 105, 36\.002 in c\.csv; correct or remove"
    with pytest.raises(InputError, match=message):
        read_station_lists(lists)


def test_no_list_is_overwritten(write: Write, tiny_model_file: Path) -> None:
    lists = [write(name, f"{HEADER}A,105,36,X\n") for name in ("a.csv", "b.csv")]
    day = write("day.csv", "station,date,pm25\nA,2019-01-06,10\n")
    arguments = ["fuse", day, "--model", tiny_model_file, "-o", lists[1]]
    for path in lists:
        arguments += ["--stations", path]
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == 1
    assert "is one of the files to read" in result.stderr
    assert lists[1].read_text() == f"{HEADER}A,105,36,X\n"
