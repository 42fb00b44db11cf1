"""I/O API files, as the specification, real files and another reader have them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import netCDF4
import numpy as np
import pyproj
import pytest

from pointfuse import FusedFields, InputError, Observations, Stations, fuse
from pointfuse.basics.timezones import BEIJING, parse_timezone
from pointfuse.fields.ioapi import check_grid, write_ioapi
from pointfuse.grid.projections import LambertConformal, PolarStereographic
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.loading import Model

MISSING = np.float32(-9.999e36)


def observed(days: list[str], zone: str = "+08:00") -> Observations:
    return Observations(
        Stations(np.array(["A", "B"]), np.array([105.0, 108.0]), np.array([36.0, 36.5])),
        np.array(days, "datetime64[D]"),
        {"pm25": np.array([[10.0, 30.0]] * len(days)) * np.arange(1, len(days) + 1)[:, None]},
        BEIJING if zone == "+08:00" else parse_timezone(zone),
    )


@pytest.fixture
def fields(tiny_model: Model) -> FusedFields:
    """Three days, the second of which is not there."""
    return fuse(observed(["2020-01-01", "2020-01-03"]), tiny_model)


@pytest.fixture
def path(fields: FusedFields, tmp_path: Path) -> Path:
    return write_ioapi(tmp_path / "out.nc", [fields], history="fuse a.csv")


def test_values_and_times(path: Path, fields: FusedFields) -> None:
    with netCDF4.Dataset(path) as dataset:
        dataset.set_auto_mask(False)
        pm25 = dataset["PM25"]
        assert pm25.dimensions == ("TSTEP", "LAY", "ROW", "COL")
        np.testing.assert_array_equal(pm25[[0, 2], 0], fields.values)
        assert (pm25[1] == MISSING).all()
        # A day in Beijing begins at 16:00 UTC the day before, which was day 365 of 2019.
        expected = [[2019365, 160000], [2020001, 160000], [2020002, 160000]]
        for variable in range(len(dataset.dimensions["VAR"])):
            assert dataset["TFLAG"][:, variable].tolist() == expected
        assert (dataset.SDATE, dataset.STIME, dataset.TSTEP) == (2019365, 160000, 240000)
        np.testing.assert_array_equal(dataset["STATION_COUNT"][0, 0], fields.station_count[0])
        np.testing.assert_array_equal(dataset["STATION_DISTANCE"][0, 0], fields.station_distance[0])


def test_the_grid_is_where_the_cells_are(path: Path, fields: FusedFields) -> None:
    """PROJ, told by the attributes alone, finds the cell centres."""
    with netCDF4.Dataset(path) as dataset:
        assert dataset.GDTYP == 2
        proj = pyproj.Proj(
            proj="lcc",
            lat_1=dataset.P_ALP,
            lat_2=dataset.P_BET,
            lon_0=dataset.XCENT,
            lat_0=dataset.YCENT,
            R=6_370_000,
        )
        assert dataset.P_GAM == dataset.XCENT
        column, row = np.meshgrid(np.arange(dataset.NCOLS), np.arange(dataset.NROWS))
        x = dataset.XORIG + (column + 0.5) * dataset.XCELL
        y = dataset.YORIG + (row + 0.5) * dataset.YCELL
    # Micrometres.
    np.testing.assert_allclose(proj(x, y, inverse=True)[0], fields.longitude, atol=1e-9)
    np.testing.assert_allclose(proj(x, y, inverse=True)[1], fields.latitude, atol=1e-9)


def test_texts_have_the_lengths_of_fortran(path: Path) -> None:
    with netCDF4.Dataset(path) as dataset:
        assert dataset.data_model == "NETCDF3_CLASSIC"
        names = ["PM25", "STATION_COUNT", "STATION_DISTANCE"]
        assert dataset.getncattr("VAR-LIST") == "".join(f"{name:16}" for name in names)
        assert dataset.NVARS == len(names) == len(dataset.dimensions["VAR"])
        for name in ("GDNAM", "UPNAM"):
            assert len(dataset.getncattr(name)) == 16
        for name in ("IOAPI_VERSION", "EXEC_ID"):
            assert len(dataset.getncattr(name)) == 80
        assert len(dataset.FILEDESC) == 60 * 80
        assert dataset.FILEDESC.isascii()
        for variable in dataset.variables.values():
            lengths = [len(variable.getncattr(name)) for name in variable.ncattrs()]
            assert lengths == [16, 16, 80]


@pytest.mark.filterwarnings("ignore")  # PseudoNetCDF is older than the numpy of these tests
def test_another_reader_understands_it(path: Path, fields: FusedFields) -> None:
    pseudo = pytest.importorskip(
        "PseudoNetCDF", reason="PseudoNetCDF, a reader of I/O API files, is not installed"
    )
    file = pseudo.pncopen(str(path), format="ioapi")
    times = [time.replace(tzinfo=None).isoformat() for time in file.getTimes()]
    assert times == ["2019-12-31T16:00:00", "2020-01-01T16:00:00", "2020-01-02T16:00:00"]
    np.testing.assert_array_equal(np.asarray(file.variables["PM25"])[0, 0], fields.values[0])
    longitude, latitude = file.ij2ll(*np.meshgrid(np.arange(16), np.arange(12)))
    # It takes the same sphere; a hundredth of a cell is far more than it rounds.
    np.testing.assert_allclose(longitude, fields.longitude, atol=1e-2)
    np.testing.assert_allclose(latitude, fields.latitude, atol=1e-2)


def test_what_the_format_cannot_hold(fields: FusedFields, tiny_model: Model) -> None:
    grid = fields.model.grid
    polar = PolarStereographic(105.0, 90.0, 60.0, 6_370_000.0)
    with pytest.raises(
        InputError, match="in lambert_conformal_conic for I/O API files, got polar_stereographic"
    ):
        check_grid(Grid(polar, 2, 2, 1e4, 0.0, 0.0))
    assert isinstance(grid.projection, LambertConformal)
    other = dataclasses.replace(grid.projection, earth_radius=6_371_229.0)
    with pytest.raises(
        InputError, match="expected a grid on the sphere of the I/O API, 6370000 m, got 6371229 m"
    ):
        check_grid(dataclasses.replace(grid, projection=other))


@pytest.mark.parametrize(
    ("days", "message"),
    [(["2019-03-31"], "daylight saving time"), (["2019-03-30", "2019-04-01"], "clocks")],
)
def test_days_of_another_length_are_refused(
    days: list[str], message: str, tiny_model: Model, tmp_path: Path
) -> None:
    """In Paris the clocks were put forward on the last day of March."""
    with pytest.raises(InputError, match=message):
        write_ioapi(
            tmp_path / "out.nc", [fuse(observed(days, "Europe/Paris"), tiny_model)], history="x"
        )
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match="no fields to write"):
        write_ioapi(tmp_path / "out.nc", [], history="x")
