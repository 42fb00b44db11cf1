"""Quality control: what each check finds, what it lets through, and that nothing is lost."""

from __future__ import annotations

import csv
import json
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pointfuse import Observations, Stations, fuse, read_stations
from pointfuse.basics.rounding import rounded
from pointfuse.commands.main import main
from pointfuse.model.loading import Model
from pointfuse.stations.gridding import grid_days, place
from pointfuse.stations.quality.day_checks import check_days
from pointfuse.stations.quality.flags import count_reasons, write_flags
from pointfuse.stations.quality.hour_checks import check_hours, means_of_checked_hours
from pointfuse.stations.quality.neighbours import compare_with_neighbours, find_neighbours
from pointfuse.stations.quality.reasons import Reason, State, states, usable
from pointfuse.stations.reading import DEFAULT_VARIABLES

Write = Callable[[str, str | bytes], Path]


def hourly(table: np.ndarray, **others: np.ndarray) -> Observations:
    """Hours of stations 10 km apart on a line, from 2019-01-06 on; PM2.5 and other variables."""
    hours, count = table.shape
    return Observations(
        Stations(
            np.array([f"S{i}" for i in range(count)]),
            105 + 0.11 * np.arange(count),
            np.full(count, 36.0),
        ),
        np.datetime64("2019-01-06T00", "h") + np.arange(hours),
        {"pm25": table, **others},
    )


def reasons_of(observations: Observations, name: str = "pm25") -> np.ndarray:
    return check_hours(observations, DEFAULT_VARIABLES).reasons[name]


@pytest.fixture
def calm(rng: np.random.Generator) -> np.ndarray:
    """Two days at four stations: 30 and a scatter of 5 %."""
    return 30 * np.exp(rng.normal(0, 0.05, (48, 4)))


class TestHours:
    def test_ordinary_hours_pass(self, calm: np.ndarray) -> None:
        assert (reasons_of(hourly(calm)) == Reason.PASSED).all()

    def test_range(self, calm: np.ndarray) -> None:
        calm[:5, 0] = [-1, 1501, np.inf, -np.inf, np.nan]
        expected = np.full(calm.shape, Reason.PASSED)
        expected[:5, 0] = [Reason.OUT_OF_RANGE] * 4 + [Reason.NO_VALUE]
        np.testing.assert_array_equal(reasons_of(hourly(calm)), expected)

    def test_24_identical_hours_are_stuck_and_23_are_not(self, calm: np.ndarray) -> None:
        calm[10:34, 0] = calm[5:28, 1] = 31.0
        stuck = reasons_of(hourly(calm)) == Reason.STUCK
        assert np.flatnonzero(stuck[:, 0]).tolist() == list(range(10, 34))
        assert not stuck[:, 1:].any()

    def test_a_few_missing_hours_do_not_hide_a_stuck_run(self, calm: np.ndarray) -> None:
        calm[10:34, :2] = 31.0
        calm[14:20, 0] = np.nan  # 18 of 24 hours are left
        calm[14:21, 1] = np.nan  # 17 are too few
        stuck = reasons_of(hourly(calm)) == Reason.STUCK
        assert stuck[:, 0].sum() == 18
        assert not stuck[:, 1].any()

    def test_weather_may_rest_at_the_end_of_its_range(self, calm: np.ndarray) -> None:
        humidity = np.repeat([[100.0, 99.0, 0.0, 50.0]], 48, axis=0)
        stuck = reasons_of(hourly(calm, relative_humidity=humidity), "relative_humidity")
        np.testing.assert_array_equal(stuck == Reason.STUCK, [[False, True, False, True]] * 48)
        # PM2.5 may not: zero all day is an instrument that is off.
        calm[:, 0] = 0
        assert (reasons_of(hourly(calm))[:, 0] == Reason.STUCK).all()

    @pytest.mark.parametrize("factor", [8.0, 0.05])
    def test_a_spike_that_nobody_else_sees(self, calm: np.ndarray, factor: float) -> None:
        calm[20, 1] *= factor
        found = np.argwhere(reasons_of(hourly(calm)) != Reason.PASSED)
        assert found.tolist() == [[20, 1]]
        assert reasons_of(hourly(calm))[20, 1] == Reason.SPIKE

    def test_fireworks_that_others_see_stay(self, calm: np.ndarray) -> None:
        calm[20, :3] *= 10
        assert (reasons_of(hourly(calm)) == Reason.PASSED).all()

    def test_a_spike_far_from_everybody_is_not_tested(self, calm: np.ndarray) -> None:
        calm[20, 0] *= 8
        assert reasons_of(hourly(calm[:, :1]))[20, 0] == Reason.ISOLATED

    def test_without_thoroughness_the_range_alone_counts(self, calm: np.ndarray) -> None:
        calm[:, 0], calm[20, 1], calm[0, 2] = 31.0, 400.0, 9999.0
        checked = check_hours(hourly(calm), DEFAULT_VARIABLES, thorough=False)
        assert np.argwhere(checked.reasons["pm25"] != Reason.PASSED).tolist() == [[0, 2]]

    def test_what_becomes_of_a_day(self, calm: np.ndarray) -> None:
        calm[:24, 0] = 31.0  # stuck: the day would be whole
        calm[:10, 1] = np.nan  # too few from the start
        calm[:24, 2] = np.nan
        calm[3, 3] = 9999.0  # 23 are left
        checked = check_hours(hourly(calm), DEFAULT_VARIABLES)
        days = means_of_checked_hours(checked, 18)
        assert days.reasons["pm25"].tolist() == [
            [Reason.STUCK, Reason.TOO_FEW_HOURS, Reason.NO_VALUE, Reason.PASSED],
            [Reason.PASSED] * 4,
        ]
        np.testing.assert_array_equal(
            np.isnan(days.values["pm25"]), [[True, True, True, False], [False] * 4]
        )
        expected = np.delete(calm[:24, 3], 3).mean()
        assert days.values["pm25"][0, 3] == pytest.approx(expected, rel=1e-12)
        assert days.hours is checked

    def test_stuck_hours_across_two_files(self, write: Write, calm: np.ndarray) -> None:
        calm[12:36, 0] = 31.0
        rows = [
            f"S0,105,36,2019-01-{6 + hour // 24:02}T{hour % 24:02}:00,{value}"
            for hour, value in enumerate(calm[:, 0].tolist())
        ]
        header = "station,longitude,latitude,time,pm25"
        files = [
            write("a.csv", "\n".join([header, *rows[:24]])),
            write("b.csv", "\n".join([header, *rows[24:]])),
        ]
        checked = read_stations(files)
        assert (checked.reasons["pm25"] == Reason.STUCK).all()
        assert np.isnan(checked.values["pm25"]).all()
        unchecked = read_stations(files, quality_control=False)
        np.testing.assert_allclose(
            unchecked.values["pm25"][:, 0], calm[:, 0].reshape(2, 24).mean(axis=1), rtol=1e-12
        )


def daily(model: Model, table: list[list[float]] | np.ndarray, cells: np.ndarray) -> Observations:
    """Daily means at (row, column) positions of the model's grid."""
    grid = model.metadata.grid
    longitude, latitude = grid.projection.inverse(
        grid.first_x + cells[:, 1] * grid.cell_size, grid.first_y + cells[:, 0] * grid.cell_size
    )
    values = np.array(table, float)
    return Observations(
        Stations(np.array([f"S{i}" for i in range(len(cells))]), longitude, latitude),
        np.datetime64("2019-01-06") + np.arange(len(values)),
        {"pm25": values},
    )


CITY = 5 + np.array([[row, column] for row in range(3) for column in range(4)]) / 10
"""Twelve stations 10 km apart, on a grid of cells of 100 km."""


class TestDays:
    def test_ordinary_days_pass(self, tiny_model: Model, rng: np.random.Generator) -> None:
        table = 40 * np.exp(rng.normal(0, 0.1, (5, 12)))
        checked = check_days(daily(tiny_model, table, CITY), tiny_model)
        assert (checked.reasons["pm25"] == Reason.PASSED).all()

    @pytest.mark.parametrize("factor", [10, 4, 0.15, 1e-3, 0])
    def test_a_station_that_its_neighbours_contradict(
        self, tiny_model: Model, rng: np.random.Generator, factor: float
    ) -> None:
        table = 40 * np.exp(rng.normal(0, 0.1, (1, 12)))
        table[0, 4] *= factor
        reasons = check_days(daily(tiny_model, table, CITY), tiny_model).reasons["pm25"]
        assert np.flatnonzero(reasons != Reason.PASSED).tolist() == [4]
        assert reasons[0, 4] == Reason.NEIGHBOURS_DISAGREE

    def test_a_bad_station_does_not_condemn_its_neighbours(
        self, tiny_model: Model, rng: np.random.Generator
    ) -> None:
        table = 40 * np.exp(rng.normal(0, 0.05, (1, 12)))
        table[0, [0, 7, 10]] *= [20, 0.02, 15]
        reasons = check_days(daily(tiny_model, table, CITY), tiny_model).reasons["pm25"]
        assert np.flatnonzero(reasons != Reason.PASSED).tolist() == [0, 7, 10]

    def test_a_dust_front_stays(self, tiny_model: Model, rng: np.random.Generator) -> None:
        """Half of the country at 30, the other half at 900, and a sharp edge between them."""
        cells = 2 + 6 * rng.random((150, 2))
        table = np.where(cells[:, 1] < 5, 900.0, 30.0) * np.exp(rng.normal(0, 0.2, 150))
        reasons = check_days(daily(tiny_model, [table], cells), tiny_model).reasons["pm25"]
        # One in a hundred of ordinary values is what the check may take.
        assert (states(reasons) == State.SUSPECT).mean() < 0.01

    def test_two_stations_of_a_city_vouch_for_each_other(self, tiny_model: Model) -> None:
        far = np.array([[5, 6.0 + i / 10] for i in range(10)])
        cells = np.concatenate([[[5.0, 5.0], [5.0, 5.05]], far])
        storm = [1389.0, 1318.0]
        reasons = check_days(
            daily(tiny_model, [[*storm, *[50.0] * 10], [storm[0], *[50.0] * 11]], cells), tiny_model
        ).reasons["pm25"]
        assert reasons[0, :2].tolist() == [Reason.PASSED] * 2
        assert reasons[1, 0] == Reason.NEIGHBOURS_DISAGREE

    def test_few_neighbours_cannot_tell_unless_one_agrees(self, tiny_model: Model) -> None:
        cells = np.array([[2.0, 2.0], [2.0, 2.1], [9.0, 9.0]])
        table = [[300.0, 40.0, 50.0], [300.0, 290.0, 0.0]]
        reasons = check_days(daily(tiny_model, table, cells), tiny_model).reasons["pm25"]
        assert reasons.tolist() == [
            [Reason.ISOLATED] * 3,
            [Reason.PASSED, Reason.PASSED, Reason.ISOLATED],
        ]

    def test_coordinates(self, tiny_model: Model) -> None:
        stations = Stations(
            np.array(list("ABCDEF")),
            np.array([np.nan, 36.0, -100.0, 105.0, np.inf, 105.0]),
            np.array([36.0, 105.0, 40.0, 36.0, 36.0, np.nan]),
        )
        days = np.array(["2019-01-06"], "datetime64[D]")
        table = {"pm25": np.full((1, 6), 10.0)}
        reasons = check_days(Observations(stations, days, table), tiny_model).reasons["pm25"]
        assert [Reason(code).name for code in reasons[0]] == [
            "NO_COORDINATES",
            "SWAPPED_COORDINATES",
            "OUTSIDE_GRID",
            "ISOLATED",
            "NO_COORDINATES",
            "NO_COORDINATES",
        ]

    def test_twins(self, tiny_model: Model) -> None:
        """Same place and series; same place, other series; same code elsewhere, same series."""
        stations = Stations(
            np.array(["A", "B", "C", "A", "D"]),
            np.array([105.0, 105.0, 105.0, 108.0, np.nan]),
            np.array([36.0, 36.0, 36.0, 36.0, np.nan]),
        )
        days = np.array(["2019-01-07", "2019-01-08", "2019-01-09"], "datetime64[D]")
        table = np.array(
            [[10.0, 10, 10, 10, 10], [20.0, 20, 21, 20, 20], [np.nan, 30, 30, np.nan, 5]]
        )
        reasons = check_days(Observations(stations, days, {"pm25": table}), tiny_model).reasons
        duplicate = reasons["pm25"] == Reason.DUPLICATE
        np.testing.assert_array_equal(
            duplicate,
            [[0, 1, 0, 1, 0], [0, 1, 0, 1, 0], [0, 0, 0, 0, 0]],
        )

    def test_hours_keep_what_their_series_says(self, tiny_model: Model, calm: np.ndarray) -> None:
        by_hour = hourly(calm)
        reasons = np.zeros(by_hour.values["pm25"].shape, np.uint8)
        reasons[0, 0], reasons[1, 0] = Reason.STUCK, Reason.SPIKE
        checked = check_days(replace(by_hour, reasons={"pm25": reasons}), tiny_model)
        assert checked.reasons["pm25"][:2, 0].tolist() == [Reason.STUCK, Reason.SPIKE]
        assert set(checked.reasons["pm25"][2:, 0].tolist()) <= {Reason.PASSED, Reason.ISOLATED}


@pytest.mark.parametrize("by_hour", [False, True])
def test_neighbours_are_those_of_the_week(
    tiny_model: Model, rng: np.random.Generator, by_hour: bool
) -> None:
    """Many stations that come with the next week take no place among the nearest of this one."""
    old, new, days = 8, 60, 14
    step = 24 if by_hour else 1
    table = 30 * np.exp(rng.normal(0, 0.3, (days * step, old + new)))
    table[: 7 * step, old:] = np.nan
    first = np.datetime64("2019-01-07T00" if by_hour else "2019-01-07")  # a Monday
    away = np.concatenate([np.linspace(0.1, 0.8, old), np.linspace(0.001, 0.06, new)])
    observations = Observations(
        Stations(
            np.array([f"S{i}" for i in range(old + new)]), 105 + away, np.full(old + new, 36.0)
        ),
        first + np.arange(len(table)),
        {"pm25": table},
    )
    whole = check_days(observations, tiny_model).reasons["pm25"][: 7 * step]
    alone = check_days(observations.at_times(slice(7 * step)), tiny_model).reasons["pm25"]
    assert whole.tolist() == alone.tolist()
    assert Reason.PASSED in alone


def test_height_sets_stations_apart(rng: np.random.Generator) -> None:
    """Clean air on a mountain above a valley is not told from the valley's stations."""
    x, y = rng.uniform(0, 50e3, (2, 20))
    values = np.where(np.arange(20) < 14, 90.0, 12.0) * np.exp(rng.normal(0, 0.1, 20))
    height = np.where(np.arange(20) < 14, 100.0, 1500.0)
    suspect, tested = compare_with_neighbours(values, find_neighbours(x, y, height))
    assert tested.all()
    assert not suspect.any()


@pytest.mark.parametrize("count", [0, 1, 2, 30, 260])
def test_neighbours_are_the_nearest(rng: np.random.Generator, count: int) -> None:
    x, y = rng.uniform(0, 900e3, (2, count))
    height = rng.uniform(0, 1000, count)
    found = find_neighbours(x, y, height)
    place = np.stack([x, y, 200 * height], axis=1)
    for i in range(count):
        apart = np.linalg.norm(place - place[i], axis=1)
        apart[i] = np.inf
        expected = np.sort(apart[apart <= 200e3])[:24]
        reachable = np.isfinite(found.distance[i])
        # Squares of single precision: places of 9e5 m to 0.06 m.
        np.testing.assert_allclose(found.distance[i, reachable], expected, rtol=1e-4, atol=0.5)
        np.testing.assert_allclose(
            apart[found.station[i, reachable]], expected, rtol=1e-4, atol=0.5
        )


def test_every_reason_has_a_state() -> None:
    assert [Reason(code).value for code in range(len(Reason))] == list(range(len(Reason)))
    assert {reason.state for reason in Reason} == set(State)
    codes = np.arange(len(Reason), dtype=np.uint8)
    expected = [reason.state in (State.GOOD, State.NOT_TESTED) for reason in Reason]
    assert usable(codes).tolist() == expected


ANY_VALUE = (
    st.floats(0, 200)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.sampled_from([0.0, -1.0, 9999.0, 1e300, np.nan, np.inf, -np.inf, 30.0])
)
ANY_PLACE = st.floats(100, 110) | st.floats(30, 40) | st.floats(allow_nan=True)


@settings(max_examples=100)
@given(
    table=arrays.arrays(float, (3, 8), elements=ANY_VALUE),
    places=arrays.arrays(float, (2, 8), elements=ANY_PLACE),
    codes=st.lists(st.sampled_from("ABC"), min_size=8, max_size=8),
)
def test_nothing_bad_passes_and_nothing_is_lost(
    tiny_model: Model, table: np.ndarray, places: np.ndarray, codes: list[str]
) -> None:
    observations = Observations(
        Stations(np.array(codes), *places),
        np.datetime64("2019-01-06") + np.arange(3),
        {"pm25": table},
    )
    checked = check_days(observations, tiny_model)
    np.testing.assert_array_equal(checked.values["pm25"], table)
    state = states(checked.reasons["pm25"])
    np.testing.assert_array_equal(state == State.MISSING, np.isnan(table))
    with np.errstate(invalid="ignore"):
        outside = (table < 0) | (table > 1500)
    assert (state[outside] == State.SUSPECT).all()
    counted = count_reasons(checked)["day"]["pm25"]
    assert sum(number for by in counted.values() for number in by.values()) == table.size
    placed = place(checked, tiny_model.metadata)
    used = np.isfinite(placed.listed.values["pm25"])
    on_grid = tiny_model.metadata.grid.cells(*places) >= 0
    np.testing.assert_array_equal(
        used, usable(checked.reasons["pm25"]) & on_grid & ~np.isnan(table)
    )
    gridded = grid_days(placed)
    assert np.isfinite(gridded.observations).all()
    assert ((gridded.observations >= 0) & (gridded.observations <= 1500)).all()


@settings(max_examples=60)
@given(table=arrays.arrays(float, (30, 3), elements=ANY_VALUE))
def test_every_hour_is_accounted_for(table: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checked = check_hours(hourly(table), DEFAULT_VARIABLES)
        days = means_of_checked_hours(checked, 18)
    state = states(checked.reasons["pm25"])
    np.testing.assert_array_equal(state == State.MISSING, np.isnan(table))
    means = days.values["pm25"]
    assert ((means >= 0) & (means <= 1500))[np.isfinite(means)].all()
    np.testing.assert_array_equal(states(days.reasons["pm25"]) == State.GOOD, np.isfinite(means))
    counts = count_reasons(days)
    for step, size in (("hour", table.size), ("day", means.size)):
        assert sum(n for by in counts[step]["pm25"].values() for n in by.values()) == size


def test_flags_are_runs(tmp_path: Path, calm: np.ndarray, tiny_model: Model) -> None:
    calm[3:6, 0], calm[8, 0], calm[30, 1] = np.nan, -5.0, 300.0
    days = check_days(
        means_of_checked_hours(check_hours(hourly(calm), DEFAULT_VARIABLES), 18), tiny_model
    )
    rows = write_flags(tmp_path / "flags.csv", days)
    with (tmp_path / "flags.csv").open() as file:
        found = [row for row in csv.DictReader(file) if row["step"] == "hour"]
        file.seek(0)
        assert rows == sum(1 for _ in file) - 1
    assert [",".join(row.values()) for row in found] == [
        "S0,pm25,hour,2019-01-06T03,2019-01-06T05,3,missing,no_value,,",
        "S0,pm25,hour,2019-01-06T08,2019-01-06T08,1,suspect,out_of_range,-5,-5",
        "S1,pm25,hour,2019-01-07T06,2019-01-07T06,1,suspect,spike,300,300",
    ]


def test_a_gap_between_days_ends_a_run(tmp_path: Path, tiny_model: Model) -> None:
    observations = Observations(
        Stations(np.array(["A"]), np.array([105.0]), np.array([36.0])),
        np.array(["2019-01-06", "2019-01-07", "2019-01-14"], "datetime64[D]"),
        {"pm25": np.array([[-1.0], [-3.0], [-2.0]])},
    )
    write_flags(tmp_path / "flags.csv", check_days(observations, tiny_model))
    assert (tmp_path / "flags.csv").read_text().splitlines()[1:] == [
        "A,pm25,day,2019-01-06,2019-01-07,2,suspect,out_of_range,-3,-1",
        "A,pm25,day,2019-01-14,2019-01-14,1,suspect,out_of_range,-2,-2",
    ]


HEAD = "station,longitude,latitude,date,pm25\n"
DAY = HEAD + "".join(f"S{i},{105 + i / 10},36,2019-01-06,{30 + i}\n" for i in range(8)).replace(
    "S3,105.3,36,2019-01-06,33", "S3,105.3,36,2019-01-06,900"
)
DAY += "X,36,105,2019-01-06,30\nY,,,2019-01-06,30\nZ,20,105,2019-01-06,30\n"


def run(*arguments: object) -> str:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_command(write: Write, tiny_model_file: Path, tmp_path: Path) -> None:
    flags = tmp_path / "flags.csv"
    arguments = ["qc", write("day.csv", DAY), "--model", tiny_model_file, "-o", flags]
    text = run(*arguments)
    assert "pm25, 11 day values: 7 good, 2 suspect (1 swapped coordinates, 1 neighbours" in text
    assert f"wrote {flags}: 4 rows" in text
    assert flags.read_text().splitlines()[1] == (
        "S3,pm25,day,2019-01-06,2019-01-06,1,suspect,neighbours_disagree,900,900"
    )
    counts = json.loads(run(*arguments, "--json"))
    assert counts["day"]["pm25"]["not_tested"] == {"no_coordinates": 1, "outside_grid": 1}


def test_fuse_leaves_suspect_values_out_and_lists_them(
    write: Write,
    tiny_model_file: Path,
    tmp_path: Path,
    assert_cf_compliant: Callable[[Path], None],
) -> None:
    output = tmp_path / "out.nc"
    arguments = ["fuse", write("day.csv", DAY), "--model", tiny_model_file, "-o", output, "--json"]
    summary = json.loads(run(*arguments))
    assert summary["stations"]["used"] == 7
    assert summary["daily_means_suspect"] == 2
    assert summary["quality_control"]["day"]["pm25"]["suspect"] == {
        "swapped_coordinates": 1,
        "neighbours_disagree": 1,
    }
    with netCDF4.Dataset(output) as dataset:
        codes = dataset["stations/station_id"][:].tolist()
        # X and Z would lie at 105 degrees north.
        assert codes == [f"S{i}" for i in range(8)]
        assert dataset.stations_without_place == "X Y Z"
        quality = dict(
            zip(codes, dataset["stations/station_pm25_quality"][0].tolist(), strict=True)
        )
        assert quality["S3"] == State.SUSPECT
        assert [code for code in codes if quality[code] == State.GOOD] == codes[:3] + codes[4:8]
        assert dataset["stations/station_pm25_reason"][0, 3] == Reason.NEIGHBOURS_DISAGREE
        assert (
            dataset["stations/station_pm25_reason"].flag_meanings.split()[8]
            == "neighbours_disagree"
        )
        assert np.ma.getmaskarray(dataset["stations/station_pm25"][0]).tolist() == [
            code == "S3" for code in codes
        ]
        assert "neighbours_disagree 1" in dataset.quality_control
        assert dataset["pm25"][0].max() < 40
    assert_cf_compliant(output)
    summary = json.loads(run(*arguments, "--no-qc"))
    assert summary["quality_control"] == {}
    with netCDF4.Dataset(output) as dataset:
        assert dataset.quality_control.startswith("switched off")
        assert "--no-qc" in dataset.history
        assert "station_pm25_quality" not in dataset["stations"].variables
        assert dataset["pm25"][0].max() > 100


def test_the_python_interface_takes_the_same_path(
    write: Write, tiny_model: Model, tiny_model_file: Path, tmp_path: Path
) -> None:
    path = write("day.csv", DAY)
    run("fuse", path, "--model", tiny_model_file, "-o", tmp_path / "out.nc")
    with netCDF4.Dataset(tmp_path / "out.nc") as dataset:
        field = dataset["pm25"][:].filled(np.nan)
    values = rounded(fuse(read_stations(path), tiny_model).values)
    np.testing.assert_array_equal(values, field)
    unchecked = fuse(read_stations(path, quality_control=False), tiny_model, quality_control=False)
    assert unchecked.values.max() > 100


def test_the_same_file_twice_changes_nothing(write: Write, tiny_model: Model) -> None:
    once = check_days(read_stations(write("a.csv", DAY)), tiny_model)
    twice = check_days(read_stations([write("a.csv", DAY), write("b.csv", DAY)]), tiny_model)
    np.testing.assert_array_equal(once.reasons["pm25"], twice.reasons["pm25"])
    np.testing.assert_array_equal(once.values["pm25"], twice.values["pm25"])


def test_period_and_stations_keep_their_reasons(tiny_model: Model, calm: np.ndarray) -> None:
    calm[:24, 0] = 31.0
    days = means_of_checked_hours(check_hours(hourly(calm), DEFAULT_VARIABLES), 18)
    second = days.between(np.datetime64("2019-01-07"))
    assert second.reasons["pm25"].tolist() == [[Reason.PASSED] * 4]
    assert second.hours is not None
    assert second.hours.times[0] == np.datetime64("2019-01-07T00")
    first = days.at_stations(np.arange(4) == 0).between(None, np.datetime64("2019-01-06"))
    assert first.reasons["pm25"].tolist() == [[Reason.STUCK]]
