"""Tables of pandas and its like, read by the rules of tidy files."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pointfuse
from pointfuse.errors import ArgumentError, InputError
from pointfuse.model.loading import Model
from pointfuse.stations.reading import read_stations

Write = Callable[[str, str | bytes], Path]


class Series:
    """A column, as pandas and polars give one."""

    def __init__(self, values: list[Any]) -> None:
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def to_list(self) -> list[Any]:
        return list(self._values)


class Frame:
    """A table with columns by name, and nothing else that pandas has."""

    def __init__(self, **columns: list[Any]) -> None:
        self._columns = columns

    @property
    def columns(self) -> list[str]:
        return list(self._columns)

    def __getitem__(self, name: str) -> Series:
        return Series(self._columns[name])


DAYS: list[Any] = [datetime.datetime(2019, 1, 6), datetime.date(2019, 1, 6), "2019-1-6"]


def frame(**changed: list[Any]) -> Frame:
    columns: dict[str, list[Any]] = {
        "station": ["A1", "A2", "A3"],
        "longitude": [105, 106.5, 107],
        "latitude": [36.0, 36.5, 37.0],
        "date": DAYS,
        "pm25": [80.0, None, float("nan")],
    }
    return Frame(**(columns | changed))


def test_of_days() -> None:
    observations = read_stations(frame())
    assert observations.stations.code.tolist() == ["A1", "A2", "A3"]
    assert observations.stations.longitude.tolist() == [105, 106.5, 107]
    assert [str(day) for day in observations.times] == ["2019-01-06"]
    np.testing.assert_array_equal(observations.values["pm25"], [[80.0, np.nan, np.nan]])
    (file,) = observations.files
    assert (file.name, file.format, file.stations) == ("the table", "table", 3)


def test_of_instants_with_other_names_of_columns() -> None:
    zone = datetime.timezone(datetime.timedelta(hours=8))
    hours = [datetime.datetime(2019, 1, 6, hour, tzinfo=zone) for hour in range(24)]
    table = Frame(
        Site=[7.0] * 24,
        Lat=[36.0] * 24,
        Lon=[105.0] * 24,
        DateTime=hours,
        **{"PM2.5 [mg/m3]": [hour / 1000 for hour in range(24)]},
    )
    observations = read_stations(table, min_hours=24)
    assert observations.stations.code.tolist() == ["7"]  # whole numbers beside missing ones
    np.testing.assert_allclose(observations.values["pm25"], [[11.5]], rtol=1e-12)


def test_beside_files_and_other_tables(write: Write) -> None:
    path = write("t.csv", "station,longitude,latitude,date,pm25\nB,108,36,2019-01-06,5\n")
    observations = read_stations([frame(), path, frame(station=["C1", "C2", "C3"])])
    assert observations.stations.code.tolist() == ["A1", "A2", "A3", "B", "C1", "C2", "C3"]


def test_places_from_a_list(write: Write) -> None:
    stations = write("list.csv", "station,longitude,latitude\nA1,105,36\n")
    table = Frame(station=["A1"], date=["2019-01-06"], pm25=[5])
    assert read_stations(table, stations=stations).stations.longitude.tolist() == [105]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"pm25": [1, "x", 2]}, "^the table, row 1, column 'pm25': expected a number, got 'x'"),
        ({"date": [datetime.datetime(2019, 1, 6, 13)] * 3}, "row 0, column 'date': .* time of"),
        ({"longitude": [-999] * 3}, "row 0: expected a longitude .* got -999 and 36.0"),
        ({"station": ["A1", None, "A3"]}, "row 1, column 'station': expected a code, got ''"),
        ({"station": ["A", "A", "B"]}, "row 1: station A stands at"),
        ({"pm25 [ppm]": [1, 2, 3], "pm25": [1, 2, 3]}, "names pm25 twice"),
        ({key: [] for key in ("station", "longitude", "latitude", "date", "pm25")}, "no rows"),
    ],
)
def test_messages_name_the_row(changed: dict[str, list[Any]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_stations(frame(**changed), strict=True)


def test_a_table_that_is_not_tidy() -> None:
    with pytest.raises(InputError, match=r"not tidy: expected the columns .* reset_index\(\)$"):
        read_stations(Frame(a=[1], b=[2]))


def test_fuse_takes_what_can_be_read(
    tiny_model: Model, write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = "station,longitude,latitude,date,pm25\nA1,105,36,2019-01-06,80\n"
    path = write("a.csv", text)
    monkeypatch.chdir(tmp_path)
    table = frame(pm25=[80.0, None, None])
    expected = pointfuse.fuse(read_stations(path), tiny_model, quality_control=False).values
    for source in (table, path, "a.csv", "*.csv", [path], (str(path),)):
        fields = pointfuse.fuse(source, tiny_model, quality_control=False)
        np.testing.assert_array_equal(fields.values, expected)


def test_patterns_are_expanded_as_the_command_does(write: Write, tmp_path: Path) -> None:
    for day in (6, 7):
        write(f"{day}.csv", f"station,longitude,latitude,date,pm25\nA,105,36,2019-01-0{day},1\n")
    assert len(read_stations(f"{tmp_path}/*.csv").times) == 2
    assert len(read_stations([tmp_path / "[67].csv"]).times) == 2
    with pytest.raises(FileNotFoundError, match=r"no file matches the pattern .*\*\.txt'"):
        read_stations(tmp_path / "*.txt")


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_the_real_libraries(library: str) -> None:
    frames = pytest.importorskip(library)
    table = frames.DataFrame(
        {
            "station": ["A1", "A2"],
            "longitude": [105.0, 106.5],
            "latitude": [36.0, 36.5],
            "date": [datetime.datetime(2019, 1, 6)] * 2,
            "pm25": [80.0, None],
        }
    )
    np.testing.assert_array_equal(read_stations(table).values["pm25"], [[80.0, np.nan]])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "got None$"),
        (3, "got int$"),
        ({"station": ["A"]}, "got dict; make a table of it"),
        (b"a.csv", "got bytes$"),
        (np.zeros((2, 2)), r"got numpy\.ndarray$"),
        ([None], "got None$"),
        ([["a.csv"]], "got list$"),
    ],
)
def test_what_is_no_source(given: Any, message: str, tiny_model: Model) -> None:
    for call in (read_stations, lambda source: pointfuse.fuse(source, tiny_model)):
        with pytest.raises(ArgumentError, match=f"expected station files - .*{message}") as caught:
            call(given)
        assert isinstance(caught.value, TypeError)


def test_an_open_file_is_refused(write: Write) -> None:
    with (
        write("a.csv", "x").open() as file,
        pytest.raises(ArgumentError, match="give the path in place of the open file"),
    ):
        read_stations(file)  # type: ignore[arg-type]


class Missing:
    """A missing value of a type of its own, equal to nothing, as pandas has them."""

    def __init__(self, written: str) -> None:
        self._written = written

    def __repr__(self) -> str:
        return self._written

    def __eq__(self, other: object) -> bool:
        raise TypeError("boolean value of NA is ambiguous")

    __hash__ = None  # type: ignore[assignment]


MISSING: list[Any] = [None, float("nan"), Missing("<NA>"), Missing("NaT"), "nan", "<NA>", "None"]


@pytest.mark.parametrize("nothing", MISSING, ids=repr)
def test_a_missing_station_is_no_station(nothing: Any) -> None:
    observations = read_stations(frame(station=["A1", nothing, "A3"], pm25=[80, 90, 70]))
    assert observations.stations.code.tolist() == ["A1", "A3"]
    np.testing.assert_array_equal(observations.values["pm25"], [[80, 70]])
    (remark,) = observations.files[0].remarks
    assert remark.startswith("1 row that cannot be read was left out, on row 1, column 'station'")


@pytest.mark.parametrize("column", ["longitude", "date", "pm25"])
@pytest.mark.parametrize("nothing", MISSING[:4], ids=repr)
def test_a_missing_cell_of_any_column(column: str, nothing: Any) -> None:
    cells: list[Any] = {"longitude": [105, 106, 107], "date": DAYS, "pm25": [1, 2, 3]}[column][:]
    cells[1] = nothing
    observations = read_stations(frame(**{column: cells}))
    assert observations == read_stations(frame(**{column: [cells[0], "", cells[2]]}))
    assert observations.stations.code.tolist()[0] == "A1"


def test_names_of_places_are_codes() -> None:
    observations = read_stations(frame(station=["NA", "Nan", "none"]))
    assert observations.stations.code.tolist() == ["NA", "Nan", "none"]


def test_the_class_is_no_table() -> None:
    for given in (Frame, [Frame]):
        with pytest.raises(ArgumentError, match=r"table .* - got the class Frame"):
            read_stations(given)  # type: ignore[arg-type]


def test_an_empty_name_is_told() -> None:
    for given in ("", [""]):
        with pytest.raises(InputError, match="no file name was given"):
            read_stations(given)
