"""`pointfuse check`: what it says of files, of all of them, and of those in no known format."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pointfuse.commands.main import main

Write = Callable[[str, str | bytes], Path]
HEAD = "Site;Lat;Lon;Date;PM2.5 (mg/m3);RH\n"
# On the tiny grid, beside it, and at no place.
DAYS = HEAD + "A;36,5;105,5;2019-01-06;0,08;50\nB;10,5;20,5;2019-01-06;0,09;\nC;;;2019-01-07;0,1;\n"
CNEMC = "date,hour,type,1001A,1002A\n" + "".join(
    f"20190106,{hour},PM2.5,{60 + hour},19\n" for hour in range(20)
)
LIST = "监测点编码,监测点名称,城市,经度,纬度\n1001A,万寿西宫,北京,105,36\n1002A,定陵,北京,-,-\n"


def run(*arguments: object, model: Path) -> Result:
    words = ["check", *map(str, arguments), "--model", str(model)]
    return CliRunner().invoke(main, words)


def test_of_a_tidy_file(write: Write, tiny_model_file: Path) -> None:
    result = run(write("t.csv", DAYS), model=tiny_model_file)
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        "t.csv: tidy (its header has station and date or time)",
        "  written   CSV with semicolons, UTF-8",
        "  columns   station from Site; place from Lon and Lat; time from Date; pm25 from PM2.5 "
        "(mg/m3); relative_humidity from RH",
        "  units     pm25 in mg/m3, relative_humidity in %",
        "  times     2 days, 2019-01-06 to 2019-01-07; days of Asia/Shanghai",
        "  stations  3, of these 1 inside the grid, 1 outside, 1 without coordinates",
        "  but       its columns are parted by semicolons, with decimal commas",
        "1 of 1 file can be read",
        "days: 2, 2019-01-06 to 2019-01-07; 1 with pm25 on the grid",
        "stations: 3 read, 3 valid, of these 1 without coordinates, 1 outside the grid, 1 used",
        "give the station list of the network with --stations for the coordinates",
    ]


def test_hours_without_and_with_the_station_list(write: Write, tiny_model_file: Path) -> None:
    """Without it, the file is told all the same."""
    path, stations = write("day.csv", CNEMC), write("list.csv", LIST)
    alone = run(path, model=tiny_model_file)
    assert alone.exit_code == 0, alone.output
    assert "20 hours, 2019-01-06T00 to 2019-01-06T19 on 1 day; Beijing time" in alone.output
    assert "stations  2, of these 0 inside the grid, 0 outside, 2 without" in alone.output
    assert "give the station list of the network with --stations" in alone.output
    both = run(path, "--stations", stations, model=tiny_model_file)
    assert "stations  2, of these 1 inside the grid, 0 outside, 1 without" in both.output
    assert "pm25, 2 day values: 2 good, 0 suspect" in both.output


def test_a_file_that_cannot_be_read_is_told_among_the_others(
    write: Write, tiny_model_file: Path
) -> None:
    good, bad = write("t.csv", DAYS), write("picture.csv", b"%PDF-1.4")
    result = run(good, bad, model=tiny_model_file)
    assert result.exit_code == 1
    assert "picture.csv: cannot be read\n  picture.csv is a PDF, no table" in result.output
    assert "1 of 2 files can be read" in result.output
    assert "Traceback" not in result.output


def test_a_file_that_is_not_there_and_days_of_a_period(
    write: Write, tiny_model_file: Path, tmp_path: Path
) -> None:
    path, none = write("t.csv", DAYS), tmp_path / "none.csv"
    result = run(path, none, "--days", "2019-01-07:", model=tiny_model_file)
    assert result.exit_code == 1
    assert "1 day, 2019-01-07 to 2019-01-07; days of Asia/Shanghai" in result.output
    assert "none.csv: cannot be read\n  there is no file" in result.output


def test_files_that_contradict_each_other(write: Write, tiny_model_file: Path) -> None:
    other = write("other.csv", DAYS.replace("0,08", "0,07"))
    result = run(write("t.csv", DAYS), other, model=tiny_model_file)
    assert result.exit_code == 1
    assert "but not together: station A has two values of pm25" in result.output


def test_as_json(write: Write, tiny_model_file: Path) -> None:
    path = write("t.csv", DAYS)
    content = json.loads(run(path, "--json", model=tiny_model_file).output)
    (file,) = content["files"]
    assert file["format"] == "tidy"
    assert file["columns"]["pm25"] == "PM2.5 (mg/m3)"
    assert (file["inside_grid"], file["outside_grid"], file["without_coordinates"]) == (1, 1, 1)
    assert content["together"]["used"] == 1
    bad = json.loads(run(write("a.csv", ""), "--json", model=tiny_model_file).output)
    assert bad["files"][0]["readable"] is False
    assert bad["together"] is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "place|lat|lon|day|PM2.5\nX|39|116|2019-01-06|5\n",
            "nearest is 'tidy', but it lacks station; then 'openaq', which lacks location_id,",
        ),
        ("kind,amount\n1,2\n", "the header is kind,amount, parted by commas, in which no column"),
    ],
)
def test_a_file_in_no_format_is_told_the_nearest_and_never_all(
    write: Write, tiny_model_file: Path, text: str, message: str
) -> None:
    result = run(write("a.csv", text), model=tiny_model_file)
    assert result.exit_code == 1
    assert message in result.output
    assert "docs/guide/station-files.md" in result.output
    assert "gsod" not in result.output
    assert len(result.output) < 400


def test_stations_of_another_part_of_the_earth_are_told_where_they_go(write: Write) -> None:
    head = "station,longitude,latitude,date,pm25\n"
    german = write("german.csv", head + "A,13.4,52.5,2019-01-06,8\nB,9.9,53.5,2019-01-06,9\n")
    chinese = write("chinese.csv", head + "A,116.4,39.9,2019-01-06,8\n")
    said = "most stations lie outside of China: 'pointfuse fuse' makes fields around them"
    assert said in CliRunner().invoke(main, ["check", str(german)]).output
    assert said not in CliRunner().invoke(main, ["check", str(chinese)]).output
