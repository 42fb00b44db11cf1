"""Files packed in any usual way, notes above a header, and JSON of any make."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pointfuse.errors import InputError, UnreadableFileError
from pointfuse.stations.files.pieces import pieces
from pointfuse.stations.reading import read_stations
from pointfuse.stations.tables.cells import UnreadableCells
from pointfuse.stations.tables.json_table import parse_json

Write = Callable[[str, str | bytes], Path]

TIDY = "station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,80\nB,106,36,2019-01-06,90\n"


def zipped(*files: tuple[str, str]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
        for name, text in files:
            members.writestr(name, text)
    return archive.getvalue()


PACKED = {
    "gz": gzip.compress(TIDY.encode()),
    "bz2": bz2.compress(TIDY.encode()),
    "xz": lzma.compress(TIDY.encode()),
    "zip": zipped(("day.csv", TIDY), ("__MACOSX/._day.csv", "x")),
}


@pytest.mark.parametrize("way", PACKED)
def test_a_packed_file_is_what_it_holds(write: Write, way: str) -> None:
    plain = read_stations(write("day.csv", TIDY))
    assert read_stations(write(f"day.csv.{way}", PACKED[way])) == plain
    # Not the name tells, but the first bytes.
    assert read_stations(write("day", PACKED[way])) == plain


@pytest.mark.parametrize("way", PACKED)
def test_a_packed_file_that_is_damaged(write: Write, way: str) -> None:
    content = PACKED[way]
    names = {"gz": "gzip", "bz2": "bzip2", "xz": "xz", "zip": "zip"}
    for size in range(6, len(content), 7):
        with pytest.raises(UnreadableFileError, match=f"damaged or cut-off {names[way]} file"):
            read_stations(write("day", content[:size]))


def test_an_archive_of_several_files_or_of_none(write: Write) -> None:
    several = zipped(("a.csv", TIDY), ("b.csv", TIDY), ("c.csv", TIDY), ("d.csv", TIDY))
    with pytest.raises(UnreadableFileError, match=r"of 4 files \(a\.csv, b\.csv, c\.csv, \.\.\.\)"):
        read_stations(write("all.zip", several))
    with pytest.raises(UnreadableFileError, match="is a zip archive of 2 files"):
        read_stations(write("two.zip", zipped(("a.csv", ""), ("b.csv", ""))))


def test_a_workbook_is_named(write: Write) -> None:
    book = zipped(("[Content_Types].xml", "<x/>"), ("xl/workbook.xml", "<x/>"))
    with pytest.raises(UnreadableFileError, match=r"is an Excel workbook, no table of .* as CSV"):
        read_stations(write("day.xlsx", book))


@pytest.mark.slow
@pytest.mark.parametrize("way", ["", *PACKED])
def test_large_files_in_pieces_however_packed(write: Write, tmp_path: Path, way: str) -> None:
    """With notes above the header, which stand in every piece."""
    days = [f"2019-01-{day:02}" for day in range(1, 4)]
    rows = "".join(f"S{n:05},105,36,{day},{n % 90}\n" for day in days for n in range(30_000))
    text = "some notes\nof two lines\n" + TIDY.partition("\n")[0] + "\n" + rows
    pack = {"": str.encode, "gz": lambda t: gzip.compress(t.encode(), 1)} | {
        "bz2": lambda t: bz2.compress(t.encode(), 1),
        "xz": lambda t: lzma.compress(t.encode(), preset=0),
        "zip": lambda t: zipped(("a.csv", t)),
    }
    path = write("large.csv", pack[way](text))
    (tmp_path / "scratch").mkdir()
    found = []
    for piece in pieces(path, tmp_path / "scratch"):
        head, count = piece.read_text().splitlines()[:3], piece.read_text().count("\n")
        assert head == text.splitlines()[:3]
        found.append(count - 3)
    assert found == [30_000] * 3


def test_large_json_is_left_whole(write: Write, tmp_path: Path) -> None:
    record = {"station": "A", "longitude": 105, "latitude": 36, "date": "2019-01-06", "pm25": 80}
    path = write("large.json", json.dumps([record] * 30_000))
    (tmp_path / "scratch").mkdir()
    assert list(pieces(path, tmp_path / "scratch")) == [path]


@pytest.mark.parametrize(
    "notes", ["Report of January\n", "a,b,c\n1,2,3\n\n", '"a note, and more"\n']
)
def test_notes_above_the_header(write: Write, notes: str) -> None:
    assert read_stations(write("n.csv", notes + TIDY)) == read_stations(write("t.csv", TIDY))


def test_a_fault_below_notes_names_its_line(write: Write) -> None:
    text = "a note\nanother\n" + TIDY.replace("80", "x")
    with pytest.raises(InputError, match="line 4, column 'pm25': expected a number, got 'x'"):
        read_stations(write("n.csv", text), strict=True)


RECORDS = [
    {"station": "A", "longitude": 105, "latitude": 36, "date": "2019-01-06", "pm25": 80.5},
    {"station": "B", "longitude": 106, "latitude": 36, "date": "2019-01-06", "pm25": None},
]
SHAPES = {
    "records": RECORDS,
    "in an answer": {"status": "ok", "data": {"rows": RECORDS, "notes": [{"x": 1}]}},
    "columns": {key: {str(at): each[key] for at, each in enumerate(RECORDS)} for key in RECORDS[0]},
    "split": {
        "columns": list(RECORDS[0]),
        "index": [0, 1],
        "data": [list(each.values()) for each in RECORDS],
    },
}


@pytest.mark.parametrize("shape", SHAPES)
def test_tidy_json_as_pandas_and_interfaces_write_it(write: Write, shape: str) -> None:
    observations = read_stations(write("a.json", json.dumps(SHAPES[shape])))
    assert observations.files[0].format == "tidy"
    assert observations.stations.code.tolist() == ["A", "B"]
    np.testing.assert_array_equal(observations.values["pm25"], [[80.5, np.nan]])


def test_a_fault_in_json_names_the_record(write: Write) -> None:
    bad = [RECORDS[0], RECORDS[1] | {"pm25": "x"}]
    with pytest.raises(InputError, match=r"a\.json, record 2, column 'pm25': .* got 'x'"):
        read_stations(write("a.json", json.dumps(bad)), strict=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"station": "A"', r"is damaged or cut-off JSON \(.*\); get it again"),
        ("{}", "is JSON without a table; expected a list of records"),
        ("[[1, 2]]", "is JSON without a table"),
        ("[" * 100_000, "is damaged or cut-off JSON"),
        ('[{"a": 1}]', "is in no known format: the header is a, in which no column"),
    ],
)
def test_json_that_is_no_table(write: Write, text: str, message: str) -> None:
    with pytest.raises(UnreadableFileError, match=message) as caught:
        read_stations(write("a.json", text))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(content=JSON)
def test_any_json_is_a_table_or_refused(content: object) -> None:
    try:
        table = parse_json("a.json", json.dumps(content).encode(), UnreadableCells())
    except UnreadableFileError as error:
        assert "\n" not in str(error)
    else:
        for _, cells in table.rows():
            assert len(cells) == len(table.header)
            assert all(isinstance(cell, str) for cell in cells)
