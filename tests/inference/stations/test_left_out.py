"""One bad file or line among many costs that file or line, told once, and never the run."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from pointfuse.commands.main import main
from pointfuse.errors import InputError, UnreadableFileError
from pointfuse.stations.files.pieces import LARGEST_WHOLE
from pointfuse.stations.readers.station_list import read_station_list
from pointfuse.stations.reading import read_stations

Write = Callable[[str, str | bytes], Path]

HEAD = "station,longitude,latitude,date,pm25\n"
LIST = "station,longitude,latitude\n1001A,105,36\n1002A,106,37\n"


def tidy(day: int) -> str:
    return f"{HEAD}A,105,36,2019-01-{day:02},{10 + day}\nB,106,37,2019-01-{day:02},{20 + day}\n"


def cnemc(day: int, hours: int = 24) -> str:
    rows = (
        f"201901{day:02},{hour},PM2.5,{40 + hour},{120 + hour}\n201901{day:02},{hour},PM10,5,5\n"
        for hour in range(hours)
    )
    return "date,hour,type,1001A,1002A\n" + "".join(rows)


USELESS = {
    "empty.csv": b"",
    "blank.csv": b"\n\n",
    "page.csv": b"<html>\n<body>504 Gateway Timeout</body></html>\n",
    "image.png": b"\x89PNG\r\n\x1a\n\0\0",
    "cut.csv.gz": gzip.compress(tidy(9).encode())[:-20],
    "cut.nc": b"CDF\x01\0\0",
    "damaged.nc": b"\x89HDF\r\n\x1a\n" + bytes(50),
    "list.csv": LIST.encode(),
    "header.csv": HEAD.encode(),
    "latin.csv": (HEAD + "Zürich,8,47,2019-01-06,5\n").encode("latin-1"),
    "nowhere.csv": (HEAD + "A,-999,-999,2019-01-06,5\n").encode(),
    "other.csv": b"city,population\nX,5\n",
    "no2.csv": (HEAD.replace("pm25", "no2") + "A,105,36,2019-01-06,5\n").encode(),
    "cut.csv": (HEAD + "A,105,36,20").encode(),
}


@pytest.mark.parametrize("name", USELESS)
def test_a_useless_file_among_good_ones_is_left_out(
    write: Write, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    files = [write("a.csv", tidy(6)), write(name, USELESS[name]), write("b.csv", tidy(7))]
    observations = read_stations(files)
    np.testing.assert_array_equal(observations.values["pm25"], [[16, 26], [17, 27]])
    (warning,) = caplog.messages
    assert warning.startswith(f"1 of 3 files was left out: {name}")
    assert "\n" not in warning
    assert [(file.name, file.format) for file in observations.files] == [
        *(("a.csv", "tidy"), ("b.csv", "tidy"), (name, "left out"))
    ]
    assert observations.files[2].remarks[0].startswith(name)
    with pytest.raises(InputError, match=f"^{name}"):
        read_stations(files, strict=True)


@pytest.mark.parametrize("name", USELESS)
def test_alone_it_is_an_error(write: Write, name: str) -> None:
    with pytest.raises(UnreadableFileError, match=f"^{name}") as caught:
        read_stations(write(name, USELESS[name]))
    assert len(str(caught.value)) <= 300


def test_many_are_counted_and_all_are_in_the_files(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    files = [write(name, content) for name, content in USELESS.items()]
    observations = read_stations([*files, write("good.csv", tidy(6))])
    (warning,) = caplog.messages
    assert warning.startswith(f"{len(files)} of {len(files) + 1} files were left out: empty.csv is")
    assert "Observations.files" in warning
    assert [file.name for file in observations.files[1:]] == list(USELESS)


def test_nothing_left(write: Write) -> None:
    files = [write(f"{at}.csv", "") for at in range(3)]
    with pytest.raises(
        UnreadableFileError,
        match=r"0\.csv is empty .* and 2 more files that cannot be read: 1\.csv, 2\.csv",
    ):
        read_stations(files)


@pytest.mark.parametrize(
    "ending",
    [
        "201901{day},23,PM10,10",
        "201901{day},23,PM2.5,12",
        "201901{day},2",
        "201901{day},23,PM2.5,12,1e",
        '201901{day},23,PM2.5,12,"4',
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_cut_last_line_is_left_out(
    write: Write, caplog: pytest.LogCaptureFixture, ending: str, newline: str
) -> None:
    cut = cnemc(7, hours=23) + ending.format(day="07")
    files = [
        write("a.csv", cnemc(6)),
        write("b.csv", cut.replace("\n", newline)),
        write("c.csv", cnemc(8)),
    ]
    stations = write("list.csv", LIST)
    observations = read_stations(files, stations=stations, quality_control=False)
    # Hours 0 to 23 of 40 to 63 and 120 to 143; on the second day to 22.
    np.testing.assert_allclose(
        observations.values["pm25"], [[51.5, 131.5], [51.0, 131.0], [51.5, 131.5]]
    )
    assert observations.files[1].remarks == (
        "ends within line 48, which was left out",
        "its hours go up to 2019-01-07T22",
    )
    (warning,) = caplog.messages
    assert warning.startswith("the last line was left out of 1 file that is cut off: b.csv;")
    with pytest.raises(InputError, match="line 48"):
        read_stations(files, stations=stations, strict=True)


def test_a_whole_last_line_without_an_end_is_used(write: Write) -> None:
    observations = read_stations(write("a.csv", tidy(6).rstrip("\n")))
    np.testing.assert_array_equal(observations.values["pm25"], [[16, 26]])
    assert observations.files[0].remarks == (
        "its last line has no end; the last value, 26, may be cut off",
    )


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_file_that_ends_within_a_character(write: Write, encoding: str) -> None:
    text = f"{HEAD}奥体中心,105,36,2019-01-06,5\n万寿西宫,106,37,2019-01-06,6\n上海"
    content = text.encode(encoding)[:-1]
    observations = read_stations(write("a.csv", content))
    assert observations.stations.code.tolist() == ["奥体中心", "万寿西宫"]
    assert observations.files[0].remarks == ("ends within line 4, which was left out",)


def test_every_cut_of_a_file_costs_its_last_line_at_most(write: Write) -> None:
    """A file of values of two digits, cut after each of its bytes."""
    whole = HEAD + "".join(f"S{at},11{at}.5,3{at}.5,2019-01-06,{at}5\n" for at in range(9))
    for size in range(len(HEAD) + 25, len(whole)):
        observations = read_stations(write("a.csv", whole[:size]))
        lines = whole[:size].count("\n") - 1
        values = observations.values["pm25"][0]
        np.testing.assert_array_equal(values[:lines], [10 * at + 5 for at in range(lines)])
        assert len(values) <= lines + 1


def test_a_short_row_elsewhere_names_all_such_files(write: Write) -> None:
    short = cnemc(7).replace("20190107,3,PM10,5,5\n", "20190107,3,PM10,5\n")
    files = [write("a.csv", cnemc(6)), write("b.csv", short), write("c.csv", short)]
    with pytest.raises(
        InputError, match=r"^b\.csv, line 9: 4 fields where the header has 5; .* 1 more .*: c\.csv"
    ) as caught:
        read_stations(files, stations=write("list.csv", LIST))
    assert not isinstance(caught.value, UnreadableFileError)


def test_a_cut_station_list(write: Write) -> None:
    found = read_station_list(write("list.csv", LIST + "1003A,107,3"))
    assert found.places == {"1001A": (105, 36), "1002A": (106, 37), "1003A": (107, 3)}
    found = read_station_list(write("list.csv", LIST + "1003A,10"))
    assert list(found.places) == ["1001A", "1002A"]
    assert found.files[0].remarks == ("ends within line 4, which was left out",)


def test_the_command_goes_on_and_says_so(
    write: Write, tiny_model_file: Path, tmp_path: Path
) -> None:
    for at, (name, content) in enumerate([("a.csv", tidy(6)), ("b.csv", ""), ("c.csv", tidy(7))]):
        write(name, content if at != 2 else content + "C,107,3")
    output = tmp_path / "out.nc"
    arguments = ["fuse", f"{tmp_path}/*.csv", "-o", str(output), "--model", str(tiny_model_file)]
    result = CliRunner().invoke(main, [*arguments, "--json", "--min-stations", "1"])
    assert result.exit_code == 0, result.output
    files = {file["name"]: file for file in json.loads(result.stdout)["files"]}
    assert files["b.csv"]["format"] == "left out"
    assert files["c.csv"]["remarks"] == ["ends within line 4, which was left out"]
    output.unlink()
    result = CliRunner().invoke(main, [*arguments, "--strict"])
    assert result.exit_code == 1
    assert "b.csv is empty" in result.stderr
    assert "c.csv" in result.stderr
    assert not output.exists()


def test_a_large_file_that_is_cut_is_read_in_pieces_all_the_same(
    write: Write, tiny_model_file: Path, tmp_path: Path
) -> None:
    """The last line, without a date of its own, would be a piece of its own."""
    padding = "x" * 3000
    rows = [
        f"A,105,36,2019-01-{day:02},{day},{padding}\nB,106,37,2019-01-{day:02},5,{padding}\n"
        for day in range(1, 29)
    ]
    text = HEAD.replace("pm25", "pm25,note") + "".join(rows) * 13
    assert len(text) > LARGEST_WHOLE
    output = tmp_path / "out.nc"
    path = write("large.csv", text + "A,105,36,2019-0")
    arguments = ["fuse", path, "-o", output, "--model", tiny_model_file, "--json"]
    result = CliRunner().invoke(main, [*map(str, arguments), "--min-stations", "1"])
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert summary["files"][0]["times"] == 28
    assert summary["files"][0]["remarks"][-1].startswith("ends within line")


@pytest.mark.parametrize("end", ["", "\n"])
def test_the_last_value_of_a_file_without_an_end(write: Write, end: str) -> None:
    text = f"{HEAD}A,105,36,2019-01-06,5\nB,106,37,2019-01-06,12"
    observations = read_stations(write("a.csv", text + end))
    np.testing.assert_array_equal(observations.values["pm25"], [[5, 12]])
    said = ("its last line has no end; the last value, 12, may be cut off",)
    assert observations.files[0].remarks == (() if end else said)
