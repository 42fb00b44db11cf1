"""Tables of pandas and its like, read by the rules of tidy files."""

from __future__ import annotations

import datetime
import gzip
import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import pointfuse
from pointfuse.errors import ArgumentError, InputError
from pointfuse.model.loading import Model
from pointfuse.stations.readers.network_list import StationList
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
    assert (file.name, file.format, file.stations) == ("the table", "tidy", 3)


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


TIDY = "station,longitude,latitude,date,pm25\nA1,105,36,2019-01-06,80\n"


def test_open_files_of_text_and_bytes_packed_or_not(write: Write, tiny_model: Model) -> None:
    path = write("a.csv", TIDY)
    expected = read_stations(path)
    with path.open() as text, path.open("rb") as binary:
        assert read_stations(text) == expected
        assert read_stations([binary]) == expected
    packed = io.BytesIO(gzip.compress(TIDY.encode()))
    assert read_stations(packed) == expected
    assert read_stations(io.StringIO(TIDY)).files[0].name == "the open file"
    fields = pointfuse.fuse(io.StringIO(TIDY), tiny_model, quality_control=False)
    assert fields.values.max() == 80.0


def test_an_open_file_that_cannot_be_read_is_named(write: Write) -> None:
    with (
        write("a.csv", "x,y\n1,2\n").open("rb") as file,
        pytest.raises(InputError, match=r"a\.csv is in no known format"),
    ):
        read_stations(file)


def test_a_table_of_another_format() -> None:
    """Such as pandas.read_csv makes of a file of CPCB."""
    table = Frame(
        StationId=["DL001"], Date=["2019-01-06"], **{"PM2.5": [120.5], "AQI_Bucket": ["Poor"]}
    )
    stations = StationList({"DL001": (77.2, 28.6)}, {}, ())
    observations = read_stations(table, stations=stations)
    assert observations.files[0].format == "cpcb"
    np.testing.assert_array_equal(observations.values["pm25"], [[120.5]])


class Points(Series):
    """The points of a table of geopandas, in degrees or in kilometres."""

    geom_type = "Point"

    def __init__(self, east: list[float], north: list[float]) -> None:
        super().__init__([object() for _ in east])
        self.x, self.y = Series(east), Series(north)


class GeoFrame(Frame):
    """A table with points, as geopandas has them."""

    def __init__(self, scale: float, **columns: list[Any]) -> None:
        super().__init__(**columns)
        self.crs = SimpleNamespace(is_geographic=scale == 1)
        self.geometry = Points([105 * scale], [36 * scale])
        self._table = columns

    @property
    def columns(self) -> list[str]:
        return [*super().columns, "geometry"]

    def __getitem__(self, name: str) -> Series:
        return self.geometry if name == "geometry" else super().__getitem__(name)

    def to_crs(self, crs: str) -> GeoFrame:
        assert crs == "EPSG:4326"
        return GeoFrame(1, **self._table)


@pytest.mark.parametrize("scale", [1, 1000])
def test_points_of_geopandas_are_places(scale: float) -> None:
    table = GeoFrame(scale, station=["A1"], date=["2019-01-06"], pm25=[80])
    stations = read_stations(table).stations
    assert (stations.longitude.tolist(), stations.latitude.tolist()) == ([105.0], [36.0])


def test_a_dataset_of_xarray() -> None:
    xarray = pytest.importorskip("xarray")
    days = np.array(["2019-01-06", "2019-01-07"], "datetime64[ns]")
    dataset = xarray.Dataset(
        {"pm25": (("time", "station"), [[0.08, 0.09], [np.nan, 0.1]], {"units": "mg m-3"})},
        {
            "time": days,
            "station": ["A1", "A2"],
            "lon": ("station", [105.0, 106.5]),
            "lat": ("station", [36.0, 36.5]),
        },
    )
    observations = read_stations(dataset)
    assert observations.times.astype(str).tolist() == ["2019-01-06", "2019-01-07"]
    assert observations.stations.longitude.tolist() == [105.0, 106.5]
    np.testing.assert_allclose(observations.values["pm25"], [[80, 90], [np.nan, 100]], rtol=1e-12)
    # Hours, and codes that have the role of CF beside a dimension of numbers.
    hourly = dataset.assign_coords(time=days + np.timedelta64(13, "h")).drop_vars("station")
    codes = xarray.Variable("station", ["B1", "B2"], {"cf_role": "timeseries_id"})
    hours = read_stations(hourly.assign_coords(name=codes), min_hours=1)
    assert hours.stations.code.tolist() == ["B1", "B2"]
    assert hours.hours is not None
    assert str(hours.hours.times[0]) == "2019-01-06T13"
    with pytest.raises(InputError, match=r"a Dataset with the variables .*; expected one of s"):
        read_stations(xarray.Dataset({"pm25": (("y", "x"), np.ones((2, 2)))}))


def test_a_table_of_geopandas_itself() -> None:
    geopandas = pytest.importorskip("geopandas")
    table = geopandas.GeoDataFrame(
        {"station": ["A1"], "date": ["2019-01-06"], "pm25": [80.0]},
        geometry=geopandas.points_from_xy([105.0], [36.0]),
        crs="EPSG:4326",
    )
    # Within a micrometre after a projection and back.
    for each in (table, table.to_crs(3857)):
        stations = read_stations(each).stations
        np.testing.assert_allclose(stations.longitude, [105.0], rtol=1e-11)
        np.testing.assert_allclose(stations.latitude, [36.0], rtol=1e-11)
    with pytest.raises(InputError, match="a geometry that is not of points"):
        read_stations(table.set_geometry(table.to_crs(3857).buffer(1)))


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


def test_an_open_file_that_is_closed_or_written_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tidy.csv"
    writing = path.open("w", encoding="utf-8")
    with writing, pytest.raises(InputError, match=r"tidy\.csv cannot be read: not readable; open"):
        read_stations(writing)
    with pytest.raises(InputError, match=r"cannot be read: .* closed file"):
        read_stations(writing)


def test_a_dataset_of_fields_is_no_table_of_stations() -> None:
    """Its cells and its stations would be combined into more rows than memory holds."""
    xarray = pytest.importorskip("xarray", reason="pip install xarray")
    fields = xarray.Dataset(
        {"pm25": (("time", "y", "x"), np.ones((2, 400, 400)))},
        {"station": np.arange(1600), "longitude": ("station", np.full(1600, 110.0))},
    )
    with pytest.raises(InputError, match=r"x \(400\).*; expected one of stations, in which each"):
        read_stations(fields)
