"""Station files as programs save them: separators, decimal commas, encodings, other kinds."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pointfuse.errors import InputError, UnreadableFileError
from pointfuse.stations.reading import read_stations
from pointfuse.stations.tables.encoding import decoded

Write = Callable[[str, str | bytes], Path]

TIDY = (
    "station,longitude,latitude,date,pm25\n"
    "A1,116.25,39.5,2019-01-06,80.5\n"
    "A2,117.75,39,2019-01-06,\n"
    "A3,114.5,38.125,2019-01-06,120\n"
)
CNEMC = "date,hour,type,7001A,7002A\n20190106,0,AQI,1,2\n20190106,0,PM2.5,60,70.5\n"
LIST = "station,longitude,latitude\n7001A,116.25,39.5\n7002A,117.75,39\n"


def parted(text: str, separator: str, *, decimal_comma: bool = False) -> str:
    text = text.replace(",", separator)
    return text.replace(".", ",") if decimal_comma else text


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("decimal_comma", [False, True])
def test_columns_parted_otherwise(write: Write, separator: str, decimal_comma: bool) -> None:
    path = write("tidy.csv", parted(TIDY, separator, decimal_comma=decimal_comma))
    observations = read_stations(path)
    assert observations == read_stations(write("commas.csv", TIDY))
    np.testing.assert_array_equal(observations.values["pm25"], [[80.5, np.nan, 120.0]])
    names = {";": "semicolons", "\t": "tabs", "|": "bars"}
    expected = f"its columns are parted by {names[separator]}"
    expected += ", with decimal commas" if decimal_comma else ""
    assert observations.files[0].remarks == (expected,)


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_other_formats_and_lists_parted_otherwise(write: Write, separator: str) -> None:
    hours = CNEMC.replace("PM2.5", "PM2_5") if separator == "x" else CNEMC
    observations = read_stations(
        write("day.csv", parted(hours, separator)),
        stations=write("list.csv", parted(LIST, separator)),
        min_hours=1,
    )
    np.testing.assert_array_equal(observations.values["pm25"], [[60.0, 70.5]])
    np.testing.assert_array_equal(observations.stations.longitude, [116.25, 117.75])


def test_a_list_with_decimal_commas(write: Write) -> None:
    stations = write("list.csv", parted(LIST, ";", decimal_comma=True))
    observations = read_stations(write("day.csv", CNEMC), stations=stations, min_hours=1)
    np.testing.assert_array_equal(observations.stations.latitude, [39.5, 39.0])


def test_points_and_commas_in_one_file_are_no_decimal_commas(write: Write) -> None:
    """1,500 beside 39.9 would be read as one and a half."""
    text = parted(TIDY, "\t").replace("80.5", "1,500")
    with pytest.raises(InputError, match=r"line 2, column 'pm25': expected a number, got '1,500'"):
        read_stations(write("tidy.csv", text), strict=True)


def test_quoted_fields_hold_the_separator(write: Write) -> None:
    text = parted(TIDY, ";").replace("A1;", '"A;1";')
    assert read_stations(write("tidy.csv", text)).stations.code.tolist() == ["A;1", "A2", "A3"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark(write: Write, encoding: str) -> None:
    text = TIDY.replace("A1", "万寿")
    observations = read_stations(write("t.csv", text.encode(encoding)))
    assert observations == read_stations(write("t8.csv", text))
    assert observations.stations.code.tolist() == ["万寿", "A2", "A3"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("packed", [False, True])
def test_encodings_that_are_read(write: Write, encoding: str, packed: bool) -> None:
    text = TIDY.replace("A1", "万寿西宫").replace("A2", "奥体中心").replace("pm25", "pm25 [µg/m³]")
    content = text.encode(encoding)
    if encoding == "utf-16":
        content = text.replace(",", "\t").encode(encoding)  # Excel's "Unicode text"
    observations = read_stations(write("t.csv", gzip.compress(content) if packed else content))
    assert observations.stations.code.tolist() == ["万寿西宫", "奥体中心", "A3"]
    np.testing.assert_array_equal(observations.values["pm25"], [[80.5, np.nan, 120.0]])


@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        ("Nord-Zürich Ost-Köln Süd-Orléans", "iso-8859-1"),
        ("Größe Straße", "cp1252"),
        ("ÄÖÜ ÄÖ", "iso-8859-1"),
        ("ÅÄÖÉ", "iso-8859-1"),
        ("Łódź Kraków Gdańsk", "cp1250"),
        ("東京 大阪 札幌", "shift_jis"),
        ("トウキョウ", "shift_jis"),
        ("ﾄｳｷｮｳ ｵｵｻｶ", "shift_jis"),
        ("東京 大阪 名古屋 北京", "euc_jp"),
        ("東京 大阪 名古屋 札幌 福岡 広島 仙台 神戸 横浜", "euc_jp"),
        ("トウキョウ オオサカ ナゴヤ", "euc_jp"),
        ("臺北 高雄 新竹", "big5"),
        ("서울 부산 대구 인천 광주", "euc_kr"),
        ("서울 부산", "euc_kr"),
        ("서울시 漢江", "euc_kr"),
        ("Москва Казань Пермь", "cp1251"),
        ("ЯЛТА ЖДУЩИЙ", "cp1251"),
        ("ЯЛТА ЖДУЩИЙ", "iso-8859-5"),
        ("Москва Казань Пермь", "koi8-r"),
        ("Αθήνα Πάτρα Βόλος", "iso-8859-7"),
        ("קרית תל", "iso-8859-8"),
    ],
)
def test_other_encodings_are_refused_not_guessed(write: Write, names: str, encoding: str) -> None:
    rows = [f"{name},116,{30 + at},2019-01-06,5" for at, name in enumerate(names.split())]
    text = "station,longitude,latitude,date,pm25\n" + "\n".join(rows) + "\n"
    with pytest.raises(UnreadableFileError, match=r"neither UTF-8 nor Chinese .*iconv") as caught:
        read_stations(write("tidy.csv", text.encode(encoding)))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("header", ["pm25 [µg/m³]", "pm25 (µg/m3)", "pm25 [ug/m³]"])
def test_signs_of_units_in_latin_1_are_certain(write: Write, header: str) -> None:
    """No other encoding has these bytes before these letters, and nothing else beside ASCII."""
    text = TIDY.replace("longitude", "longitude (°E)").replace("pm25", header)
    path = write("tidy.csv", text.encode("iso-8859-1"))
    assert read_stations(path) == read_stations(write("utf-8.csv", TIDY))


def test_a_latin_unit_beside_a_latin_name_is_not_shown_as_chinese(write: Write) -> None:
    text = TIDY.replace("pm25", "pm25 [µg/m³]").replace("A", "Zürich").encode("iso-8859-1")
    with pytest.raises(UnreadableFileError, match="neither UTF-8 nor Chinese text in GB 18030"):
        read_stations(write("tidy.csv", text))


def test_all_chinese_names_are_taken_in_either_encoding() -> None:
    """Names of stations of all parts of the country, with rare characters among them."""
    names = (
        "万寿西宫,定陵,奥体中心,农展馆,乌鲁木齐,嶂石岩,鄠邑,衢州,儋州,亳州,东莞,深圳,濮阳,璧山\n"
    )
    assert decoded("list.csv", names.encode("gb18030")).text == names
    assert decoded("list.csv", names.encode()).text == names


def test_the_files_of_the_chinese_network_are_taken_with_a_single_name() -> None:
    places = "监测点编码,监测点名称,城市,经度,纬度\n1001A,定陵,北京,116.2,40.3\n"
    cities = "date,hour,type,北京,天津\n20190106,0,PM2.5,60,70\n"
    for text in (places, cities):
        assert decoded("any.csv", text.encode("gb18030")).text == text


def test_a_unit_in_greek_is_the_same_in_all_of_them() -> None:
    text = TIDY.replace("pm25", "pm25 [μg/m3]")
    assert decoded("any.csv", text.encode("gb18030")).text == text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04" + bytes(40), "is a damaged or cut-off zip file"),
        (b"\xd0\xcf\x11\xe0" + bytes(40), "is an old Excel workbook"),
        (b"%PDF-1.4", "is a PDF"),
        (b"BZh91AY", "is a damaged or cut-off bzip2 file"),
        (b"GRIB\0\0\0\2", "is a GRIB file of fields"),
        (b"<!DOCTYPE html>\n<html>404</html>\n", "is a web page or XML"),
        (b'{"results": [1, 2]}\n', "is JSON without a table"),
        (b"a,b\n1,\0\n", "is no text file"),
        (TIDY.encode("utf-32-le"), "is no text file"),
        (TIDY.partition("\n")[2].encode(), "has no header: expected the names of the columns"),
        (b"date,row,column,longitude,latitude,pm25\n", "nearest is 'tidy', .* lacks station"),
        (b"station,longitude,latitude,pm25\nA,1,2,3\n", "is a station list, or lacks date or time"),
        (TIDY.replace(",", " ").encode(), "has columns parted by blanks; expected commas"),
        (TIDY.replace(",", "  ").encode(), "has columns parted by blanks; expected commas"),
        (TIDY.replace(",", ":").encode(), "has columns parted by colons; expected commas"),
        (TIDY.replace(",", "^").encode(), "has columns parted by carets; expected commas"),
        (b'"station" "longitude" "date"\n"1" "A" 2 "2019-01-06"\n', "parted by blanks"),
        (b"date,hour,1001A\n20190106,0,5\n", "nearest is 'cnemc', .* lacks type"),
        (b"", "is empty or has no header"),
        (("x" * 40 + ",").encode() * 400, "in no known format"),
    ],
)
def test_other_files_are_refused_in_few_words(write: Write, content: bytes, message: str) -> None:
    with pytest.raises(UnreadableFileError, match=message) as caught:
        read_stations(write("any.csv", content))
    assert len(str(caught.value)) <= 300
    assert "\n" not in str(caught.value)


def test_all_lacking_columns_are_named_at_once(write: Write) -> None:
    header = "State Code,County Code,Site Num,POC,Latitude,Date Local,Event Type\n"
    with pytest.raises(
        InputError, match="header lacks Longitude, Parameter Code and Units of Measure"
    ):
        read_stations(write("aqs.csv", header))
    with pytest.raises(InputError, match="lacks a column named longitude and pm25 or relative"):
        read_stations(write("tidy.csv", "station,latitude,date,no2\nA,40,2019-01-06,5\n"))


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_a_point_in_a_column_that_nobody_asked_for(write: Write, separator: str) -> None:
    text = parted(TIDY, separator, decimal_comma=True)
    head, *rows = text.splitlines()
    more = [f"{row}{separator}1.2" for row in rows]
    text = "\n".join([f"{head}{separator}version", *more, ""])
    observations = read_stations(write("tidy.csv", text))
    assert observations == read_stations(write("commas.csv", TIDY))
    assert observations.stations.latitude.tolist() == [39.5, 39.0, 38.125]


def test_a_point_in_one_cell_among_decimal_commas(write: Write) -> None:
    text = parted(TIDY, ";", decimal_comma=True).replace("39,5", "39.5").replace(";120", ";1,5")
    observations = read_stations(write("tidy.csv", text.replace("38,125", "38,12")))
    assert observations.stations.latitude.tolist() == [39.5, 39.0, 38.12]
    np.testing.assert_array_equal(observations.values["pm25"], [[80.5, np.nan, 1.5]])


@pytest.mark.parametrize("other", ["39.9", "1.200"])
def test_what_may_be_thousands_is_never_a_fraction(write: Write, other: str) -> None:
    rows = "".join(f"S{at};{110 + at},5;3{at},5;2019-01-06;{at}0.5;{other}\n" for at in range(9))
    text = f"station;longitude;latitude;date;pm25;x\n{rows}T;120,5;39,5;2019-01-06;1,500;{other}\n"
    observations = read_stations(write("tidy.csv", text))
    np.testing.assert_array_equal(
        observations.values["pm25"], [[at * 10 + 0.5 for at in range(9)] + [np.nan]]
    )


def test_decimal_commas_between_commas_are_told(write: Write) -> None:
    text = TIDY.replace("116.25,39.5", "116,25,39,5").replace("80.5", "80,5")
    with pytest.raises(InputError, match=r"8 fields where the header has 5; .* decimal commas"):
        read_stations(write("tidy.csv", text))
