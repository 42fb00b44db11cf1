"""Files of CMAQ, MCIP, WRF-Chem and CF, made here, become the archive that they describe."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pyproj
import pytest
import torch
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from pointfuse.errors import InputError, InputFileNotFoundError
from pointfuse.grid.proj_string import parse_projection
from pointfuse_training.archives.archive import Archive, read_attributes
from pointfuse_training.archives.archive_variables import packing_resolution
from pointfuse_training.commands.main import main
from pointfuse_training.ctm_output.conversion import convert, plan_conversion
from pointfuse_training.ctm_output.formats import open_output
from pointfuse_training.ctm_output.humidity import (
    from_dew_point,
    from_mixing_ratio,
    from_specific_humidity,
    saturation_pressure,
)
from pointfuse_training.samples.pseudo_stations import StationPlaces, draw_day
from pointfuse_training.samples.simulated_days import split_by_scenario

ROWS, COLUMNS, CELL = 6, 8, 12_000.0
RADIUS = 6_370_000.0
SPHERE = {"R": RADIUS}
LAMBERT = {"GDTYP": 2, "P_ALP": 30.0, "P_BET": 60.0, "P_GAM": 10.0, "XCENT": 10.0, "YCENT": 45.0}
WEST, SOUTH = -60_000.0, 24_000.0
START = np.datetime64("2020-01-31T00", "s")

Fields = dict[str, tuple[str, Callable[[int], Any]]]
"""Units, and the value at each hour since `START`, of the fields of a file."""

PM25: Fields = {"PM25_TOT": ("ug m-3", lambda hour: 10 + hour)}
WEATHER: Fields = {
    "Q2": ("KG/KG", lambda hour: 0.005),
    "TEMP2": ("K", lambda hour: 283.15 + hour / 10),
    "PRSFC": ("Pascal", lambda hour: 100_000.0),
    "WSPD10": ("M/S", lambda hour: hour / 10),
}


def filled(dataset: Any, dimensions: Sequence[str], fields: Fields, hours: Sequence[int]) -> None:
    """Fields that grow to the east by a thousandth of their value a column."""
    pattern = 1 + np.arange(COLUMNS) / 1000 + np.zeros((ROWS, 1))
    for name, (units, value) in fields.items():
        variable = dataset.createVariable(name, "f4", dimensions)
        variable.units = units
        for index, hour in enumerate(hours):
            # Levels above the ground are nonsense.
            variable[index] = 777.0
            place = (index, 0) if len(dimensions) == 4 else index
            variable[place] = value(hour) * pattern


def write_ioapi(
    path: Path,
    fields: Fields,
    hours: Sequence[int] = range(24),
    *,
    step: int = 1,
    kind: str = "NETCDF3_CLASSIC",
    **attributes: Any,
) -> Path:
    with netCDF4.Dataset(path, "w", format=kind) as dataset:
        dataset.setncatts(LAMBERT | {"XORIG": WEST, "YORIG": SOUTH, "XCELL": CELL, "YCELL": CELL})
        dataset.setncatts({"TSTEP": step * 10_000, "SDATE": 0} | attributes)
        dataset.createDimension("TSTEP", None)
        sizes = {"DATE-TIME": 2, "LAY": 2, "VAR": len(fields), "ROW": ROWS, "COL": COLUMNS}
        for name, size in sizes.items():
            dataset.createDimension(name, size)
        flags = dataset.createVariable("TFLAG", "i4", ("TSTEP", "VAR", "DATE-TIME"))
        for index, hour in enumerate(hours):
            time: datetime.datetime = (START + np.timedelta64(hour, "h")).item()
            flags[index] = [int(time.strftime("%Y%j")), int(time.strftime("%H%M%S"))]
        filled(dataset, ("TSTEP", "LAY", "ROW", "COL"), fields, hours)
    return path


def write_wrf(
    path: Path, fields: Fields, hours: Sequence[int], map_projection: int, proj: Any, **more: Any
) -> Path:
    x, y = np.meshgrid(WEST + CELL * np.arange(COLUMNS), SOUTH + CELL * np.arange(ROWS))
    longitude, latitude = proj(x + proj.origin_x, y + proj.origin_y, inverse=True)
    with netCDF4.Dataset(path, "w") as dataset:
        centre = {"CEN_LON": longitude.mean(), "CEN_LAT": latitude.mean()}
        dataset.setncatts({"MAP_PROJ": map_projection, "DX": CELL, **centre, **more})
        dataset.createDimension("Time", None)
        sizes = {"DateStrLen": 19, "bottom_top": 3, "south_north": ROWS, "west_east": COLUMNS}
        for name, size in sizes.items():
            dataset.createDimension(name, size)
        times = dataset.createVariable("Times", "S1", ("Time", "DateStrLen"))
        for index, hour in enumerate(hours):
            text = str(START + np.timedelta64(hour, "h")).replace("T", "_")
            times[index] = np.array(list(text), "S1")
        for name, values in (("XLONG", longitude), ("XLAT", latitude)):
            variable = dataset.createVariable(name, "f4", ("Time", "south_north", "west_east"))
            variable[: len(hours)] = values
        surface = {name: field for name, field in fields.items() if name != "PM2_5_DRY"}
        filled(dataset, ("Time", "south_north", "west_east"), surface, hours)
        profile = {name: field for name, field in fields.items() if name == "PM2_5_DRY"}
        filled(dataset, ("Time", "bottom_top", "south_north", "west_east"), profile, hours)
    return path


def write_cf(
    path: Path,
    hours: Sequence[float] = range(24),
    *,
    units: str = "ug m-3",
    time_units: str = "hours since 2020-01-31",
    standard_name: str = "mass_concentration_of_pm2p5_ambient_aerosol_particles_in_air",
    north_first: bool = True,
    bounds: float | None = None,
    levels: tuple[float, ...] = (),
    positive: str = "up",
) -> Path:
    """Cells of a tenth of a degree; 10 + record + row from the south + 100 a level."""
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.createDimension("time", None)
        time = dataset.createVariable("time", "f8", ("time",))
        time.units = time_units
        time[:] = np.array(hours)
        latitude = 50 + 0.1 * np.arange(ROWS)
        row = np.arange(ROWS)
        if north_first:
            latitude, row = latitude[::-1], row[::-1]
        for name, values in (("lat", latitude), ("lon", 10 + 0.1 * np.arange(COLUMNS))):
            dataset.createDimension(name, len(values))
            dataset.createVariable(name, "f4", (name,))[:] = values
            dataset[name].units = {"lat": "degrees_north", "lon": "degrees_east"}[name]
        if bounds:
            dataset.createDimension("nv", 2)
            time.bounds = "time_bnds"
            edges = np.array(hours)[:, None] + [0, bounds]
            dataset.createVariable("time_bnds", "f8", ("time", "nv"))[:] = edges
        dimensions = ["time", "lat", "lon"]
        if levels:
            dataset.createDimension("level", len(levels))
            dataset.createVariable("level", "f8", ("level",))[:] = levels
            if positive:
                dataset["level"].positive = positive
            dimensions.insert(1, "level")
        pm = dataset.createVariable("pm", "f4", dimensions, fill_value=np.float32(-1))
        pm.setncatts({"units": units, "standard_name": standard_name})
        values = 10 + np.arange(len(hours))[:, None, None] + row[:, None] + np.zeros(COLUMNS)
        if levels:
            above = 100 * np.arange(len(levels))[:, None, None]
            pm[:] = values[:, None] + above
        else:
            pm[:] = values
    return path


def archived(paths: Sequence[Path], folder: Path, **options: Any) -> Archive:
    convert(plan_conversion(paths, **options), folder)
    return Archive(folder)


def run(*arguments: object) -> Any:
    return CliRunner().invoke(main, ["archive", *map(str, arguments)])


# Humidity


def test_saturation_is_that_of_the_tables() -> None:
    # WMO (Goff-Gratch): 6.1078, 12.272, 23.373, 42.430 hPa; Bolton is within 0.1 %.
    temperature = 273.15 + np.array([0.0, 10.0, 20.0, 30.0])
    expected = [610.78, 1227.2, 2337.3, 4243.0]
    np.testing.assert_allclose(saturation_pressure(temperature), expected, rtol=1.1e-3)


@given(
    temperature=st.floats(230, 315), pressure=st.floats(5e4, 1.05e5), share=st.floats(0.01, 0.99)
)
def test_all_ways_to_humidity_agree(temperature: float, pressure: float, share: float) -> None:
    warm, air = np.array(temperature), np.array(pressure)
    vapour = share * saturation_pressure(warm)
    ratio = 0.62198 * vapour / (air - vapour)
    assert float(from_mixing_ratio(ratio, warm, air)) == pytest.approx(100 * share, rel=1e-9)
    specific = ratio / (1 + ratio)
    assert float(from_specific_humidity(specific, warm, air)) == pytest.approx(100 * share)
    # The dew point, from the inverse of Bolton's equation.
    logarithm = np.log(vapour / 611.2)
    dew_point = 273.15 + 243.5 * logarithm / (17.67 - logarithm)
    assert float(from_dew_point(dew_point, warm)) == pytest.approx(100 * share)


# Formats


@pytest.mark.slow
def test_cmaq_and_mcip_become_daily_means(tmp_path: Path, assert_cf_compliant: Any) -> None:
    chemistry = write_ioapi(tmp_path / "chemistry.nc", PM25)
    # MCIP's day ends with the midnight of the next.
    met = write_ioapi(tmp_path / "met.nc", WEATHER, range(25), kind="NETCDF4_CLASSIC")
    archive = archived([met, chemistry], tmp_path / "archive")
    assert len(archive) == 1
    assert archive.dates.tolist() == [datetime.date(2020, 1, 31)]
    pm25, humidity, wind = archive[0].double().numpy()
    east = 1 + np.arange(COLUMNS) / 1000
    # Means of 0 to 23 hours are 11.5; half a step of packing, and single precision in the file.
    np.testing.assert_allclose(pm25, np.tile((10 + 11.5) * east, (ROWS, 1)), atol=6e-4)
    np.testing.assert_allclose(wind, np.tile(1.15 * east, (ROWS, 1)), atol=2.6e-3)
    hours = np.arange(24)[:, None] + np.zeros(COLUMNS)
    expected = from_mixing_ratio(
        0.005 * east + 0 * hours, (283.15 + hours / 10) * east, 1e5 * east + 0 * hours
    ).mean(0)
    # Temperatures in single precision are 1e-5 K off, which is 1e-4 % of humidity.
    np.testing.assert_allclose(humidity[2], expected, atol=6e-3)
    assert_cf_compliant(tmp_path / "archive" / "days_20200131.nc")


PROJECTIONS: list[Any] = [
    (LAMBERT, {"proj": "lcc", "lat_1": 30, "lat_2": 60, "lat_0": 45, "lon_0": 10}, (0, 0)),
    (
        LAMBERT | {"XCENT": 12.0},
        {"proj": "lcc", "lat_1": 30, "lat_2": 60, "lat_0": 45, "lon_0": 10},
        (12.0, 45.0),
    ),
    (
        {"GDTYP": 6, "P_ALP": -1.0, "P_BET": -60.0, "P_GAM": 20.0, "XCENT": 20.0, "YCENT": -90.0},
        {"proj": "stere", "lat_0": -90, "lat_ts": -60, "lon_0": 20},
        (0, 0),
    ),
    (
        {"GDTYP": 7, "P_ALP": 20.0, "P_BET": 0.0, "P_GAM": 100.0, "XCENT": 100.0, "YCENT": 15.0},
        {"proj": "merc", "lat_ts": 20, "lon_0": 100},
        (100.0, 15.0),
    ),
]


@pytest.mark.parametrize(
    ("attributes", "parameters", "centre"),
    PROJECTIONS,
    ids=["lambert", "other centre", "polar", "mercator"],
)
def test_cells_of_ioapi_are_where_proj_has_them(
    tmp_path: Path, attributes: Any, parameters: Any, centre: Any
) -> None:
    path = write_ioapi(tmp_path / "a.nc", PM25, **attributes)
    grid = open_output(path).layout.axes.grid
    proj = pyproj.Proj(**parameters, **SPHERE)
    from_x, from_y = proj(*centre) if any(centre) else (0.0, 0.0)
    x = from_x + WEST + CELL * (np.arange(COLUMNS) + 0.5)
    y = from_y + SOUTH + CELL * (np.arange(ROWS) + 0.5)
    expected = proj(*np.meshgrid(x, y), inverse=True)
    # A nanodegree is a tenth of a millimetre.
    np.testing.assert_allclose(grid.longitude_latitude(), expected, rtol=0, atol=1e-9)


def test_cells_of_ioapi_in_degrees(tmp_path: Path) -> None:
    corner = {"XORIG": 100.0, "YORIG": -10.0, "XCELL": 0.5, "YCELL": 0.5}
    path = write_ioapi(tmp_path / "a.nc", PM25, GDTYP=1, **corner)
    longitude, latitude = open_output(path).layout.axes.grid.longitude_latitude()
    np.testing.assert_allclose(longitude[0], 100.25 + 0.5 * np.arange(COLUMNS), atol=1e-9)
    np.testing.assert_allclose(latitude[:, 0], -9.75 + 0.5 * np.arange(ROWS), atol=1e-9)


def placed(origin: tuple[float, float], **parameters: Any) -> Any:
    """A projection, with the place in its plane from which cells are counted."""
    proj = pyproj.Proj(**parameters, **SPHERE)
    proj.origin_x, proj.origin_y = proj(*origin)
    return proj


WRF: list[Any] = [
    (
        1,
        {"TRUELAT1": 30.0, "TRUELAT2": 60.0, "STAND_LON": 10.0, "MOAD_CEN_LAT": 40.0},
        lambda: placed((140.0, 40.0), proj="lcc", lat_1=30, lat_2=60, lat_0=40, lon_0=10),
    ),
    (
        2,
        {"TRUELAT1": -60.0, "TRUELAT2": 0.0, "STAND_LON": 10.0},
        lambda: placed((20.0, -70.0), proj="stere", lat_0=-90, lat_ts=-60, lon_0=10),
    ),
    (
        3,
        {"TRUELAT1": 20.0, "TRUELAT2": 0.0, "STAND_LON": 0.0},
        lambda: placed((179.5, 15.0), proj="merc", lat_ts=20, lon_0=179),
    ),
    (
        6,
        {"TRUELAT1": 0.0, "TRUELAT2": 0.0, "POLE_LAT": 90.0},
        lambda: placed((100.0, 15.0), proj="eqc", lat_ts=0, lon_0=100),
    ),
]
CHEM: Fields = {
    "PM2_5_DRY": ("ug m^-3", lambda hour: 10 + hour),
    "Q2": ("kg kg-1", lambda hour: 0.005),
    "T2": ("K", lambda hour: 290.0),
    "PSFC": ("Pa", lambda hour: 100_000.0),
    "U10": ("m s-1", lambda hour: 3.0),
    "V10": ("m s-1", lambda hour: -4.0),
}


@pytest.mark.parametrize(("number", "attributes", "proj"), WRF, ids=["1", "2", "3", "6"])
def test_wrf_chem_becomes_daily_means(
    tmp_path: Path, number: int, attributes: Any, proj: Any
) -> None:
    paths = [
        write_wrf(tmp_path / f"wrfout_{hour:02d}", CHEM, [hour], number, proj(), **attributes)
        for hour in range(24)
    ]
    archive = archived(paths[::-1], tmp_path / "archive")
    assert archive.shape == (ROWS, COLUMNS)
    with netCDF4.Dataset(paths[0]) as dataset:
        expected = dataset["XLONG"][0], dataset["XLAT"][0]
    # Single precision of the coordinates: 1e-5 degrees at 180, and what fitting the cells leaves.
    off = np.array(archive.grid.longitude_latitude()) - np.array(expected)
    np.testing.assert_allclose((off + 180) % 360 - 180, 0, rtol=0, atol=4e-5)
    pm25, humidity, wind = archive[0].double().numpy()
    # The level at the ground; the profile above it is nonsense.
    np.testing.assert_allclose(pm25[0, 0], 21.5, atol=6e-4)
    np.testing.assert_allclose(wind[:, 0], 5.0, atol=2.6e-3)
    # 0.005 kg/kg at 1000 hPa are 7.975 hPa of vapour; 19.18 hPa saturate air at 16.85 degrees.
    np.testing.assert_allclose(humidity[:, 0], 100 * 7.975 / 19.18, atol=0.02)


def test_cf_in_degrees_from_the_north_is_turned(tmp_path: Path) -> None:
    for north_first in (True, False):
        path = write_cf(tmp_path / f"{north_first}.nc", north_first=north_first)
        archive = archived([path], tmp_path / f"archive_{north_first}", weather=False)
        longitude, latitude = archive.grid.longitude_latitude()
        # Degrees in single precision.
        np.testing.assert_allclose(latitude[:, 0], 50 + 0.1 * np.arange(ROWS), atol=1e-5)
        np.testing.assert_allclose(longitude[0], 10 + 0.1 * np.arange(COLUMNS), atol=1e-5)
        expected = 21.5 + np.arange(ROWS)
        np.testing.assert_allclose(archive[0][0, :, 3], expected, atol=6e-4)


def test_units_levels_and_times_of_cf_are_understood(tmp_path: Path) -> None:
    heights = {"levels": (500.0, 10.0), "positive": "up"}
    sigma = {"levels": (0.5, 0.99), "positive": "down"}
    for number, options in enumerate(
        (
            {"units": "kg m-3"},
            {"hours": np.arange(24) / 24, "time_units": "days since 2020-01-31"},
            {"hours": np.arange(0.5, 24), "time_units": "hours since 2020-01-31"},
            {"bounds": 1.0},
            heights,
            sigma,
        )
    ):
        path = write_cf(tmp_path / f"{number}.nc", **options)  # type: ignore[arg-type]
        archive = archived([path], tmp_path / str(number), weather=False)
        factor = 1e9 if "units" in options else 1.0
        offset = 100 if "levels" in options else 0
        assert float(archive[0][0, 0, 0]) == pytest.approx((21.5 + offset) * factor, rel=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"levels": (500.0, 10.0), "positive": ""}, "no attribute 'positive' says which"),
        (
            {"time_units": "hours since then"},
            "the time units 'hours since then'",
        ),
        ({"units": "K"}, "pm in bad.nc is in 'K'; expected a mass per volume"),
        ({"units": ""}, "pm in bad.nc is in ''; expected a mass"),
        ({"standard_name": "air_temperature"}, "no file has the target 'pm25'.*There are: pm"),
        ({"hours": np.arange(0, 24 * 7, 7)}, "7 hours apart; expected an hour"),
        ({"hours": range(7)}, "no day is complete; the files have 2020-01-31: pm25 7 of 24 hours"),
        ({"hours": [5.0], "bounds": 24.0}, "no midnight of UTC; name the time zone"),
    ],
)
def test_files_of_cf_that_do_not_say_enough_are_refused(
    tmp_path: Path, options: Any, message: str
) -> None:
    path = write_cf(tmp_path / "bad.nc", **options)
    with pytest.raises(InputError, match=message):
        archived([path], tmp_path / "archive", weather=False)
    assert not list(tmp_path.glob("archive/*"))


# Targets


def test_any_species_may_be_the_target(tmp_path: Path, assert_cf_compliant: Any) -> None:
    fields: Fields = {"O3": ("ppmV", lambda hour: 0.04), "ASO4J": ("ug m-3", lambda hour: 2.0)}
    fields["ASO4I"] = ("micrograms/m**3", lambda hour: 0.5)
    path = write_ioapi(tmp_path / "a.nc", fields)
    ozone = archived([path], tmp_path / "o3", target="o3", weather=False)
    assert ozone.target.name == "o3"
    assert ozone.target.units == "1e-9"
    assert ozone.target.standard_name == "mole_fraction_of_ozone_in_air"
    assert float(ozone[0][0, 0, 0]) == pytest.approx(40.0, abs=1e-3)
    assert_cf_compliant(ozone.files[0])
    sulfate = archived(
        [path],
        tmp_path / "so4",
        target="sulfate=ASO4I+ASO4J",
        standard_name="mass_concentration_of_sulfate_ambient_aerosol_particles_in_air",
        weather=False,
    )
    assert (sulfate.target.name, sulfate.target.units) == ("sulfate", "ug m-3")
    assert float(sulfate[0][0, 0, 0]) == pytest.approx(2.5, abs=1e-3)
    summed = archived([path], tmp_path / "pm", target="pm25=ASO4I+ASO4J", weather=False)
    assert summed.target.name == "pm25"
    assert summed.target.long_name == "daily mean PM2.5"
    with pytest.raises(InputError, match="no CF standard name of aso4j"):
        plan_conversion([path], target="ASO4J", weather=False)
    with pytest.raises(InputError, match=r"ASO4J in a\.nc.*cannot be converted to '1e-9'"):
        plan_conversion([path], target="o3=O3+ASO4J", weather=False)
    for wish in ("a=", "2=O3", "O3+"):
        with pytest.raises(InputError, match="cannot be read; expected a species"):
            plan_conversion([path], target=wish, weather=False)


@given(st.floats(1e-6, 1e9))
def test_packing_reaches_the_highest_value_and_no_further_than_needed(highest: float) -> None:
    resolution = packing_resolution(highest)
    assert highest <= 65_534 * resolution * (1 + 1e-9) <= 2.5 * highest * (1 + 1e-9)


# Days


def test_days_are_local_and_incomplete_ones_are_left_out(tmp_path: Path) -> None:
    # 31 January 00:00 to 3 February 17:00 UTC; a gap of one hour at 30.
    hours = [hour for hour in range(90) if hour != 30]
    path = write_ioapi(tmp_path / "a.nc", PM25, hours)
    utc = plan_conversion([path], weather=False)
    assert [str(day) for days in utc.scenarios for day in days] == ["2020-01-31", "2020-02-02"]
    assert utc.incomplete == [
        "2020-02-01: pm25 23 of 24 hours",
        "2020-02-03: pm25 18 of 24 hours",
    ]
    zone = datetime.timezone(datetime.timedelta(hours=8))
    local = plan_conversion([path], weather=False, timezone=zone)
    # 2 February begins at 16:00 UTC of the 1st: hours 40 to 63.
    assert [str(day) for days in local.scenarios for day in days] == ["2020-02-02", "2020-02-03"]
    convert(local, tmp_path / "archive")
    archive = Archive(tmp_path / "archive")
    assert float(archive[0][0, 0, 0]) == pytest.approx(10 + np.arange(40, 64).mean(), abs=1e-3)
    assert archive.dates.astype(str).tolist() == ["2020-02-02", "2020-02-03"]
    with netCDF4.Dataset(archive.files[0]) as dataset:
        begin = netCDF4.num2date(dataset["time_bnds"][0, 0], dataset["time"].units)
        assert str(begin) == "2020-02-01 16:00:00"


def read_resolution(path: Path) -> float:
    with netCDF4.Dataset(path) as dataset:
        return float(dataset["pm25"].scale_factor)


def test_scenarios_end_with_months_and_gaps(tmp_path: Path) -> None:
    # 30 days from 31 January, without 10 February.
    hours = [hour for hour in range(0, 24 * 30, 6) if not 240 <= hour < 264]
    path = write_ioapi(tmp_path / "a.nc", PM25, hours, step=6)
    archive = archived([path], tmp_path / "archive", weather=False)
    assert [path.name for path in archive.files] == [
        "days_20200131.nc",
        "days_20200201.nc",
        "days_20200211.nc",
    ]
    assert [archive.days_in(path) for path in archive.files] == [1, 9, 19]
    assert split_by_scenario(archive, 1) == (range(10), range(10, 29))
    # Values grow to 10 + 24 * 30; each file is packed as finely as its own allow.
    assert archive.target.resolution == packing_resolution(730)
    assert archive.target.resolution > read_resolution(archive.files[0])


def test_a_day_in_two_files_is_one(tmp_path: Path) -> None:
    morning = write_ioapi(tmp_path / "a.nc", PM25, range(13))
    evening = write_ioapi(tmp_path / "b.nc", PM25, range(12, 24))
    archive = archived([evening, morning], tmp_path / "archive", weather=False)
    assert float(archive[0][0, 0, 0]) == pytest.approx(21.5, abs=1e-3)
    more = write_ioapi(tmp_path / "c.nc", PM25, range(6, 24))
    with pytest.raises(InputError, match=r"both have 7 records .*follow each other"):
        plan_conversion([morning, more], weather=False)
    coarse = write_ioapi(tmp_path / "d.nc", PM25, range(24, 48, 3), step=3)
    with pytest.raises(InputError, match="records of 1 and of 3 hours"):
        plan_conversion([morning, coarse], weather=False)


def test_days_without_all_quantities_are_left_out(tmp_path: Path) -> None:
    chemistry = write_ioapi(tmp_path / "chemistry.nc", PM25, range(48))
    met = write_ioapi(tmp_path / "met.nc", WEATHER, range(30))
    conversion = plan_conversion([chemistry, met])
    assert conversion.days == 1
    assert conversion.incomplete == [
        "2020-02-01: pm25 24 of 24 hours, relative_humidity 6 of 24 hours, wind_speed 6 of 24 hours"
    ]


@pytest.mark.slow
@given(
    offset=st.integers(-12, 12),
    first=st.integers(0, 30),
    hours=st.integers(1, 80),
    missing=st.sets(st.integers(0, 110), max_size=3),
)
def test_whatever_is_there_days_are_complete_or_reported(
    tmp_path_factory: pytest.TempPathFactory,
    offset: int,
    first: int,
    hours: int,
    missing: set[int],
) -> None:
    there = [hour for hour in range(first, first + hours) if hour not in missing]
    if not there:
        return
    path = write_ioapi(tmp_path_factory.mktemp("days") / "a.nc", PM25, there)
    by_day: dict[str, int] = {}
    for hour in there:
        local = START + np.timedelta64(hour + offset, "h")
        by_day[str(local)[:10]] = by_day.get(str(local)[:10], 0) + 1
    complete = [day for day, count in by_day.items() if count == 24]
    zone = datetime.timezone(datetime.timedelta(hours=offset))
    if not complete:
        with pytest.raises(InputError, match="no day is complete"):
            plan_conversion([path], weather=False, timezone=zone)
        return
    conversion = plan_conversion([path], weather=False, timezone=zone)
    assert [str(day) for days in conversion.scenarios for day in days] == complete
    assert conversion.incomplete == [
        f"{day}: pm25 {count} of 24 hours" for day, count in by_day.items() if count < 24
    ]


# What is refused


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputFileNotFoundError, match="there is no file"):
        open_output(tmp_path / "absent.nc")
    (tmp_path / "text.nc").write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(InputError, match=r"text\.nc is not a netCDF file"):
        open_output(tmp_path / "text.nc")
    for kind, message in (
        ("NETCDF3_CLASSIC", "truncated: it has"),
        ("NETCDF4", "not a netCDF file"),
    ):
        path = write_ioapi(tmp_path / f"{kind}.nc", PM25, kind=kind)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        with pytest.raises(InputError, match=message):
            open_output(path)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"GDTYP": 5}, "GDTYP 5 is not known; expected 1"),
        ({"GDTYP": 6, "P_ALP": 1.0, "YCENT": 60.0}, "YCENT 60; expected 90"),
        ({"P_ALP": 95.0}, "cannot be used: the standard parallels"),
        ({"YCELL": 6000.0}, "12000 by 6000; expected squares"),
        ({"TSTEP": 0}, "does not depend on time"),
        ({"TSTEP": 50_000}, "5 hours apart; expected an hour"),
    ],
)
def test_ioapi_that_is_none_is_refused(tmp_path: Path, attributes: Any, message: str) -> None:
    path = write_ioapi(tmp_path / "bad.nc", PM25, **attributes)
    with pytest.raises(InputError, match=message):
        plan_conversion([path], weather=False)


@pytest.mark.parametrize(
    ("number", "attributes", "message"),
    [
        (1, {"TRUELAT2": 20.0}, "km away from the cells in its projection"),
        (1, {"TRUELAT2": None}, "TRUELAT2 is lacking"),
        (203, {}, "MAP_PROJ 203 is not known"),
    ],
)
def test_wrf_that_is_none_is_refused(
    tmp_path: Path, number: int, attributes: Any, message: str
) -> None:
    _, right, proj = WRF[0]
    kept = {name: value for name, value in (right | attributes).items() if value is not None}
    path = write_wrf(tmp_path / "bad", CHEM, [0], number, proj(), **kept)
    with pytest.raises(InputError, match=message):
        open_output(path)


def test_fields_that_are_lacking_or_wrong_are_named(tmp_path: Path) -> None:
    chemistry = write_ioapi(tmp_path / "chemistry.nc", PM25)
    with pytest.raises(InputError, match=r"no file has daily mean relative humidity.*Q2, TEMP2"):
        plan_conversion([chemistry])
    no_units = write_ioapi(tmp_path / "units.nc", WEATHER | {"TEMP2": ("", lambda hour: 280.0)})
    with pytest.raises(InputError, match=r"TEMP2 in units\.nc has no units"):
        plan_conversion([chemistry, no_units])
    celsius = write_ioapi(tmp_path / "c.nc", WEATHER | {"TEMP2": ("degC", lambda hour: 10.0)})
    with pytest.raises(InputError, match=r"'degC' of TEMP2 in c\.nc cannot be converted to 'K'"):
        plan_conversion([chemistry, celsius])
    shifted = write_ioapi(tmp_path / "shifted.nc", WEATHER, XORIG=0.0)
    with pytest.raises(InputError, match="give files of one grid"):
        plan_conversion([chemistry, shifted])
    with pytest.raises(InputError, match="names a projection itself"):
        plan_conversion([chemistry], projection=parse_projection("+proj=merc"))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (lambda hour: -9.999e36 if hour == 7 else 1.0, "missing or impossible values of PM25_TOT"),
        (lambda hour: np.nan if hour == 7 else 1.0, "missing or impossible values of PM25_TOT"),
        (lambda hour: np.linspace(-5, 50, COLUMNS), "pm25 is -5.* expected a concentration"),
    ],
)
def test_values_that_cannot_be_are_refused(tmp_path: Path, value: Any, message: str) -> None:
    path = write_ioapi(tmp_path / "a.nc", {"PM25_TOT": ("ug m-3", value)})
    with pytest.raises(InputError, match=message):
        archived([path], tmp_path / "archive", weather=False)
    assert list((tmp_path / "archive").iterdir()) == []


def test_projections_of_proj_are_read() -> None:
    points = np.array([11.0, 14.0]), np.array([50.0, 42.0])
    for text in (
        "+proj=lcc +lat_1=30 +lat_2=60 +lat_0=45 +lon_0=10 +R=6371229 +units=m +no_defs",
        "+proj=lcc +lat_1=40 +lat_0=40 +lon_0=10 +a=6370000 +b=6370000",
        "+proj=stere +lat_0=90 +lat_ts=60 +lon_0=10 +R=6370000",
        "+proj=merc +lat_ts=20 +lon_0=10 +R=6370000",
    ):
        np.testing.assert_allclose(
            parse_projection(text).forward(*points), pyproj.Proj(text)(*points), atol=1e-5
        )
    for text, message in (
        ("+proj=utm +zone=32", "expected lcc, stere or merc"),
        ("+proj=lcc +lon_0=10", "cannot be used"),
        ("+proj=merc +lat_ts=x", "cannot be used"),
        ("+proj=merc +x_0=500", "has x_0 beside"),
        ("+proj=merc +a=6378137 +b=6356752", "an ellipsoid, expected a sphere"),
    ):
        with pytest.raises(InputError, match=message):
            parse_projection(text)


# The archive and the command


def test_the_command_makes_an_archive_and_goes_on_with_one(tmp_path: Path) -> None:
    chemistry = write_ioapi(tmp_path / "chemistry.nc", PM25, range(50))
    met = write_ioapi(tmp_path / "met.nc", WEATHER, range(50))
    folder = tmp_path / "archive"
    first = run(chemistry, met, "-o", folder)
    assert first.exit_code == 0, first.output
    assert "2 days of pm25 in 2 files of" in first.output
    assert "left out, since incomplete: 2020-02-02: pm25 2 of 24 hours" in first.output
    (folder / "days_20200201.nc").unlink()
    kept = (folder / "days_20200131.nc").stat().st_mtime_ns
    assert run(chemistry, met, "-o", folder, "--quiet").exit_code == 0
    assert (folder / "days_20200131.nc").stat().st_mtime_ns == kept
    assert len(Archive(folder)) == 2
    attributes = read_attributes(folder / "days_20200131.nc")
    assert attributes["fields"] == "PM25_TOT"
    assert attributes["source"].endswith("(ioapi)")
    for other, message in (
        (("--without-weather",), "has the variables pm25 relative_humidity wind_speed, this run"),
        (("--timezone", "+08:00"), "has the day_timezone UTC, this run +08:00"),
        (("--target", "PM25_TOT=PM25_TOT"), "holds an archive of pm25 on 6 x 8 cells"),
    ):
        name = ("--standard-name", "mass_concentration_of_pm2p5_ambient_aerosol_particles_in_air")
        result = run(chemistry, met, "-o", folder, *other, *name)
        assert result.exit_code == 1
        assert message in result.output
    assert run(tmp_path / "absent.nc", "-o", folder).exit_code == 1
    assert run("-o", folder).exit_code == 2


def test_an_archive_grows_but_holds_no_day_twice(tmp_path: Path) -> None:
    def days(first: int, last: int) -> Path:
        name = f"{first}_{last}.nc"
        return write_ioapi(tmp_path / name, PM25, range(24 * first, 24 * (last + 1)))

    folder = tmp_path / "archive"
    archived([days(1, 2)], folder, weather=False)
    with pytest.raises(InputError, match=r"days_20200201\.nc has 2020-02-02 already"):
        archived([days(2, 3)], folder, weather=False)
    grown = archived([days(3, 4)], folder, weather=False)
    assert grown.dates.astype(str).tolist() == [f"2020-02-0{day}" for day in range(1, 5)]


def test_the_same_files_give_the_same_archive(tmp_path: Path) -> None:
    path = write_ioapi(tmp_path / "a.nc", PM25, range(24))
    one = archived([path], tmp_path / "one", weather=False)
    two = archived([path], tmp_path / "two", weather=False)
    assert one.files[0].read_bytes() == two.files[0].read_bytes()


def test_training_draws_no_weather_where_there_is_none(tmp_path: Path) -> None:
    path = write_ioapi(tmp_path / "a.nc", PM25)
    fields = archived([path], tmp_path / "archive", weather=False)[0]
    assert fields.shape == (3, ROWS, COLUMNS)
    assert fields[1:].isnan().all()
    places = StationPlaces(torch.ones(ROWS, COLUMNS))
    days = [draw_day(fields, places, torch.Generator().manual_seed(seed)) for seed in range(20)]
    for day in days:
        assert day.observations.isfinite().all()
        assert (day.observed[0, 1:] == 0).all()
        assert (day.observations[0, 1:] == 0).all()
    # Holes may take all stations of so small a grid, but not each time.
    assert any(day.observed[0, 0].any() for day in days)


def test_the_grid_of_an_archive_is_read_back(tmp_path: Path) -> None:
    for number, (attributes, _, _) in enumerate(PROJECTIONS):
        path = write_ioapi(tmp_path / f"{number}.nc", PM25, **attributes)
        archive = archived([path], tmp_path / f"archive{number}", weather=False)
        written = open_output(path).layout.axes.grid
        assert archive.grid.projection == written.projection
        assert archive.grid.coincides(written)
