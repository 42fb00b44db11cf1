"""The lines that people write first: each works, or says in one sentence what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import geopandas
import numpy as np
import pandas
import polars
import pytest
import xarray

import pointfuse
from pointfuse import FusedFields, Model, PointfuseError

ROWS = {
    "station": ["A", "B", "C"],
    "longitude": [103.0, 108.0, 110.0],
    "latitude": [36.0, 36.5, 34.0],
    "date": ["2019-01-06"] * 3,
    "pm25": [10.0, 30.0, 20.0],
}
TABLE = pandas.DataFrame(ROWS)
Given = Callable[[Path], object]
WORK: dict[str, Given] = {
    'fuse("stations.csv")': str,
    'fuse(Path("stations.csv"))': lambda path: path,
    'fuse("*.csv")': lambda path: str(path.with_name("*.csv")),
    'fuse(["stations.csv"])': lambda path: [str(path)],
    'fuse(open("stations.csv"))': lambda path: path.open(),
    "fuse(pandas.DataFrame(...))": lambda _: TABLE,
    "fuse(polars.DataFrame(...))": lambda _: polars.DataFrame(ROWS),
    "fuse(geopandas.GeoDataFrame(...))": lambda _: geopandas.GeoDataFrame(
        TABLE.drop(columns=["longitude", "latitude"]),
        geometry=geopandas.points_from_xy(TABLE.longitude, TABLE.latitude),
        crs="EPSG:4326",
    ),
    "fuse(xarray.Dataset(...))": lambda _: xarray.Dataset.from_dataframe(TABLE),
    'fuse(read_stations("stations.csv"))': lambda path: pointfuse.read_stations(path),
}
"""Ten ways to call `fuse` first."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "stations.csv"
    TABLE.to_csv(path, index=False)
    return path


@pytest.fixture
def fields(path: Path, tiny_model: Model) -> FusedFields:
    return pointfuse.fuse(path, tiny_model)


@pytest.mark.parametrize("line", WORK)
def test_what_people_have_is_fused(line: str, path: Path, tiny_model: Model) -> None:
    given = WORK[line](path)
    fields = pointfuse.fuse(given, tiny_model)  # type: ignore[arg-type]
    # The model's field is the mean of its cells.
    np.testing.assert_allclose(fields.values, 20)
    if hasattr(given, "close"):
        given.close()


def test_what_comes_out_is_what_people_hold_fields_with(fields: FusedFields) -> None:
    dataset, table = fields.to_xarray(), fields.to_dataframe()
    assert float(dataset.pm25.sel(time="2019-01-06", method="nearest").mean()) == 20
    assert table.pm25.mean() == 20
    assert fields.at((105.0, 36.0)).values.item() == 20
    assert fields.at({"here": (105.0, 36.0)}).to_dataframe().place.tolist() == ["here"]
    assert fields.plot().axes


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("nothing.csv", "there is no file .*; check the path"),
        ("https://example.org/a.csv", "is an address, and pointfuse uses no network; download it"),
        (TABLE.drop(columns="longitude"), "lacks a column named longitude; the header is station,"),
        (TABLE.set_index("date"), "what is in its index counts only after reset_index"),
        (TABLE.to_dict("records"), r"make a table of it, such as pandas\.DataFrame"),
        (TABLE["pm25"], r"expected station files .* got pandas\.Series"),
        (np.zeros((3, 3)), r"expected station files .* got numpy\.ndarray"),
    ],
    ids=str,
)
def test_what_is_not_understood_is_said(given: object, sentence: str, tiny_model: Model) -> None:
    with pytest.raises(PointfuseError, match=sentence) as error:
        pointfuse.fuse(given, tiny_model)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)


def test_another_model_is_said_how_to_load(path: Path) -> None:
    with pytest.raises(PointfuseError, match=r"load one with pointfuse\.load_model"):
        pointfuse.fuse(path, "pointfuse-china12")  # type: ignore[arg-type]


def test_the_output_is_no_input(fields: FusedFields, tmp_path: Path, tiny_model: Model) -> None:
    written = fields.to_netcdf(tmp_path / "pm25.nc")
    with pytest.raises(PointfuseError, match="holds fields that pointfuse wrote, no observations"):
        pointfuse.fuse(written, tiny_model)


@pytest.mark.parametrize("name", ["pm25", "to_csv", "save", "sel"])
def test_names_that_people_try_say_what_there_is(name: str, fields: FusedFields) -> None:
    said = re.escape(
        f"FusedFields has no {name}; the field is in values, to_xarray() gives a dataset"
    )
    with pytest.raises(AttributeError, match=said):
        getattr(fields, name)
    assert not hasattr(fields, "_repr_png_")
