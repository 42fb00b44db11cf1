"""A few cells or rows that cannot be read are left out and counted; many show a wrong column."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from pointfuse.commands.main import main
from pointfuse.errors import InputError
from pointfuse.stations.readers.station_list import read_station_list
from pointfuse.stations.reading import read_stations

Write = Callable[[str, str | bytes], Path]

HEAD = "station,longitude,latitude,date,pm25,wind_speed\n"
LIST = "station,longitude,latitude\n1001A,105,36\n1002A,106,37\n"
NOT_NUMBERS = ["err", "#N/A", "<5", "12.3.4", "1,5", "1 234", "5*", "inf", "1_0", "0x10", "#REF!"]


def rows(count: int = 12, **cells: str) -> list[str]:
    """Rows of a tidy file: station S0 and on, with values 10 and on; ``S3="x"`` for the fourth."""
    return [f'S{at},105,36,2019-01-06,"{cells.get(f"S{at}", 10 + at)}",2\n' for at in range(count)]


@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_a_cell_that_is_no_number_is_missing_and_its_row_stays(
    write: Write, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    path = write("a.csv", HEAD + "".join(rows(S3=text)))
    observations = read_stations([path, write("b.csv", HEAD + "B,106,37,2019-01-06,5,1\n")])
    expected = [10.0, 11, 12, np.nan, *range(14, 22), 5]
    np.testing.assert_array_equal(observations.values["pm25"], [expected])
    np.testing.assert_array_equal(observations.values["wind_speed"], [[2.0] * 12 + [1]])
    remark = (
        "1 cell that cannot be read was left out, on line 5, column 'pm25': expected a number, got "
        f"{text!r}"
    )
    assert [file.remarks for file in observations.files] == [(remark,), ()]
    assert caplog.messages == [
        f"1 file was read without some cells or rows: a.csv, {remark}; "
        "--strict (strict=True) makes this an error"
    ]
    with pytest.raises(InputError, match=r"^a\.csv, line 5, column 'pm25': expected a number"):
        read_stations(path, strict=True)


@pytest.mark.parametrize(
    ("bad", "got"),
    [
        ("S12,105,36,2019-02-30,1,2\n", "expected a date such as 2019-01-06, got '2019-02-30'"),
        ("S12,105,36,06/01/2019,1,2\n", "got '06/01/2019'"),
        ("S12,105,36,2019-01-06 13:00,1,2\n", "got a time of the day, '2019-01-06 13:00'"),
        ("S12,105,36,#VALUE!,1,2\n", "got '#VALUE!'"),
        ("S12,105,36,,1,2\n", "got ''"),
        ("S12,105,36,0219-01-06,1,2\n", "got '0219-01-06'"),
        ("S12,105,36,2919-01-06,1,2\n", "got '2919-01-06'"),
        (",105,36,2019-01-06,1,2\n", "expected a code, got ''"),
    ],
)
@pytest.mark.parametrize("place", [0, 5, 12])
def test_a_row_without_a_time_or_a_code_is_left_out(
    write: Write, bad: str, got: str, place: int
) -> None:
    given = rows()
    given.insert(place, bad)
    observations = read_stations(write("a.csv", HEAD + "".join(given)))
    np.testing.assert_array_equal(observations.values["pm25"], [[*range(10, 22)]])
    assert observations.times.tolist() == np.array(["2019-01-06"], "datetime64[D]").tolist()
    (remark,) = observations.files[0].remarks
    assert remark.startswith(f"1 row that cannot be read was left out, on line {place + 2}, ")
    assert got in remark


def test_rows_and_cells_are_counted_in_one_remark_a_file_and_one_warning(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    bad = ["X,105,36,x,1,2\n", "Y,105,36,2019-01-06,err,?\n", "Z,105,36,2019-01-06,err,1\n"]
    files = [write(f"{name}.csv", HEAD + "".join(rows(30) + bad)) for name in "abcde"]
    observations = read_stations(files)
    for file in observations.files:
        (remark,) = file.remarks
        assert remark.startswith(
            "1 row and 3 cells that cannot be read were left out, such as on line 32, column "
        )
    (warning,) = caplog.messages
    assert warning.startswith("5 files were read without some cells or rows: a.csv, 1 row and 3")
    assert warning.endswith(
        "; and b.csv, c.csv, d.csv and 1 more; the remarks on the files (--json, "
        "Observations.files) name all"
    )
    assert len(warning) <= 300


@pytest.mark.parametrize(
    ("bad", "of", "refused"),
    [(1, 2, False), (2, 3, True), (3, 6, False), (4, 20, True), (4, 40, False), (5, 40, True)],
)
@pytest.mark.parametrize("column", [3, 4])
def test_many_are_a_wrong_column(
    write: Write, bad: int, of: int, refused: bool, column: int
) -> None:
    """Up to three, or a tenth, if no more than half; of rows as of cells."""
    given = [row.split(",") for row in rows(of)]
    for cells in given[:bad]:
        cells[column] = "x"
    path = write("a.csv", HEAD + "".join(map(",".join, given)))
    good = write("b.csv", HEAD + "B,106,37,2019-01-06,5,1\n")
    if refused:
        kind = "rows" if column == 3 else "cells"
        with pytest.raises(InputError, match=rf"^a.csv, line 2, .*'x'.*; {bad} of {of} {kind}"):
            read_stations([path, good])
    else:
        assert np.isfinite(read_stations([path, good]).values["pm25"]).sum() == of - bad + 1


def test_of_cells_with_something_in_them(write: Write) -> None:
    """Forty rows, of which five hold a value, and four of these no number."""
    cells = {f"S{at}": "" for at in range(40)} | {f"S{at}": "err" for at in range(4)} | {"S4": "5"}
    with pytest.raises(InputError, match=r"; 4 of 5 cells are so"):
        read_stations(write("a.csv", HEAD + "".join(rows(40, **cells))))


def test_all_files_with_many_are_named(write: Write) -> None:
    wrong = HEAD + "".join(rows(2, S0="a", S1="b"))
    files = [write(f"{at}.csv", wrong) for at in range(2)] + [write("good.csv", HEAD + rows()[0])]
    with pytest.raises(InputError, match=r"^0\.csv, line 2, .* and 1 more file .*: 1\.csv"):
        read_stations(files)


def cnemc(text: str) -> str:
    return "date,hour,type,1001A,1002A\n" + "".join(
        f"20190106,{hour},PM2.5,{text if hour == 7 else 40},60\n" for hour in range(24)
    )


@pytest.mark.parametrize("text", ["err", "<5"])
def test_of_cnemc_one_hour_of_one_station_is_missing(write: Write, text: str) -> None:
    stations = write("list.csv", LIST)
    path = write("a.csv", cnemc(text))
    given = {"stations": stations, "quality_control": False}
    missing = read_stations(path, min_hours=24, **given).values["pm25"]
    np.testing.assert_array_equal(missing, [[np.nan, 60]])
    observations = read_stations(path, min_hours=23, **given)
    np.testing.assert_array_equal(observations.values["pm25"], [[40, 60]])
    (remark,) = observations.files[0].remarks
    assert f"on line 9, column '1001A': expected a number, got {text!r}" in remark


@pytest.mark.parametrize("label", ["2019-13-06,7", "20190106,24", "20190106,x", "02190106,7"])
def test_of_cnemc_an_hour_without_a_time_is_left_out(write: Write, label: str) -> None:
    path = write("a.csv", cnemc("40").replace("20190106,7,", f"{label},"))
    observations = read_stations(
        path, stations=write("list.csv", LIST), min_hours=23, quality_control=False
    )
    np.testing.assert_array_equal(observations.values["pm25"], [[40, 60]])
    assert "1 row that cannot be read was left out, on line 9" in observations.files[0].remarks[0]


OPENAQ = "location_id,sensors_id,location,datetime,lat,lon,parameter,units,value\n"
SITE = "State Code,County Code,Site Num,Parameter Code,POC,Latitude,Longitude,Units of Measure"
AQS_DAILY = f"{SITE},Sample Duration,Date Local,Event Type,Observation Percent,Arithmetic Mean\n"
AQS_HOURLY = f"{SITE},Date GMT,Time GMT,Sample Measurement\n"
ISD = "STATION,DATE,LATITUDE,LONGITUDE,WND,TMP,DEW\n"
GSOD = "STATION,DATE,LATITUDE,LONGITUDE,TEMP,DEWP,WDSP\n"

# A file of 12 rows of values 1 to 12, and cells of the fifth to spoil with what it then lacks.
FORMATS = {
    "openaq": (
        OPENAQ,
        lambda at: f"7,7,X,2019-01-06T{at + 1:02}:00:00+08:00,36,105,pm25,µg/m³,{at + 1}\n",
        {"T05:00": "T25:00", "µg/m³,5": "µg/m³,err", "pm25,µg/m³": "pm25,ppm", "7,7": ",7"},
    ),
    "aqs daily": (
        AQS_DAILY,
        lambda at: f"1,2,{at + 1},88101,1,36,105,ug/m3,24 HOUR,2019-01-06,None,100,{at + 1}.0\n",
        {"-06": "-66", ",5.0": ",<5", "ug/m3": "ppm", "100": "all"},
    ),
    "aqs hourly": (
        AQS_HOURLY,
        lambda at: f"1,2,3,88101,1,36,105,ug/m3,2019-01-06,{at:02}:00,{at + 1}.0\n",
        {"04:00": "4 am", ",5.0": ",5.0.0"},
    ),
    "isd": (
        ISD,
        lambda at: f'5451,2019-01-06T{at:02}:00:00,36,105,"359,1,N,{at + 1}0,1","+10,1","+5,1"\n',
        {"T04:00": "T44:00", ",50,1": ",5O,1", "+10,1": "+10"},
    ),
    "gsod": (
        GSOD,
        lambda at: f"S{at:02},2019-01-06,36,105,27.5,4.8,{at + 1}.0\n",
        {"-06": "-66", ",5.0": ",calm", "S04": ""},
    ),
    "isd-lite": (
        "",
        lambda at: (
            f"2019 01 06 {at:02}   100    50 10290   320{10 * at + 10:6}     0     0     0\n"
        ),
        {"06 04": "06 24", "    50 10": "   5-0 10"},
    ),
}
CASES = [
    (name, old, new) for name, (_, _, faults) in FORMATS.items() for old, new in faults.items()
]


@pytest.mark.parametrize(("name", "old", "new"), CASES)
def test_in_every_format_the_others_are_as_without_it(
    write: Write, name: str, old: str, new: str
) -> None:
    header, row, _ = FORMATS[name]
    good = [row(at) for at in range(12)]
    spoilt = [*good[:4], good[4].replace(old, new, 1), *good[5:]]
    assert spoilt != good
    file_name = "545110-99999-2019" if name == "isd-lite" else "a.csv"
    history = write("history.csv", '"USAF","WBAN","LAT","LON"\n"545110","99999","+40","+116"\n')
    options = {"stations": history, "min_hours": 1, "quality_control": False, "timezone": "+08:00"}
    observations = read_stations(write(file_name, header + "".join(spoilt)), **options)
    without = read_stations(write(file_name, header + "".join(good[:4] + good[5:])), **options)
    for variable, table in without.values.items():
        found = observations.values[variable]
        if variable == "relative_humidity" and new == ",calm":
            found = np.delete(found, 4, axis=1)  # the row has its temperatures
        np.testing.assert_allclose(found[np.isfinite(found)], table[np.isfinite(table)])
    line = 6 if header else 5
    assert any(
        f" that cannot be read was left out, on line {line}" in remark
        for remark in observations.files[0].remarks
    )
    with pytest.raises(InputError, match=f"line {line}"):
        read_stations(write(file_name, header + "".join(spoilt)), strict=True, **options)


def test_of_parquet_and_of_tables_in_memory(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pyarrow.table(
        {
            "station": [f"S{at}" for at in range(12)],
            "longitude": [105.0] * 12,
            "latitude": [36.0] * 12,
            "date": ["2019-01-06"] * 11 + ["6 Jan"],
            "pm25": ["err", *map(str, range(11, 22))],
        }
    )
    parquet.write_table(table, tmp_path / "a.parquet")
    for source in (tmp_path / "a.parquet", table):
        observations = read_stations(source)
        np.testing.assert_array_equal(observations.values["pm25"], [[np.nan, *range(11, 21)]])
        assert observations.files[0].remarks == (
            "1 row and 1 cell that cannot be read were left out, such as on row 0, column "
            "'pm25': expected a number, got 'err'",
        )


def test_a_wrong_number_of_fields_is_an_error_still(write: Write) -> None:
    for bad in ("S3,105,36,2019-01-06,1\n", "S3,105,36,2019-01-06,1,2,3\n"):
        given = rows()
        given[3] = bad
        with pytest.raises(InputError, match=r"line 5: [57] fields where the header has 6"):
            read_stations(write("a.csv", HEAD + "".join(given)))


def test_a_cut_last_line_is_told_as_such(write: Write) -> None:
    path = write("a.csv", HEAD + "".join(rows(S3="err")) + "S12,105,36,2019-01-06,3,1e")
    observations = read_stations(path)
    np.testing.assert_array_equal(
        observations.values["pm25"], [[10, 11, 12, np.nan, *range(14, 22)]]
    )
    cell, cut = sorted(observations.files[0].remarks)
    assert cell.startswith("1 cell that cannot be read was left out, on line 5")
    assert cut == "ends within line 14, which was left out"


def test_a_year_in_pieces_is_judged_as_a_whole(
    write: Write, tiny_model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day of which all values, and another of which all dates are none, among forty days."""
    days = np.arange("2019-01-01", "2019-02-10", dtype="datetime64[D]").astype(str).tolist()
    given = [
        f"S{at},{105 + at},36,{'x' if day == days[20] else day},{'err' if day == days[9] else 5}\n"
        for day in days
        for at in range(2)
    ]
    path = write("large.csv", "station,longitude,latitude,date,pm25\n" + "".join(given))
    output = tmp_path / "out.nc"
    arguments = ["fuse", str(path), "-o", str(output), "--model", str(tiny_model_file), "--json"]
    summaries = []
    for largest in (10_000_000, 100):
        monkeypatch.setattr("pointfuse.stations.files.pieces.LARGEST_WHOLE", largest)
        result = CliRunner().invoke(main, [*arguments, "--min-stations", "1"])
        assert result.exit_code == 0, result.output
        summaries.append(json.loads(result.stdout))
        output.unlink()
    whole, pieces = summaries
    assert len(whole["days"]) == len(pieces["days"]) == 38
    assert whole["files"] == pieces["files"]
    assert whole["files"][0]["remarks"] == [
        "2 rows and 2 cells that cannot be read were left out, such as on line 20, column "
        "'pm25': expected a number, got 'err'"
    ]


@pytest.mark.parametrize(
    ("above", "separator"),
    [
        ("sep=;\n", ";"),
        ('"sep=,"\r\n', ","),
        ("# exported 2019-01-07, by hand\n# pm25 in ug/m3; daily\n", ","),
        ("\n\n", ","),
        ("\ufeffSEP=|\n#,,,,\n", "|"),
        ('# a "quotation, never closed\n', ","),
    ],
)
@pytest.mark.parametrize("quoted", [False, True])
def test_lines_above_the_header(write: Write, above: str, separator: str, quoted: bool) -> None:
    text = "".join(rows(S3="err")) if quoted else "".join(rows(S3="err")).replace('"', "")
    body = (HEAD + text).replace(",", separator)
    path = write("a.csv", above + body)
    observations = read_stations(path)
    np.testing.assert_array_equal(
        observations.values["pm25"], [[10, 11, 12, np.nan, *range(14, 22)]]
    )
    line = 5 + above.count("\n")
    assert any(f"on line {line}, column" in remark for remark in observations.files[0].remarks)
    # Cut off, it is read anew without its last line, and with what stands above.
    cut = read_stations(write("cut.csv", (above + body)[:-4]))
    assert cut.values["pm25"][0, -1] == 20


def test_lines_above_the_header_of_a_large_file(
    write: Write, tiny_model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pointfuse.stations.files.pieces.LARGEST_WHOLE", 100)
    given = [f"A;105;36;2019-01-{day:02};{day}\n" for day in range(1, 21)]
    given[6] = "A;105;36;2019-01-07;err\n"
    text = "sep=;\n# 2019-01-31\nstation;longitude;latitude;date;pm25\n" + "".join(given)
    output = tmp_path / "out.nc"
    arguments = ["fuse", write("a.csv", text), "-o", output, "--model", tiny_model_file, "--json"]
    result = CliRunner().invoke(main, [*map(str, arguments), "--min-stations", "1"])
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert len(summary["days"]) == 19
    assert any("on line 10, column 'pm25'" in remark for remark in summary["files"][0]["remarks"])


def test_what_spreadsheets_leave_behind(write: Write) -> None:
    """Columns and rows of separators alone, and rows that end with the last cell used."""
    text = (
        "station,longitude,latitude,date,pm25,,\n"
        "A,105,36,2019-01-06,5,,\n"
        ",,,,,,\n"
        " , , , , , ,\n"
        "B,106,37,2019-01-06,6\n"
        "C,107,38,2019-01-06,7,,,,\n"
        ",,\n"
    )
    for content in (text, text.replace("B,", '"B",')):
        observations = read_stations(write("a.csv", content))
        np.testing.assert_array_equal(observations.values["pm25"], [[5, 6, 7]])
        assert observations.files[0].remarks == ()
    # The 12 of a cut row may have been 120.
    cut = read_stations(write("b.csv", text + "D,108,39,2019-01-06,12"))
    assert cut.stations.code.tolist() == ["A", "B", "C"]
    stations = read_station_list(write("list.csv", "station,longitude,latitude,\nA,105,36,\n,,,\n"))
    assert stations.places == {"A": (105, 36)}
    assert stations.files[0].remarks == ()
