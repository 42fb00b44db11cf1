"""Files of several days as one, with the calls that the documents give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray
from documents import blocks

from pointfuse import Model, Observations, fuse, read_stations

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


@pytest.mark.parametrize("page", ["docs/reference/output-files.md", "docs/guide/deploy.md"])
@pytest.mark.parametrize("new", [False, True], ids=["defaults of today", "defaults to come"])
@pytest.mark.filterwarnings("ignore:In a future version of xarray:FutureWarning")
def test_fields_are_joined_along_time(page: str, new: bool, folder: Path) -> None:
    with xarray.set_options(use_new_combine_kwarg_defaults=new):
        names = opened(page, folder)
    with names["fields"] as fields:
        assert fields["pm25"].dims == ("time", "y", "x")
        # The model's field is the mean of the stations' cells, everywhere.
        np.testing.assert_allclose(fields["pm25"][:, 3, 4], [20, 13, 14])
        assert "station_pm25" not in fields
    if "both" in names:
        names["both"].close()


@pytest.mark.parametrize("new", [False, True], ids=["defaults of today", "defaults to come"])
@pytest.mark.filterwarnings("ignore:In a future version of xarray:FutureWarning")
def test_stations_are_joined_by_their_codes(new: bool, folder: Path) -> None:
    with xarray.set_options(use_new_combine_kwarg_defaults=new):
        names = opened("docs/reference/output-files.md", folder)
    with names["fields"], names["both"] as both:
        assert both["pm25"].dims == ("time", "y", "x")
        np.testing.assert_allclose(both["pm25"][:, 3, 4], [20, 13, 14])
        assert both["station"].values.tolist() == ["0", "A", "B", "C"]
        expected = [[values.get(code, np.nan) for code in PLACES] for values in DAYS.values()]
        np.testing.assert_array_equal(both["station_pm25"], expected)
        np.testing.assert_array_equal(
            both["station_lon"].broadcast_like(both["station_pm25"]).max("time"), [*PLACES.values()]
        )
