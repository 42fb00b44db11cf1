"""Values at places: the same as xarray reads, whoever gives the places and however."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray
from field_tables import check_refused, read_csv, run
from hypothesis import given
from hypothesis import strategies as st

import pointfuse
from pointfuse import (
    ArgumentError,
    FusedFields,
    InputError,
    Model,
    Observations,
    PointfuseError,
    Stations,
    fuse,
)
from pointfuse.fields.day_status import DayStatus
from pointfuse.fields.places.points import Places, places_of, read_places

DAYS = np.array(["2019-01-06", "2019-01-07", "2019-01-08"], "datetime64[D]")
PLACES = {"Xi'an": (108.9, 34.3), "Paris": (2.35, 48.85), "Lanzhou": (103.8, 36.1)}
OUTSIDE = "1 place outside the grid without values, first Paris (2.35, 48.85)"


@pytest.fixture(scope="module")
def fields(uneven_model: Model) -> FusedFields:
    """Three days, the second with too few stations; fields differ from cell to cell."""
    stations = Stations(
        np.array(["A", "B", "C"]), np.array([105.0, 108.0, 110.0]), np.array([36.0, 36.5, 34.0])
    )
    values = np.array([[10.0, 30.0, 20.0], [9.0, np.nan, np.nan], [12.0, np.nan, 24.0]])
    observations = Observations(stations, DAYS, {"pm25": values})
    fused = fuse(observations, uneven_model)
    too_few = np.array([1, np.nan, 1], np.float32)[:, None, None]
    return replace(
        fused,
        values=fused.values * too_few,
        uncertainty=fused.uncertainty * too_few,
        station_distance=fused.station_distance * too_few,
        status=np.array([0, DayStatus.TOO_FEW_STATIONS, 0], np.int8),
    )


@pytest.fixture(scope="module")
def file(fields: FusedFields, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fields.to_netcdf(tmp_path_factory.mktemp("fields") / "pm25.nc")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "places.csv"
    rows = [f"{name},{x},{y}\n" for name, (x, y) in PLACES.items()]
    path.write_text("school,lon,lat\n" + "".join(rows), encoding="utf-8")
    return path


def by_xarray(file: Path, grid: pointfuse.Grid, method: str) -> xarray.Dataset:
    """What xarray reads at the places on the grid."""
    lon, lat = np.array([PLACES["Xi'an"], PLACES["Lanzhou"]]).T
    x, y = (xarray.DataArray(part, dims="place") for part in grid.projection.forward(lon, lat))
    with xarray.open_dataset(file) as dataset:
        names = ["pm25", "pm25_uncertainty", "station_distance"]
        chosen = dataset[names].load()
    if method == "nearest":
        return chosen.sel(x=x, y=y, method="nearest")
    return chosen.interp(x=x, y=y, method="linear")


def test_a_series_of_the_nearest_cells_is_that_of_xarray_to_the_bit(
    file: Path, table: Path, tmp_path: Path, fields: FusedFields
) -> None:
    code, said = run("extract", file, table, "-o", tmp_path / "series.csv")
    assert (code, said.splitlines()[-1]) == (
        0,
        f"wrote {tmp_path / 'series.csv'}: 3 places on 3 days",
    )
    found = read_csv(tmp_path / "series.csv")
    assert found["place"] == [*PLACES] * 3
    assert found["date"] == [str(day) for day in DAYS for _ in PLACES]
    expected = by_xarray(file, fields.model.grid, "nearest")
    for column, name in (
        ("pm25", "pm25"),
        ("pm25_uncertainty", "pm25_uncertainty"),
        ("station_distance_km", "station_distance"),
    ):
        cells = np.array([text or "nan" for text in found[column]]).astype(np.float32)
        wanted = np.full((3, 3), np.nan, np.float32)
        wanted[:, [0, 2]] = expected[name].values
        # Bits, so that NaN counts too.
        np.testing.assert_array_equal(cells.view(np.int32), wanted.ravel().view(np.int32))


def test_a_series_between_centres_is_that_of_xarray(
    file: Path, table: Path, tmp_path: Path, fields: FusedFields
) -> None:
    pandas = pytest.importorskip("pandas")
    run("extract", file, table, "-o", tmp_path / "series.parquet", "--method", "bilinear")
    found = pandas.read_parquet(tmp_path / "series.parquet")
    expected = by_xarray(file, fields.model.grid, "bilinear")
    pm25 = found["pm25"].to_numpy().reshape(3, 3)
    # Single precision, and sums in another order: a few units of the last of 24 bits.
    np.testing.assert_allclose(pm25[:, [0, 2]], expected["pm25"].values, rtol=3e-7)
    assert np.isnan(pm25[:, 1]).all()
    assert found["date"].tolist() == [day for day in DAYS.tolist() for _ in PLACES]


def test_fields_in_memory_give_the_same_series(fields: FusedFields, file: Path) -> None:
    series = fields.at(PLACES)
    assert series.variable == "pm25"
    np.testing.assert_array_equal(series.places.name, [*PLACES])
    expected = by_xarray(file, fields.model.grid, "nearest")
    # Files are rounded to 1 in 8,192.
    np.testing.assert_allclose(series.values[:, [0, 2]], expected["pm25"].values, rtol=1 / 8192)
    assert np.isnan(series.values[:, 1]).all()
    assert np.isnan(series.values[1]).all()
    assert repr(series) == ("<PlaceSeries of pm25 (ug m-3) at 3 places, 2019-01-06 to 2019-01-08>")


def test_an_interval_is_as_wide_as_its_uncertainty_says(fields: FusedFields) -> None:
    series = fields.at([PLACES["Xi'an"]])
    assert series.uncertainty is not None
    value, deviation = series.values[0, 0], series.uncertainty[0, 0]
    assert series.low is not None
    assert series.high is not None
    # 5 and 95 of 100 of a logistic distribution; single precision.
    half = math.log(19) * math.sqrt(3) / math.pi * deviation
    assert series.low[0, 0] == pytest.approx(max(0.0, value - half), rel=1e-5)
    assert series.high[0, 0] == pytest.approx(value + half, rel=1e-6)


def test_a_concentration_is_never_below_zero() -> None:
    one = np.ones((1, 1), np.float32)
    places = Places(np.array(["a"]), np.array([105.0]), np.array([36.0]))
    series = pointfuse.PlaceSeries("pm25", "ug m-3", places, DAYS[:1], one, one, one)
    assert series.low == 0
    assert pointfuse.PlaceSeries("t", "K", places, DAYS[:1], one, one, one, -np.inf).low < 0
    # Without an uncertainty there is no interval, and no column of one.
    bare = pointfuse.PlaceSeries("pm25", "ug m-3", places, DAYS[:1], one, None, None)
    assert bare.low is None
    assert bare.high is None
    assert list(bare.columns()) == ["place", "longitude", "latitude", "date", "pm25"]


def test_a_series_becomes_a_table(fields: FusedFields, tmp_path: Path) -> None:
    series = fields.at(PLACES)
    frame = series.to_dataframe()
    assert list(frame) == list(series.columns())
    at_lanzhou = frame[(frame.place == "Lanzhou") & (frame.date == "2019-01-08")]
    assert at_lanzhou.pm25.item() == series.values[2, 2]
    assert series.to_xarray()["pm25"].attrs["units"] == "ug m-3"
    path = series.write(tmp_path / "series.csv")
    np.testing.assert_array_equal(
        np.array([text or "nan" for text in read_csv(path)["pm25"]]).astype(np.float32),
        series.values.ravel(),
    )


def test_fields_become_a_table(fields: FusedFields) -> None:
    frame = fields.to_dataframe()
    assert list(frame)[:6] == ["date", "y", "x", "lat", "lon", "pm25"]
    assert len(frame) == fields.values.size
    np.testing.assert_array_equal(frame.date.unique(), DAYS.astype("datetime64[ns]"))
    by_cell = frame.set_index(["date", "y", "x"]).pm25
    grid = fields.model.grid
    assert by_cell[(str(DAYS[2]), grid.y[3], grid.x[5])] == pytest.approx(
        fields.values[2, 3, 5],
        rel=1 / 8192,  # rounded as in files
    )


def test_fields_are_drawn(fields: FusedFields) -> None:
    mean = fields.plot(stations=True)
    day = fields.plot("2019-01-08")
    assert "mean of 2 days" in mean.get_suptitle()
    assert day.get_suptitle().endswith("2019-01-08")
    image = day.axes[0].images[0].get_array()
    np.testing.assert_allclose(image, fields.values[2])
    assert day._repr_png_().startswith(b"\x89PNG")
    with pytest.raises(InputError, match="there is no field of 2019-01-07; there are fields from"):
        fields.plot("2019-01-07")
    with pytest.raises(InputError, match="expected a day such as 2019-01-06, got 'tomorrow'"):
        fields.plot("tomorrow")


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_tables_in_memory_give_places(library: str) -> None:
    frames = pytest.importorskip(library)
    table = {"id": [7, 8], "Longitude": [105.0, 108.9], "LAT": [36.0, 34.3]}
    make = frames.table if library == "pyarrow" else frames.DataFrame
    expected = Places(np.array(["7", "8"]), np.array([105.0, 108.9]), np.array([36.0, 34.3]))
    assert places_of(make(table)) == expected


def test_points_of_a_geodataframe_are_turned_to_degrees() -> None:
    class Points:
        """As geopandas has it, in a plane that is a hundred thousand times the degrees."""

        def __init__(self, factor: float, geographic: bool) -> None:
            self.columns = ["name", "geometry"]
            self.crs = type("CRS", (), {"is_geographic": geographic})()
            x, y = factor * np.array([105.0]), factor * np.array([36.0])
            self.geometry = type("Series", (), {"x": x, "y": y})()

        def __getitem__(self, name: str) -> list[str]:
            return ["A"]

        def to_crs(self, crs: str) -> Points:
            assert crs == "EPSG:4326"
            return Points(1, True)

    expected = Places(np.array(["A"]), np.array([105.0]), np.array([36.0]))
    assert places_of(Points(1, True)) == expected
    assert places_of(Points(1e5, False)) == expected


@given(
    st.lists(
        st.tuples(st.floats(-180, 360), st.floats(-90, 90)).filter(any), min_size=1, max_size=9
    )
)
def test_pairs_are_kept_as_they_are(pairs: list[tuple[float, float]]) -> None:
    for given_ in (pairs, np.array(pairs), iter(pairs)):
        places = places_of(given_)
        np.testing.assert_array_equal(np.stack([places.longitude, places.latitude], 1), pairs)
        assert places.name.tolist() == [str(number + 1) for number in range(len(pairs))]


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("place,lon,lat", ["a", "b"]),
        ("lat,lon,name", ["105", "108"]),
        ("station_id,lon,lat", ["a", "b"]),
        ("地点,经度,纬度", ["a", "b"]),
    ],
)
def test_columns_have_their_usual_names(
    header: str, names: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [["a", "105", "36"], ["b", "108", "34"]]
    if header.startswith("lat"):
        rows = [[north, east, east] for _, east, north in rows]
    path = tmp_path / "places.csv"
    path.write_text(header + "\n" + "".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    places = read_places(path)
    assert places.name.tolist() == names
    np.testing.assert_array_equal(places.longitude, [105, 108])
    np.testing.assert_array_equal(places.latitude, [36, 34])
    assert not caplog.messages


def test_a_place_without_coordinates_costs_itself_alone(
    file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    places = tmp_path / "places.csv"
    places.write_text("name,lon,lat\nA,105,36\nB,,\nC,unknown,34\nD,108.9,34.3\n")
    code, _ = run("extract", file, places, "-o", tmp_path / "series.csv", "--days", "2019-01-06")
    assert code == 0
    found = read_csv(tmp_path / "series.csv")
    assert [bool(text) for text in found["pm25"]] == [True, False, False, True]
    assert any("C on line 4 (unknown and 34)" in message for message in caplog.messages)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,lon\nA,105\n", "expected one column named latitude, got 0"),
        ("name,lon,lat,latitude_deg,lat\nA,1,2,3,4\n", "expected one column named latitude, got 2"),
        ("lon,lat\n", "has a header and no places"),
        ("lon,lat\n36,105\n39,116\n", "longitude and latitude seem swapped"),
        ("", "is empty or has no header"),
        ("\0\1\2", "is no text file"),
    ],
)
def test_files_that_hold_no_places_are_refused_in_a_sentence(
    text: str, message: str, file: Path, tmp_path: Path
) -> None:
    places = tmp_path / "places.csv"
    places.write_text(text)
    check_refused("extract", file, places, message)


@pytest.mark.parametrize(
    ("points", "error", "message"),
    [
        (3, ArgumentError, "expected places as pairs"),
        (b"abc", ArgumentError, "got bytes"),
        (["A"], ArgumentError, "got a sequence of str"),
        ([(1, 2, 3)], ArgumentError, "got numbers of shape"),
        ([(39.9, 116.4)], InputError, "place 1 is 39.9, 116.4; expected a longitude from -180"),
        (np.zeros((0, 2)), InputError, "there are no places"),
        ("none.csv", FileNotFoundError, "there is no file none.csv"),
    ],
)
def test_what_is_no_place_is_refused_in_a_sentence(
    points: object, error: type[Exception], message: str, fields: FusedFields
) -> None:
    with pytest.raises(error, match=message) as raised:
        fields.at(points)
    assert isinstance(raised.value, PointfuseError)


def test_another_method_is_refused(fields: FusedFields) -> None:
    with pytest.raises(ArgumentError, match="expected the method nearest or bilinear, got 'cubic'"):
        fields.at((105, 36), method="cubic")  # type: ignore[arg-type]


def test_files_of_days_make_one_series(
    fields: FusedFields, uneven_model: Model, tiny_model: Model, table: Path, tmp_path: Path
) -> None:
    days = fields.stations.observations
    for number in (0, 2):
        part = fuse(days.at_times(slice(number, number + 1)), uneven_model)
        part.to_netcdf(tmp_path / f"pm25_{number}.nc")
    pattern, output = tmp_path / "pm25_*.nc", tmp_path / "series.csv"
    assert run("extract", pattern, table, "-o", output)[0] == 0
    assert read_csv(output)["date"] == ["2019-01-06"] * 3 + ["2019-01-08"] * 3
    output.unlink()
    (tmp_path / "pm25_2.nc").unlink()
    # A file of another model lacks what the first one has.
    fuse(days.at_times(slice(2, 3)), tiny_model).to_netcdf(tmp_path / "pm25_3.nc")
    code, said = run("extract", pattern, table, "-o", output)
    assert code == 1
    assert "pm25_3.nc gives the columns place, longitude, latitude, date, pm25," in said
    assert not output.exists()


def test_places_without_coordinates_are_not_called_outside(
    file: Path, table: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with table.open("a") as added:
        added.write("Nowhere,,\nNor here,,\n")
    assert run("extract", file, table, "-o", tmp_path / "series.csv")[0] == 0
    without = "2 places without coordinates, and so without values, first Nowhere"
    assert caplog.messages == [without, OUTSIDE]


def test_places_outside_are_counted(
    file: Path, table: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert run("extract", file, table, "-o", tmp_path / "series.csv")[0] == 0
    assert caplog.messages == [OUTSIDE]


def test_days_that_a_file_lacks_are_refused(file: Path, table: Path, tmp_path: Path) -> None:
    words = ("extract", file, table, "-o", tmp_path / "series.csv", "--days", "2020-01-01")
    code, said = run(*words)
    assert code == 1
    assert "pm25.nc has no day of 2020-01-01:2020-01-01; it holds 2019-01-06 to 2019-01-08" in said
    assert not (tmp_path / "series.csv").exists()


def test_a_day_of_two_files_is_refused(file: Path, table: Path, tmp_path: Path) -> None:
    """It would stand twice in the table, and count twice in a mean of it."""
    for name in ("pm25_1.nc", "pm25_2.nc"):
        (tmp_path / name).write_bytes(file.read_bytes())
    output = tmp_path / "series.csv"
    code, said = run("extract", tmp_path / "pm25_?.nc", table, "-o", output)
    assert code == 1
    assert "pm25_2.nc has 2019-01-06, which is not after 2019-01-08 of the files before it" in said
    assert not output.exists()
