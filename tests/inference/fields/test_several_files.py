"""Files of several days as one, with the calls that the documents give."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray
from click.testing import CliRunner
from documents import blocks

from pointfuse import Model, Observations, fuse, read_stations
from pointfuse.commands.main import main

DAYS = {
    "2019-01-06": {"A": 10, "B": 30, "C": 20},
    # One has gone, one has come, and another stands first.
    "2019-01-07": {"0": 5, "A": 12, "C": 22},
    "2019-01-08": {"A": 14},
}
PLACES = {"0": 100, "A": 105, "B": 108, "C": 110}


def read(path: Path) -> Observations:
    return read_stations(path)


@pytest.fixture
def folder(tiny_model: Model, tmp_path: Path) -> Path:
    """A file a day, each with stations of its own."""
    for day, values in DAYS.items():
        table = tmp_path / f"{day}.csv"
        rows = [f"{code},{PLACES[code]},36,{day},{value}\n" for code, value in values.items()]
        table.write_text("station,longitude,latitude,date,pm25\n" + "".join(rows))
        fuse(read(table), tiny_model).to_netcdf(tmp_path / f"pm25_{day}.nc")
    return tmp_path


def opened(page: str, folder: Path) -> dict[str, xarray.Dataset]:
    """What the last block of Python of a page opens."""
    text = [block.text for block in blocks(page) if block.language == "python"][-1]
    names: dict[str, xarray.Dataset] = {}
    exec(text.replace("/var/lib/pm25/out/", f"{folder}/").replace("out/", f"{folder}/"), names)
    return names


COMING = pytest.mark.parametrize(
    "new", [False, True], ids=["defaults of today", "defaults to come"]
)
"""Ways of xarray to join; a warning of what will change would be an error here."""


@COMING
@pytest.mark.parametrize("page", ["docs/reference/output-files.md", "docs/guide/deploy.md"])
def test_fields_are_joined_along_time(page: str, new: bool, folder: Path) -> None:
    with xarray.set_options(use_new_combine_kwarg_defaults=new):
        names = opened(page, folder)
    with names["fields"] as fields:
        assert fields["pm25"].dims == ("time", "y", "x")
        # The model's field is the mean of the stations' cells, everywhere.
        np.testing.assert_allclose(fields["pm25"][:, 3, 4], [20, 13, 14])
        assert not [name for name in fields.variables if name.startswith("station_pm25")]
        # What has no time gets none.
        assert (fields["crs"].dims, fields["lat"].dims) == ((), ("y", "x"))
    if "stations" in names:
        names["stations"].close()


@COMING
def test_stations_are_joined_by_their_codes(new: bool, folder: Path) -> None:
    with xarray.set_options(use_new_combine_kwarg_defaults=new):
        names = opened("docs/reference/output-files.md", folder)
    with names["fields"], names["stations"] as stations:
        assert stations["station"].values.tolist() == ["0", "A", "B", "C"]
        np.testing.assert_array_equal(stations["time"], names["fields"]["time"])
        expected = [[values.get(code, np.nan) for code in PLACES] for values in DAYS.values()]
        np.testing.assert_array_equal(stations["station_pm25"], expected)
        np.testing.assert_array_equal(
            stations["station_lon"].broadcast_like(stations["station_pm25"]).max("time"),
            [*PLACES.values()],
        )


@COMING
@pytest.mark.slow
@pytest.mark.parametrize("hourly", [False, True], ids=["days", "hours"])
def test_files_of_several_pollutants_hold_what_each_holds(
    hourly: bool, new: bool, ship: Callable[..., Path], tmp_path: Path
) -> None:
    ship("pm25", "no2")
    hours = 3 if hourly else 24
    for day, values in DAYS.items():
        table = tmp_path / f"{day}.csv"
        rows = [
            f"{code},{PLACES[code]},36,{day}T{hour:02}:00+08:00,{value + hour},{2 * value + hour}\n"
            for code, value in values.items()
            for hour in range(hours)
        ]
        table.write_text("station,longitude,latitude,time,pm25,no2\n" + "".join(rows))
        call = ["fuse", str(table), "-o", str(tmp_path / f"f_{day}.nc"), "--variable", "all"]
        result = CliRunner().invoke(main, call + ["--hourly"] * hourly)
        assert result.exit_code == 0, result.output
    with (
        xarray.set_options(use_new_combine_kwarg_defaults=new),
        xarray.open_mfdataset(f"{tmp_path}/f_*.nc") as joined,
    ):
        assert joined.sizes["time"] == (9 if hourly else 3)
        for day in DAYS:
            with xarray.open_dataset(tmp_path / f"f_{day}.nc") as alone:
                of_day = joined.sel(time=alone["time"])
                xarray.testing.assert_equal(of_day.compute(), alone.load())
        # The mean of the cells of 10, 24 and 44, and of the hours 0 to 23.
        at, hour = (3, 0) if hourly else (1, 11.5)
        assert float(joined["no2"][at, 0, 0]) == 26 + hour
