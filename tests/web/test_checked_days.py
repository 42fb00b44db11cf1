"""Reading and quality control of the page, against the package."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from page_in_node import ROOT, assert_as_python, of_page

from pointfuse import read_stations
from pointfuse.errors import InputError
from pointfuse.stations.quality.reasons import Reason
from pointfuse.stations.reading import DEFAULT_VARIABLES

EXAMPLES = ROOT / "examples"


def hourly(zone: str) -> str:
    """Three days of two stations: gaps, values that are none, minutes, offsets, repeated rows."""
    rng = np.random.default_rng(11)
    lines = ["time,station,latitude,longitude,pm25 [mg/m3],wind_speed [km/h]"]
    for hour in range(72):
        stamp = f"2019-03-{30 + hour // 24:02d}" if hour < 48 else "2019-04-01"
        text = f"{stamp}T{hour % 24:02d}:{30 * (hour % 2):02d}"
        for station, place in (("A", "36,105"), ("B", "-33.5,151.25")):
            value = "-" if rng.random() < 0.2 else f"{rng.uniform(0, 0.2):.4f}"
            value = "-0.999" if rng.random() < 0.05 else value
            offset = zone if station == "B" else ""
            lines.append(f"{text}{offset},{station},{place},{value},{rng.uniform(0, 20):.2f}")
    return "\n".join([*lines, lines[-1]]) + "\n"


CASES = {
    "the example": (
        [(EXAMPLES / "air_quality.csv").read_text(), (EXAMPLES / "weather.csv").read_text()],
        "Asia/Shanghai",
        18,
    ),
    # Clocks change on 31 March.
    "summer time": ([hourly("Z")], "Europe/Paris", 18),
    "an offset": ([hourly("+0530")], "-03:30", 12),
    "two files": (
        [
            "station,longitude,latitude,date,pm25\nA,105,36,20190106,5\nB,,,20190106,6\n",
            "station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,5\nA,105,36,2019-01-08,NA\n",
        ],
        "UTC",
        18,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_daily_means_are_those_of_the_package(node: str, tmp_path: Path, case: str) -> None:
    texts, timezone, min_hours = CASES[case]
    files = []
    for number, text in enumerate(texts):
        files.append(tmp_path / f"{number}.csv.gz")
        files[-1].write_bytes(gzip.compress(text.encode()))
    expected = read_stations(files, timezone=timezone, min_hours=min_hours, quality_control=False)
    found = of_page(node, files, timezone=timezone, min_hours=min_hours, checks=False)
    assert found["days"] == [str(day) for day in expected.times]
    assert [station["code"] for station in found["stations"]] == expected.stations.code.tolist()
    shape = (len(expected.times), len(expected.stations))
    for variable in DEFAULT_VARIABLES:
        table = expected.values.get(variable.name)
        if table is None:
            assert variable.name not in found["values"]
            continue
        values = np.array(found["values"][variable.name], np.float64).reshape(shape)
        # Sums of 24 values in another order: 24 roundings of half a unit in the last place.
        np.testing.assert_allclose(values, table, rtol=3e-15)


HOURS = 24 * 6
FRIDAY = np.datetime64("2019-01-04T00")
"""The week ends within the six days."""
QUANTITIES = ("PM2.5", "PM10", "SO2", "NO2", "O3", "CO")


def network(folder: Path, first: np.datetime64 = FRIDAY) -> tuple[list[Path], Path]:
    """Six days of fifty stations in the layout of the Chinese network, with every kind of defect.

    Stations stand 0.1 degrees apart, but for some that stand alone, nowhere, outside, in the wrong
    order or where others stand.
    """
    rng = np.random.default_rng(23)
    codes = [f"{1001 + number}A" for number in range(50)]
    east, north = 110 + 0.1 * np.arange(50) % 1, 34 + 0.1 * (np.arange(50) // 10)
    # All swing together; each has its own level, and a step an hour.
    swing = 1.5 + np.sin(2 * np.pi * np.arange(HOURS) / 24)[:, None]
    values = np.rint(40 * swing * rng.uniform(0.85, 1.15, 50) * rng.uniform(0.9, 1.1, (HOURS, 50)))
    values[:30, 0] = 37  # stuck
    values[50:74, 1] = 0  # off, which the network does not write for air
    values[60, 3:6] *= 12
    values[61, 3:6] *= 9
    values[40:60, 7] = 9_999
    values[24:48, 8] *= 8  # a day that the neighbours contradict
    east[9], north[9] = east[10], north[10]
    east[11], north[11] = 34.2, 110.1  # exchanged
    east[12], north[12] = 80.5, 40.5  # alone
    values[70, 12] *= 12
    east[13], north[13] = 2.3, 48.9  # outside
    east[14] = np.nan
    values[rng.random(values.shape) < 0.1] = np.nan
    values[:, 9] = values[:, 10]  # a twin, at the place of the other
    values[24:32, 15] = np.nan  # too few hours
    values[24:48, 16] = np.nan  # none
    values[48:72, 2] = np.where(np.isnan(values[48:72, 2]), 70, values[48:72, 2])
    values[48:54, 2] = np.nan
    values[60, 2] = 900  # a spike, without which the day has 17 hours
    lines = [
        f"{code},名,市{number % 5},{x:g},{y:g}"
        for number, (code, x, y) in enumerate(zip(codes, east, north, strict=True))
    ]
    lines[14] = lines[14].replace("nan", "-")
    stations = folder / "stations.csv"
    stations.write_bytes(
        "\n".join(["监测点编码,监测点名称,城市,经度,纬度", *lines, lines[0]]).encode("gb18030")
    )
    files = []
    for day in range(HOURS // 24):
        date = str(first + 24 * day)[:10].replace("-", "")
        rows = [",".join(["date", "hour", "type", *codes, codes[0]])]
        for hour in range(24):
            for part, quantity in enumerate((*QUANTITIES, "AQI")):
                scale = (1, 1.4, 0.3, 0.5, 1.2, 0.02, 1)[part]
                row = values[24 * day + hour] * scale
                cells = ["" if np.isnan(value) else f"{value:.4g}" for value in [*row, row[0]]]
                rows.append(",".join([date, str(hour), quantity, *cells]))
        files.append(folder / f"china_sites_{date}.csv")
        files[-1].write_text("\n".join(rows) + "\n")
    return files, stations


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (
            "pointfuse-china12.onnx",
            # What no daily mean of PM2.5 can be.
            {*Reason} - {Reason.BELOW_PM25},
        ),
        # Low values of a gas may rest.
        ("pointfuse-china12-so2.int8.onnx", {Reason.NEIGHBOURS_DISAGREE, Reason.DUPLICATE}),
        ("pointfuse-china12-co.int8.onnx", {Reason.NEIGHBOURS_DISAGREE, Reason.OUT_OF_RANGE}),
        ("pointfuse-china12-o3_mda8.int8.onnx", {Reason.NEIGHBOURS_DISAGREE, Reason.TOO_FEW_HOURS}),
    ],
)
def test_defects_of_a_network_are_found_as_by_the_package(
    node: str, tmp_path: Path, model: str, expected: set[Reason]
) -> None:
    files, stations = network(tmp_path)
    counts = assert_as_python(
        node, files, [stations], tmp_path / "flags.csv", model=ROOT / "models" / model
    )
    found = {reason for of_one in counts.values() for reason, count in of_one.items() if count}
    assert expected <= found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("zone", "first", "min_hours"),
    [
        ("+05:30", FRIDAY, 12),
        # Clocks are put back, and forward.
        ("Europe/Paris", np.datetime64("2019-10-25T00"), 18),
        ("America/New_York", np.datetime64("2019-03-08T00"), 18),
    ],
)
def test_days_of_other_zones_are_those_of_the_package(
    node: str, tmp_path: Path, zone: str, first: np.datetime64, min_hours: int
) -> None:
    files, stations = network(tmp_path, first)
    assert_as_python(
        node, files, [stations], tmp_path / "flags.csv", timezone=zone, min_hours=min_hours
    )


@pytest.mark.slow
def test_a_cut_file_loses_its_last_line_as_in_the_package(node: str, tmp_path: Path) -> None:
    files, stations = network(tmp_path)
    # In the middle of the second half of a row of PM2.5.
    text = files[-1].read_text()
    end = text.index("\n", text.index(",12,PM2.5,"))
    files[-1].write_text(text[: end - 60])
    assert_as_python(node, files, [stations], tmp_path / "flags.csv")
    remarks = of_page(node, [*files, stations])["remarks"]
    assert f"{files[-1].name} ends within line 86, which was left out" in remarks


@pytest.mark.slow
def test_hours_of_the_network_and_days_of_others_are_merged_as_in_the_package(
    node: str, tmp_path: Path
) -> None:
    files, stations = network(tmp_path)
    weather = tmp_path / "weather.csv"
    weather.write_text(
        "station,longitude,latitude,date,relative_humidity,pm25\n"
        "W1,110.2,34.1,2019-01-05,55,\n1021A,110,34.2,2019-01-12,,35\nW2,110,34.4,2019-01-06,,90\n"
    )
    # Days come first here, and hours first in the table.
    counts = assert_as_python(node, [weather, *files], [stations], tmp_path / "flags.csv")
    assert counts["relative_humidity"][Reason.PASSED] == 1


def test_the_order_of_files_does_not_matter(node: str, tmp_path: Path) -> None:
    files, stations = network(tmp_path)
    first = of_page(node, [stations, *files])
    assert of_page(node, [*files[:2], stations, *files[2:]]) == first
    assert "'1001A' stands twice in stations.csv; the first entry was kept" in first["remarks"]
    assert f"Column '1001A' stands twice in {files[0].name}; the first was kept" in first["remarks"]


def test_cities_stand_in_the_middle_of_their_stations(node: str, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        "station,city,longitude,latitude\n1,甲,110,30\n2,甲,111,31\n3,甲,115,35\n4,乙,-,-\n"
    )
    file = tmp_path / "china_cities_20190106.csv"
    file.write_text("date,hour,type,甲,乙\n20190106,0,PM2.5,61,62\n")
    assert_as_python(node, [file], [tmp_path / "list.csv"], tmp_path / "flags.csv", min_hours=1)
    stations = of_page(node, [file, tmp_path / "list.csv"], min_hours=1)["stations"]
    assert stations[0] == {"code": "甲", "longitude": 111, "latitude": 31}
    assert stations[1] == {"code": "乙", "longitude": None, "latitude": None}


def test_tidy_files_without_places_take_them_from_lists(node: str, tmp_path: Path) -> None:
    """Two lists agree within their rounding, and the first that gives a place counts."""
    (tmp_path / "one.csv").write_text("station,longitude,latitude\nA,105,36\nB,,\n")
    (tmp_path / "other.csv").write_text("code,lon,lat\nA,105.0001,36\nB,106,36\n")
    file = tmp_path / "days.csv"
    file.write_text("station,date,pm25\nA,2019-01-06,5\nB,2019-01-06,6\nC,2019-01-06,7\n")
    lists = [tmp_path / "one.csv", tmp_path / "other.csv"]
    assert_as_python(node, [file], lists, tmp_path / "flags.csv")
    places = [each["longitude"] for each in of_page(node, [file, *lists])["stations"]]
    assert places == [105, 106, None]


def test_a_list_of_another_network_is_told(node: str, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("station,longitude,latitude\nX1,105,36\n")
    file = tmp_path / "days.csv"
    file.write_text("date,hour,type,1001A\n20190106,0,PM2.5,61\n")
    found = of_page(node, [file, tmp_path / "list.csv"], min_hours=1)
    # Nothing has a place.
    assert "1 without coordinates" in found["error"]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["date,hour,type,1001A\n20190106,0,PM2.5,61\n"], "drop the station list"),
        (["station,date,pm25\nA,2019-01-06,5\n"], "drop the station list"),
        (["station,longitude,latitude\nA,105,36\n"], "holds no observations"),
        (
            ["station,longitude,latitude\n1001A,105,36\n", "date,hour,type,1001A\n1,0,AQI,61\n"],
            "holds no rows of PM2.5",
        ),
        (
            [
                "station,longitude,latitude\n1001A,105,36\n",
                "date,hour,type,1001A\n20190106,24,PM2.5,61\n",
            ],
            "line 2: expected a date such as 20190106 and an hour from 0 to 23",
        ),
        (
            [
                "station,longitude,latitude\n1001A,105,36\n",
                "date,hour,type,1001A\n20190106,0,PM2.5,much\n",
            ],
            "line 2, column '1001A': expected a number, got 'much'",
        ),
        (
            [
                "station,longitude,latitude\n1001A,105,36\n",
                "station,longitude,latitude\n1001A,107,36\n",
                "date,hour,type,1001A\n20190106,0,PM2.5,61\n",
            ],
            "1001A stands at 105, 36 in 0.csv and at 107, 36 in 1.csv",
        ),
        (
            [
                "station,longitude,latitude\n1001A,105,0\n1002A,0,0\n1003A,500,36\n1004A,500,36\n",
                "date,hour,type,1001A\n20190106,0,PM2.5,61\n",
            ],
            "line 4: expected a longitude from -180 to 360",
        ),
        (
            [
                "station,longitude,latitude\n1001A,36,105\n1002A,36,106\n",
                "date,hour,type,1001A\n20190106,0,PM2.5,61\n",
            ],
            "seem swapped at 2 of 2 stations",
        ),
    ],
)
def test_what_cannot_be_read_is_said(
    node: str, tmp_path: Path, texts: list[str], said: str
) -> None:
    files = []
    for number, text in enumerate(texts):
        files.append(tmp_path / f"{number}.csv")
        files[-1].write_text(text)
    assert said in of_page(node, files)["error"]


@pytest.mark.parametrize(
    "text",
    [
        "station,longitude,latitude,pm25\nA,105,36,5\n",
        "station,longitude,latitude,date,time,pm25\n",
        "station,longitude,latitude,date,pm25\n",
        "station,longitude,latitude,date,ozone\nA,105,36,2019-01-06,5\n",
        "station,longitude,longitude,latitude,date,pm25\nA,1,1,1,2019-01-06,5\n",
        "station,longitude,latitude,date,pm25,pm25 [mg/m3]\nA,105,36,2019-01-06,5,5\n",
        "station,longitude,latitude,date,pm25\nA,105,36,2019-02-30,5\n",
        "station,longitude,latitude,date,pm25\nA,105,136,2019-01-06,5\n".replace("105", "205"),
        "station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,5\nA,105,37,2019-01-07,5\n",
        "station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,5\nA,105,36,2019-01-06,6\n",
        "station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,1_000\n",
        "station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,inf\n",
        "station,longitude,latitude,date,pm25\n,105,36,2019-01-06,5\n",
        "station,longitude,latitude,time,pm25\nA,105,36,2019-01-06T25:00,5\n",
    ],
)
def test_what_the_package_refuses_the_page_refuses(node: str, tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(text)
    with pytest.raises(InputError):
        read_stations(file)
    assert "bad.csv" in of_page(node, [file], timezone="UTC")["error"]
