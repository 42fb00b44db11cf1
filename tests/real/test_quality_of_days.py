"""Quality control on real observations: what it takes and, as important, what it leaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from click.testing import CliRunner

from pointfuse import Observations, load_model, read_stations
from pointfuse.commands.main import main
from pointfuse.stations.quality.day_checks import check_days
from pointfuse.stations.quality.reasons import Reason, State, states

pytestmark = pytest.mark.slow

DAYS = ["20190106", "20190512", "20190803", "20191214"]


@pytest.fixture(scope="module")
def even_weeks(real_data: Path) -> Observations:
    folder = real_data / "cnemc"
    observations = read_stations(
        folder / "pm25_daily_2019_even_weeks.csv.gz", stations=folder / "station_list.csv"
    )
    return check_days(observations, load_model())


@pytest.mark.parametrize("day", DAYS)
def test_under_one_in_a_hundred_untouched_values_is_flagged(real_data: Path, day: str) -> None:
    folder = real_data / "cnemc"
    observations = read_stations(
        folder / f"china_sites_{day}.csv", stations=folder / "station_list.csv"
    )
    checked = check_days(observations, load_model())
    assert checked.hours is not None
    for step in (checked.hours, checked):
        state = states(step.reasons["pm25"])
        assert (state == State.SUSPECT).sum() < 0.01 * (state != State.MISSING).sum()
        np.testing.assert_array_equal(
            (state == State.MISSING)[step.reasons["pm25"] != Reason.TOO_FEW_HOURS],
            np.isnan(step.values["pm25"])[step.reasons["pm25"] != Reason.TOO_FEW_HOURS],
        )
    if day == "20190512":
        # A dust front in the north-west stays, but for a value at the border: heights come in
        # steps of 25 m, and with exact ones all of it does.
        high = checked.values["pm25"] > 150
        assert high.sum() == 66
        assert (states(checked.reasons["pm25"])[high] == State.SUSPECT).sum() <= 1


def test_under_one_in_a_hundred_of_a_year(even_weeks: Observations) -> None:
    state = states(even_weeks.reasons["pm25"])
    read = state != State.MISSING
    assert read.sum() == 245_846
    assert (state == State.SUSPECT).sum() < 0.01 * read.sum()
    assert (state == State.NOT_TESTED).sum() < 0.03 * read.sum()


def test_the_storm_of_march_stays(even_weeks: Observations) -> None:
    """1,389 ug/m3 looks like a slip, but the station 4 km away had 1,318, and both 690 before."""
    day = np.flatnonzero(even_weeks.times == np.datetime64("2019-03-21"))[0]
    codes = even_weeks.stations.code.tolist()
    for code, value in (("2702A", 1389.2), ("2701A", 1318.1)):
        station = codes.index(code)
        assert even_weeks.values["pm25"][day, station] == pytest.approx(value)
        assert even_weeks.reasons["pm25"][day, station] == Reason.PASSED


def test_a_real_day_with_quality_control_is_a_compliant_file(
    real_data: Path, tmp_path: Path, assert_cf_compliant: Callable[[Path], None]
) -> None:
    folder, output = real_data / "cnemc", tmp_path / "out.nc"
    arguments = ["fuse", folder / "china_sites_20190803.csv", "-o", output]
    arguments += ["--stations", folder / "station_list.csv"]
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    with netCDF4.Dataset(output) as dataset:
        state = dataset["stations/station_pm25_quality"][0]
        used = ~np.ma.getmaskarray(dataset["stations/station_pm25"][0])
        np.testing.assert_array_equal(used, np.isin(state, (State.GOOD, State.NOT_TESTED)))
        assert dataset["station_count"][:].sum() == used.sum()
        # Every station of the file that the list gives a place.
        assert len(used) + len(dataset.stations_without_place.split()) in (1640, 1641)
    assert_cf_compliant(output)
