"""Time series in netCDF, in each representation of CF chapter 9."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pointfuse.errors import InputError, UnreadableFileError
from pointfuse.stations.reading import read_stations

STANDARD_NAME = "mass_concentration_of_pm2p5_ambient_aerosol_particles_in_air"
NAN = np.nan
# Two stations, three days; the second has no second day.
VALUES = np.array([[10.0, 20.0, 30.0], [40.0, NAN, 60.0]])
HOURS = np.array([0.0, 24.0, 48.0])

Dataset = netCDF4.Dataset


def put(
    dataset: Dataset, name: str, dimensions: tuple[str, ...], values: Any, **attributes: Any
) -> netCDF4.Variable[Any]:
    values = np.asarray(values)
    kind = str if values.dtype.kind == "U" else values.dtype
    fill = {"fill_value": -999.0} if values.dtype.kind == "f" else {}
    variable = dataset.createVariable(name, kind, dimensions, **fill)
    variable.setncatts(attributes)
    variable[...] = np.ma.masked_invalid(values) if values.dtype.kind == "f" else values
    return variable


def put_stations(dataset: Dataset, dimensions: tuple[str, ...] = ("station",)) -> None:
    shape = (2,) if dimensions else ()
    if dimensions:
        dataset.createDimension("station", 2)
    dataset.featureType = "timeSeries"
    dataset.Conventions = "CF-1.8"
    names, east, north = np.array(["A", "B"]), np.array([116.0, 117.0]), np.array([40.0, 41.0])
    first: Any = ... if dimensions else 0
    put(dataset, "name", dimensions, names[first], cf_role="timeseries_id")
    put(dataset, "lon", dimensions, east[first].reshape(shape), standard_name="longitude")
    put(dataset, "lat", dimensions, north[first].reshape(shape), standard_name="latitude")


def put_time(
    dataset: Dataset, dimensions: tuple[str, ...], hours: Any, **attributes: Any
) -> netCDF4.Variable[Any]:
    attributes = {"units": "hours since 2019-01-06 00:00:00", **attributes}
    return put(dataset, "time", dimensions, hours, standard_name="time", **attributes)


def put_pm25(
    dataset: Dataset, dimensions: tuple[str, ...], values: Any, **attributes: Any
) -> netCDF4.Variable[Any]:
    attributes = {"units": "ug m-3", "standard_name": STANDARD_NAME, **attributes}
    return put(dataset, "pm", dimensions, values, **attributes)


def orthogonal(dataset: Dataset) -> None:
    put_stations(dataset)
    dataset.createDimension("time", 3)
    put_time(dataset, ("time",), HOURS)
    put_pm25(dataset, ("station", "time"), VALUES)


def time_first(dataset: Dataset) -> None:
    put_stations(dataset)
    dataset.createDimension("time", None)
    put_time(dataset, ("time",), HOURS)
    put_pm25(dataset, ("time", "station"), VALUES.T)


def incomplete(dataset: Dataset) -> None:
    put_stations(dataset)
    dataset.createDimension("obs", 3)
    put_time(dataset, ("station", "obs"), [[0.0, 24.0, 48.0], [0.0, 48.0, NAN]])
    put_pm25(dataset, ("station", "obs"), [[10.0, 20.0, 30.0], [40.0, 60.0, NAN]])


def contiguous(dataset: Dataset) -> None:
    put_stations(dataset)
    dataset.createDimension("obs", 5)
    put(dataset, "row_size", ("station",), np.array([3, 2]), sample_dimension="obs")
    put_time(dataset, ("obs",), [0.0, 24.0, 48.0, 0.0, 48.0])
    put_pm25(dataset, ("obs",), [10.0, 20.0, 30.0, 40.0, 60.0])


def indexed(dataset: Dataset) -> None:
    put_stations(dataset)
    dataset.createDimension("obs", None)
    put(dataset, "which", ("obs",), np.array([1, 0, 0, 1, 0]), instance_dimension="station")
    put_time(dataset, ("obs",), [0.0, 0.0, 24.0, 48.0, 48.0])
    put_pm25(dataset, ("obs",), [40.0, 10.0, 20.0, 60.0, 30.0])


def characters(dataset: Dataset) -> None:
    """Names as classic files have them, and units of another size."""
    dataset.featureType = "TimeSeries"
    dataset.createDimension("station", 2)
    dataset.createDimension("length", 4)
    names = netCDF4.stringtochar(np.array(["A", "B"], "S4"))
    variable = dataset.createVariable("id", "S1", ("station", "length"))
    variable.cf_role = "timeseries_id"
    variable[...] = names
    put(dataset, "x", ("station",), np.array([116.0, 117.0]), standard_name="longitude")
    put(dataset, "y", ("station",), np.array([40.0, 41.0]), standard_name="latitude")
    dataset.createDimension("time", 3)
    put_time(dataset, ("time",), HOURS)
    put_pm25(dataset, ("station", "time"), VALUES * 1e-9, units="kg m-3")


Fill = Callable[[Dataset], None]


def write_netcdf(folder: Path, fill: Fill, kind: str = "NETCDF4") -> Path:
    path = folder / "series.nc"
    with netCDF4.Dataset(path, "w", format=kind) as dataset:
        fill(dataset)
    return path


@pytest.mark.parametrize(
    "fill", [orthogonal, time_first, incomplete, contiguous, indexed, characters]
)
def test_each_representation(tmp_path: Path, fill: Fill) -> None:
    kind = "NETCDF3_CLASSIC" if fill is characters else "NETCDF4"
    path = write_netcdf(tmp_path, fill, kind)
    observations = read_stations(path)
    order = np.argsort(observations.stations.code)
    assert observations.stations.code[order].tolist() == ["A", "B"]
    assert observations.stations.longitude[order].tolist() == [116.0, 117.0]
    assert observations.stations.latitude[order].tolist() == [40.0, 41.0]
    assert [str(day) for day in observations.times] == ["2019-01-06", "2019-01-07", "2019-01-08"]
    np.testing.assert_allclose(observations.values["pm25"][:, order], VALUES.T, rtol=1e-12)
    file = observations.files[0]
    assert (file.format, file.stations, file.times) == ("cf", 2, 3)
    assert file.remarks == (
        "daily means were taken as days of Asia/Shanghai, 2019-01-06 to 2019-01-08, the dates of "
        "their stamps at 00:00 UTC",
    )
    path.write_bytes(gzip.compress(path.read_bytes()))
    np.testing.assert_array_equal(read_stations(path).values["pm25"], observations.values["pm25"])


def test_single_station_of_hours_is_put_into_local_days(tmp_path: Path) -> None:
    def fill(dataset: Dataset) -> None:
        put_stations(dataset, ())
        dataset.createDimension("time", 48)
        put_time(dataset, ("time",), np.arange(48.0))
        put_pm25(dataset, ("time",), np.arange(48.0))

    observations = read_stations(write_netcdf(tmp_path, fill), min_hours=24)
    # 16 to 39 hours after midnight in Greenwich are the 7th in Beijing.
    np.testing.assert_array_equal(observations.values["pm25"], [[NAN], [27.5], [NAN]])
    assert [str(day) for day in observations.times] == ["2019-01-06", "2019-01-07", "2019-01-08"]


def test_hours_belong_to_the_middle_of_their_bounds(tmp_path: Path) -> None:
    """Stamps at the end: the last hour of the 6th is stamped 0:00 on the 7th."""

    def fill(dataset: Dataset) -> None:
        put_stations(dataset, ())
        dataset.createDimension("time", 24)
        dataset.createDimension("edge", 2)
        ends = np.arange(1.0, 25.0)
        put_time(dataset, ("time",), ends, bounds="time_bnds")
        put(dataset, "time_bnds", ("time", "edge"), np.stack([ends - 1, ends], axis=1))
        put_pm25(dataset, ("time",), ends)

    observations = read_stations(write_netcdf(tmp_path, fill), timezone="UTC", min_hours=24)
    np.testing.assert_array_equal(observations.values["pm25"], [[12.5]])


@pytest.mark.parametrize(("timezone", "remarks"), [("+08:00", 0), ("UTC", 1), ("+02:30", 1)])
def test_daily_bounds_say_which_day(tmp_path: Path, timezone: str, remarks: int) -> None:
    """24 hours from 16:00 UTC on the 5th are the 6th in Beijing, and mostly so elsewhere."""

    def fill(dataset: Dataset) -> None:
        put_stations(dataset)
        dataset.createDimension("time", 1)
        dataset.createDimension("edge", 2)
        put_time(dataset, ("time",), [-8.0], bounds="edges")
        put(dataset, "edges", ("time", "edge"), np.array([[-8.0, 16.0]]))
        put_pm25(dataset, ("station", "time"), VALUES[:, :1])

    observations = read_stations(write_netcdf(tmp_path, fill), timezone=timezone)
    assert [str(day) for day in observations.times] == ["2019-01-06"]
    assert len(observations.files[0].remarks) == remarks


def test_units_of_time_with_an_offset(tmp_path: Path) -> None:
    def fill(dataset: Dataset) -> None:
        put_stations(dataset, ())
        dataset.createDimension("time", 24)
        put_time(dataset, ("time",), np.arange(24.0), units="hours since 2019-01-06 00:00 +08:00")
        put_pm25(dataset, ("time",), np.arange(24.0))

    observations = read_stations(write_netcdf(tmp_path, fill), min_hours=24)
    np.testing.assert_array_equal(observations.values["pm25"], [[11.5]])


def test_quality_flags_are_honoured(tmp_path: Path) -> None:
    """Flags of QARTOD: what failed or is suspect is left out, what was not evaluated stays."""

    def fill(dataset: Dataset) -> None:
        orthogonal(dataset)
        dataset["pm"].ancillary_variables = "pm_qc nothing"
        put(
            dataset,
            "pm_qc",
            ("station", "time"),
            np.array([[1, 2, 3], [4, 9, 1]], np.int8),
            flag_values=np.array([1, 2, 3, 4, 9], np.int8),
            flag_meanings="PASS NOT_EVALUATED SUSPECT FAIL MISSING",
        )

    observations = read_stations(write_netcdf(tmp_path, fill))
    np.testing.assert_array_equal(
        observations.values["pm25"], [[10.0, NAN], [20.0, NAN], [NAN, 60.0]]
    )
    assert "2 values of pm25 left out for the quality flag" in observations.files[0].remarks


def test_variables_by_their_names_and_units_of_the_call(tmp_path: Path) -> None:
    def fill(dataset: Dataset) -> None:
        put_stations(dataset)
        dataset.createDimension("time", 3)
        put_time(dataset, ("time",), HOURS)
        put(dataset, "pm25", ("station", "time"), VALUES / 1000)
        put(dataset, "relative_humidity", ("station", "time"), VALUES / 100, units="1")

    path = write_netcdf(tmp_path, fill)
    with pytest.raises(InputError, match=r"pm25 has no units; give them \(--units pm25=\.\.\.\)"):
        read_stations(path)
    observations = read_stations(path, units={"pm25": "mg m-3"})
    np.testing.assert_allclose(observations.values["pm25"], VALUES.T, rtol=1e-12)
    np.testing.assert_allclose(observations.values["relative_humidity"], VALUES.T, rtol=1e-12)


def test_values_without_a_station_are_counted(tmp_path: Path) -> None:
    def fill(dataset: Dataset) -> None:
        indexed(dataset)
        dataset["which"][0] = 7
        dataset["time"][1] = -999.0

    remarks = read_stations(write_netcdf(tmp_path, fill)).files[0].remarks
    assert "2 values without a time or a station left out" in remarks


def without(name: str) -> Fill:
    def fill(dataset: Dataset) -> None:
        orthogonal(dataset)
        dataset[name].delncattr("standard_name")

    return fill


def changed(variable: str, attribute: str, value: str) -> Fill:
    def fill(dataset: Dataset) -> None:
        orthogonal(dataset)
        dataset[variable].setncattr(attribute, value)

    return fill


def points(dataset: Dataset) -> None:
    dataset.featureType = "point"


def wrong_counts(dataset: Dataset) -> None:
    contiguous(dataset)
    dataset["row_size"][0] = 2


def no_index(dataset: Dataset) -> None:
    indexed(dataset)
    dataset["which"].delncattr("instance_dimension")


def same_names(dataset: Dataset) -> None:
    orthogonal(dataset)
    dataset["name"][1] = "A"


@pytest.mark.parametrize(
    ("fill", "message"),
    [
        (points, "is a netCDF file with featureType point; expected time series"),
        (lambda dataset: None, "featureType none"),
        (without("lon"), "expected one variable with standard_name = longitude, found 0"),
        (without("time"), "expected one variable with standard_name = time, found 0"),
        (without("pm"), r"expected a variable or standard name such as pm25 \(mass_"),
        (changed("pm", "units", "ppm"), "the unit 'ppm' of pm25 cannot be converted"),
        (
            changed("time", "units", "fortnights"),
            "the time units 'fortnights' are not understood; expected such as",
        ),
        (
            changed("time", "calendar", "360_day"),
            "in the calendar '360_day'; expected a civil one",
        ),
        (wrong_counts, "row_size counts 4 values, there are 5"),
        (no_index, "expected the station of each value of pm"),
        (
            changed("time", "units", "hours since 2019-13-06 00:00 +8"),
            r"the times 'hours since 2019-13-06 00:00 \+8' are not understood \(invalid month\)",
        ),
        (same_names, "2 longitudes, 2 latitudes and 1 names"),
    ],
)
def test_other_netcdf_is_refused_in_one_sentence(tmp_path: Path, fill: Fill, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_stations(write_netcdf(tmp_path, fill))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300
    assert "(read as 'cf': its first bytes are those of netCDF)" in str(caught.value)


@pytest.mark.parametrize("variable", ["pm", "lon", "time"])
def test_a_file_without_what_is_wanted_is_left_out_beside_good_ones(
    tmp_path: Path, variable: str
) -> None:
    (tmp_path / "other").mkdir()
    other = write_netcdf(tmp_path / "other", without(variable))
    found = read_stations([write_netcdf(tmp_path, orthogonal), other])
    assert sorted(file.format for file in found.files) == ["cf", "left out"]
    assert sorted(found.values["pm25"][0].tolist()) == [10, 40]


def stations_at(longitudes: list[float], latitudes: list[float]) -> Fill:
    def fill(dataset: Dataset) -> None:
        dataset.featureType = "timeSeries"
        dataset.createDimension("station", len(longitudes))
        dataset.createDimension("time", 1)
        put(dataset, "lon", ("station",), longitudes, standard_name="longitude")
        put(dataset, "lat", ("station",), latitudes, standard_name="latitude")
        put_time(dataset, ("time",), [0.0])
        values = np.full((len(longitudes), 1), 10.0)
        put(dataset, "pm25", ("station", "time"), values, units="ug m-3")

    return fill


def test_many_impossible_coordinates_beside_possible_ones_are_an_error(tmp_path: Path) -> None:
    four = [39.0, 40.0, 41.0, 42.0]
    path = write_netcdf(tmp_path, stations_at([116.0, 500.0, 501.0, 502.0], four))
    with pytest.raises(
        InputError, match=r"got 500 and 40 for station 1, and 2 more such"
    ) as caught:
        read_stations(path)
    assert not isinstance(caught.value, UnreadableFileError)


@pytest.mark.parametrize(
    ("longitudes", "latitudes", "shown"),
    [
        ([116.0, 117.0, 118.0, 500.0], [39.0, 40.0, 41.0, 42.0], "1 station, first 3 (500 and 42)"),
        # Fill values, of which one would do.
        ([116.0, -999.5, 9.9e36, -9999.0], [39.0, 500.0, 41.0, 42.0],
         "3 stations, first 1 (-999.5 and 500)"),
    ],
)  # fmt: skip
def test_few_impossible_places_and_fill_values_cost_the_station(
    tmp_path: Path, longitudes: list[float], latitudes: list[float], shown: str
) -> None:
    found = read_stations(write_netcdf(tmp_path, stations_at(longitudes, latitudes)))
    assert f"no usable coordinates at {shown}" in found.files[0].remarks


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damaged_netcdf_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["NETCDF4", "NETCDF3_CLASSIC"]))
    content = write_netcdf(tmp_path, characters, kind).read_bytes()
    content = content[: data.draw(st.integers(8, len(content)))]
    path = tmp_path / "damaged.nc"
    path.write_bytes(content)
    try:
        read_stations(path)
    except InputError as error:
        assert "\n" not in str(error)
