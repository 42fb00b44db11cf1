"""Several station lists in one run: a station may be in many, and stands in one place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from pointfuse import InputError, read_stations
from pointfuse.commands.main import main
from pointfuse.stations.readers.station_list import read_station_list, read_station_lists

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


HOURS = "date,hour,type,7001A,7002A\n20190106,0,PM2.5,60,70\n"


@pytest.mark.parametrize(
    "header",
    [
        "code,name,city,longitude,latitude",
        "station_id,name,city,lon,lat",
        "Site,Name,City,Longitude,Latitude",
        "Station,Name,City,Lng,Lat",
    ],
)
def test_names_of_the_columns_of_a_list(write: Write, header: str) -> None:
    path = write("list.csv", f"{header}\n7001A,first,alpha,116.5,39.5\n7002A,second,beta,117,39\n")
    found = read_station_lists([path])
    assert found.places == {"7001A": (116.5, 39.5), "7002A": (117, 39)}
    assert found.cities == {"7001A": "alpha", "7002A": "beta"}


def test_a_list_of_other_codes_is_told(write: Write, caplog: pytest.LogCaptureFixture) -> None:
    stations = write("list.csv", "city,longitude,latitude\nalpha,116.5,39.5\nbeta,117,39\n")
    observations = read_stations(write("day.csv", HOURS), stations=stations, min_hours=1)
    assert np.isnan(observations.stations.longitude).all()
    assert caplog.messages == [
        "none of the codes in list.csv (alpha, beta, column 'city') is one of the data's (7001A, "
        "7002A); check that it is the list of this network and which of its columns holds the codes"
    ]


def test_a_list_that_is_not_needed_is_not_told_of(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    stations = write("list.csv", "station,longitude,latitude\nX,116.5,39.5\n")
    tidy = write("t.csv", "station,longitude,latitude,date,pm25\nA,110,30,2019-01-06,5\n")
    read_stations(tidy, stations=stations)
    some = write("day.csv", HOURS.replace("7002A", "X"))
    read_stations(some, stations=stations, min_hours=1)
    assert caplog.messages == []


LISTS = [
    "监测点编码,监测点名称,城市,经度,纬度\n7001A,x,y,116,39\n",
    "station,longitude,latitude\n7001A,116,39\n",
    "Station;Lon;Lat\n7001A;116;39\n",
    "code,name,city,longitude,latitude\n7001A,x,y,116,39\n",
    "city,longitude,latitude\ny,116,39\n",
    '"USAF","WBAN","LAT","LON"\n"545110","99999","36.2","106.1"\n',
]


@pytest.mark.parametrize("content", LISTS)
def test_a_list_among_the_data_files(
    write: Write, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    message = r"list\.csv is a station list; give it with --stations"
    path = write("list.csv", content)
    with pytest.raises(InputError, match=f"^{message}") as caught:
        read_stations(path)
    assert len(str(caught.value)) < 100
    with pytest.raises(InputError, match=r"^day\.csv is a CNEMC file, which holds no coordinates"):
        read_stations([path, write("day.csv", HOURS)])
    assert re.search(message, caplog.messages[0])


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("day.csv", HOURS, "cnemc"),
        ("t.csv", "site,lon,lat,date,PM2.5\nA,110,30,2019-01-06,5\n", "tidy"),
        ("gsod.csv", "STATION,DATE,LATITUDE,LONGITUDE,TEMP,DEWP,WDSP\n", "gsod"),
        ("545110-99999-2019", "2019 01 06 00" + "     0" * 8 + "\n", "isd-lite"),
    ],
)
def test_data_in_place_of_a_list(write: Write, name: str, content: str | bytes, kind: str) -> None:
    message = rf"holds observations \({kind}\), not a station list; give it among the files"
    with pytest.raises(InputError, match=message):
        read_stations(write("day.csv", HOURS), stations=write(name, content))


def test_a_list_without_stations(write: Write) -> None:
    with pytest.raises(InputError, match=r"out\.nc is netCDF, not a station list; expected CSV"):
        read_station_lists([write("out.nc", b"\x89HDF\r\n\x1a\n" + bytes(99))])
    with pytest.raises(InputError, match=r"list\.csv is a station list without stations"):
        read_station_lists([write("list.csv", HEADER)])


def test_what_pointfuse_wrote_is_no_observations(
    write: Write, tiny_model_file: Path, tmp_path: Path
) -> None:
    day = write("t.csv", "station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,10\n")
    output = tmp_path / "out.nc"
    arguments = ["fuse", day, "-o", output, "--model", tiny_model_file, "--min-stations", "1"]
    assert CliRunner().invoke(main, [*map(str, arguments)]).exit_code == 0
    with pytest.raises(InputError, match=r"^out\.nc: it holds fields that pointfuse wrote, no obs"):
        read_stations(output)


def test_of_a_code_that_stands_twice_the_one_with_a_place_is_kept(write: Write) -> None:
    path = write(
        "l.csv", "station,longitude,latitude\nA,-999,-999\nA,,\nA,116,39\nA,1,2\nB,117,38\n"
    )
    found = read_station_list(path)
    assert found.places == {"A": (116, 39), "B": (117, 38)}
    assert found.files[0].remarks == (
        "A occurs twice in l.csv; the first entry was kept",
        "A occurs twice in l.csv; that with a place was kept",
        "A occurs twice in l.csv; the first entry was kept",
    )


def test_a_list_parted_by_blanks_is_told(write: Write) -> None:
    path = write("l.csv", '"station" "longitude" "latitude"\n"A" 116 39\n')
    with pytest.raises(InputError, match=r"l\.csv has columns parted by blanks; expected commas"):
        read_station_list(path)


def test_a_list_in_parquet_leads_nobody_in_a_circle(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pip install '.[parquet]'")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "l.parquet"
    table = {"station": ["A"], "longitude": [116.0], "latitude": [39.0]}
    parquet.write_table(pyarrow.table(table), path)
    with pytest.raises(InputError, match="is a station list; save it as CSV and give it with --st"):
        read_stations(path)
    with pytest.raises(InputError, match="is Parquet; expected a station list as CSV"):
        read_station_list(path)
