"""The page that fuses in a browser, on days of the Chinese network, against the package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from page_in_node import ROOT, SHIPPED, assert_as_python
from playwright.sync_api import Page

from pointfuse import fuse, load_model, read_stations
from pointfuse.stations.quality.reasons import Reason

pytestmark = pytest.mark.slow

DAYS = ["20190106", "20190512", "20190803", "20191214"]
ROUNDING = 1e-4
"""Largest relative difference of a field from that of Python. It is rounding of single
precision: 5.7e-5 on the worst of four days, as docs/guide/browser.md has it."""


def files(real_data: Path, *days: str) -> list[Path]:
    return [real_data / "cnemc" / f"china_sites_{day}.csv" for day in days]


@pytest.mark.parametrize(
    ("model", "days"),
    [(SHIPPED.name, DAYS)]
    + [
        (f"pointfuse-china12-{name}.int8.onnx", DAYS[1:3])
        for name in ("pm10", "so2", "no2", "co", "o3", "o3_mda8")
    ],
)
def test_hours_are_checked_as_by_the_package(
    node: str, real_data: Path, tmp_path: Path, model: str, days: list[str]
) -> None:
    counts = assert_as_python(
        node,
        files(real_data, *days),
        [real_data / "cnemc" / "station_list.csv"],
        tmp_path / "flags.csv",
        model=ROOT / "models" / model,
    )
    (found,) = counts.values()
    assert found[Reason.PASSED] > 1000 * len(days)


def test_half_a_year_of_days_is_checked_as_by_the_package(
    node: str, real_data: Path, tmp_path: Path
) -> None:
    counts = assert_as_python(
        node,
        [real_data / "cnemc" / "pm25_daily_2019_even_weeks.csv.gz"],
        [real_data / "cnemc" / "station_list.csv"],
        tmp_path / "flags.csv",
    )
    assert counts["pm25"][Reason.PASSED] > 240_000


def test_a_day_becomes_the_field_of_python(
    open_page: Callable[..., Page], real_data: Path, tmp_path: Path
) -> None:
    (file,), stations = files(real_data, "20190106"), real_data / "cnemc" / "station_list.csv"
    expected = fuse(
        read_stations(file, stations=stations), load_model(precision="fp32", device="cpu")
    )
    page = open_page()
    page.set_input_files("#files", [stations, file])
    page.wait_for_selector("#result:visible, #error:visible")
    assert page.locator("#error").is_hidden(), page.inner_text("#error")
    with page.expect_download() as waiting:
        page.click("#save-netcdf")
    waiting.value.save_as(tmp_path / "field.nc")
    with netCDF4.Dataset(tmp_path / "field.nc") as dataset:
        for name, values in (("pm25", expected.values), ("pm25_uncertainty", expected.uncertainty)):
            np.testing.assert_allclose(dataset[name][:].filled(), values, rtol=ROUNDING, atol=0)
        np.testing.assert_array_equal(dataset["station_count"][:], expected.station_count)
