"""Indices agree with the tables that were published, at every breakpoint and beside it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointfuse import ArgumentError, InputError, air_quality
from pointfuse.limits.concentrations import DAY, EIGHT_HOURS, HOUR, Pollutant, pollutant_of
from pointfuse.limits.standards import STANDARDS

CHINA = {
    # HJ 633-2026, table 3; mg/m3 for CO.
    "pm25": [35, 60, 115, 150, 250, 350, 500],
    "pm10": [50, 120, 250, 350, 420, 500, 600],
    "so2": [50, 150, 475, 800, 1600, 2100, 2620],
    "no2": [40, 80, 180, 280, 565, 750, 940],
    "co": [2, 4, 14, 24, 36, 48, 60],
    "o3_8h": [100, 160, 215, 265, 800],
}
CHINA_2012 = CHINA | {
    # HJ 633-2012, table 1.
    "pm25": [35, 75, 115, 150, 250, 350, 500],
    "pm10": [50, 150, 250, 350, 420, 500, 600],
}
CHINESE_INDICES = [50, 100, 150, 200, 300, 400, 500]
US = {
    # EPA-454/B-24-002, table 6: low, high, index at both; in the units of the table.
    "pm25": (
        "ug m-3",
        [
            (0.0, 9.0, 0, 50),
            (9.1, 35.4, 51, 100),
            (35.5, 55.4, 101, 150),
            (55.5, 125.4, 151, 200),
            (125.5, 225.4, 201, 300),
            (225.5, 325.4, 301, 500),
        ],
    ),
    "pm10": (
        "ug m-3",
        [
            (0, 54, 0, 50),
            (55, 154, 51, 100),
            (155, 254, 101, 150),
            (255, 354, 151, 200),
            (355, 424, 201, 300),
            (425, 604, 301, 500),
        ],
    ),
    "o3_8h": (
        "ppm",
        [
            (0.000, 0.054, 0, 50),
            (0.055, 0.070, 51, 100),
            (0.071, 0.085, 101, 150),
            (0.086, 0.105, 151, 200),
            (0.106, 0.200, 201, 300),
        ],
    ),
    "co_8h": (
        "ppm",
        [
            (0.0, 4.4, 0, 50),
            (4.5, 9.4, 51, 100),
            (9.5, 12.4, 101, 150),
            (12.5, 15.4, 151, 200),
            (15.5, 30.4, 201, 300),
            (30.5, 50.4, 301, 500),
        ],
    ),
    "so2_1h": (
        "ppb",
        [(0, 35, 0, 50), (36, 75, 51, 100), (76, 185, 101, 150), (186, 304, 151, 200)],
    ),
    "no2_1h": (
        "ppb",
        [
            (0, 53, 0, 50),
            (54, 100, 51, 100),
            (101, 360, 101, 150),
            (361, 649, 151, 200),
            (650, 1249, 201, 300),
            (1250, 2049, 301, 500),
        ],
    ),
}
EUROPE = {
    # ETC HE Report 2024/17, table 5.2: the upper ends of the first five bands.
    "pm25": [5, 15, 50, 90, 140],
    "pm10": [15, 45, 120, 195, 270],
    "no2": [10, 25, 60, 100, 150],
    "o3": [60, 100, 120, 160, 180],
    "so2": [20, 40, 125, 190, 275],
}
WHO = {
    # WHO 2021, table 0.1 (daily): from the guideline to interim target 1; mg/m3 for CO.
    "pm25": [15, 25, 37.5, 50, 75],
    "pm10": [45, 50, 75, 100, 150],
    "o3_8h": [100, None, None, 120, 160],
    "no2": [25, None, None, 50, 120],
    "so2": [40, None, None, 50, 125],
    "co": [4, None, None, None, 7],
}


def index(standard: str, name: str, values: object, units: str = "ug m-3") -> list[float]:
    found = air_quality({name: np.array(values)}, standard, units={name: units})
    return found.index.tolist()


def unit_of(name: str) -> str:
    return "mg m-3" if name == "co" else "ug m-3"


@pytest.mark.parametrize(("standard", "table"), [("china", CHINA), ("china-2012", CHINA_2012)])
@pytest.mark.parametrize("name", CHINA)
def test_the_chinese_index_is_that_of_its_table(standard: str, table: dict, name: str) -> None:
    highs = np.array(table[name], float)
    expected = CHINESE_INDICES[: len(highs)]
    assert index(standard, name, [0, *highs], unit_of(name)) == [0, *expected]
    # The next concentration that is reported is above it: it begins the next level.
    step = 0.1 if name == "co" else 1
    above = index(standard, name, highs[:-1] + step, unit_of(name))
    assert all(low < found <= low + 20 for low, found in zip(expected, above, strict=False))
    assert index(standard, name, [10 * highs[-1]], unit_of(name)) == [expected[-1]]


def test_the_chinese_index_is_rounded_up_and_concentrations_to_even() -> None:
    # 100 + 50 / 55 at 61; 60.5 is reported as 60, 61.5 as 62 (GB/T 8170).
    assert index("china", "pm25", [60.5, 60.6, 61.0, 61.5]) == [100, 101, 101, 102]
    # 50 + 50 / 25 * 1 is 52 to the last digit, and must not become 53.
    assert index("china", "pm25", [36.0]) == [52]


@pytest.mark.parametrize("name", US)
def test_the_index_of_the_united_states_is_that_of_its_table(name: str) -> None:
    units, rows = US[name]
    lows, highs, bottoms, tops = (list(part) for part in zip(*rows, strict=True))
    assert index("us", name, lows, units) == bottoms
    assert index("us", name, highs, units) == tops
    # Files hold single precision, in which 225.4 is 225.39999.
    assert index("us", name, np.array(highs, np.float32), units) == tops
    assert index("us", name, [100 * highs[-1]], units) == [tops[-1]]


def test_the_index_of_the_united_states_cuts_concentrations_and_rounds() -> None:
    # The example of EPA-454/B-24-002: 35.9 ug/m3 is 102; 9.09 is cut to 9.0.
    assert index("us", "pm25", [35.9, 9.09, 9.099]) == [102, 50, 50]


@pytest.mark.parametrize("name", EUROPE)
def test_the_european_bands_are_those_of_the_table(name: str) -> None:
    highs = np.array(EUROPE[name], float)
    assert index("europe", name, [0, *highs]) == [1, 1, 2, 3, 4, 5]
    assert index("europe", name, highs + 1e-6) == [2, 3, 4, 5, 6]
    assert index("europe", f"{name}_1h", highs) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("name", WHO)
def test_the_targets_of_the_who_are_those_of_the_table(name: str) -> None:
    pairs = [(high, level) for level, high in enumerate(WHO[name], start=1) if high is not None]
    highs, levels = (list(part) for part in zip(*pairs, strict=True))
    assert index("who", name, highs, unit_of(name)) == levels
    above = index("who", name, np.array(highs) * (1 + 1e-6), unit_of(name))
    assert above == [*levels[1:], 6]


@pytest.mark.parametrize("standard", ["china", "us"])
def test_independent_code_agrees(standard: str) -> None:
    if standard == "china":
        other = pytest.importorskip("aqi_hub.aqi_cn.aqi", reason="pip install aqi-hub")
    else:
        other = pytest.importorskip("aqi_hub.aqi_usa.aqi", reason="pip install aqi-hub")
    items = {"pm25": "PM25_24H", "pm10": "PM10_24H"}
    if standard == "china":
        # Its SO2 of days is that of hours.
        items |= {"no2": "NO2_24H", "o3_8h": "O3_8H"}
    for name, item in items.items():
        concentrations = np.arange(0, 600)
        found = index(standard, name, concentrations)
        call = other.cal_iaqi_cn if standard == "china" else None
        for value, ours in zip(concentrations.tolist(), found, strict=True):
            if call:
                assert ours == call(item, value), (name, value)
            elif value < 325:
                # It cuts the index, which the EPA rounds.
                assert ours - other.cal_iaqi_usa(value, item) in (0, 1), (name, value)


def test_the_worst_pollutant_counts_and_is_named() -> None:
    found = air_quality(
        {
            "pm25": [35, 61, np.nan, np.nan, 500],
            "o3_8h": [30, 215, 160, np.nan, np.nan],
        }
    )
    np.testing.assert_array_equal(found.index, [50, 150, 100, np.nan, 500])
    assert found.level.tolist() == [1, 3, 2, 0, 6]
    assert found.main_pollutant.tolist() == [0, 1, 1, -1, 0]
    assert found.pollutants == ("pm25", "o3_8h")
    assert found.standard is STANDARDS["china"]


@pytest.mark.parametrize("standard", STANDARDS)
def test_levels_begin_above_the_tops_of_those_before(standard: str) -> None:
    table = STANDARDS[standard]
    assert len(table.levels) == len(table.tops) + 1
    for row in table.pollutants.values():
        assert list(row.highs) == sorted(set(row.highs))
        assert set(row.indices[: len(table.tops)]) <= {*table.tops}
        assert len(row.indices) == len(row.highs)


@given(st.lists(st.floats(-10, 1e4), min_size=2, max_size=20), st.sampled_from(list(STANDARDS)))
def test_an_index_never_falls_as_air_gets_worse(values: list[float], standard: str) -> None:
    found = air_quality({"pm25": sorted(values)}, standard)  # type: ignore[arg-type]
    assert (np.diff(found.index) >= 0).all()
    assert (np.diff(found.level) >= 0).all()
    assert found.level.min() >= 1
    assert found.level.max() <= len(found.standard.levels)


def test_gases_are_taken_in_any_unit() -> None:
    # 48 g/mol of O3 at 25 degrees: 1.963 ug/m3 a ppb; 70 ppb are 137.4 ug/m3.
    assert index("us", "o3_8h", [137.5, 0.1375], "ug m-3")[0] == 100
    assert index("us", "o3_8h", [0.1375], "mg/m3") == [100]
    assert index("china", "o3_8h", [160 / 1.9632], "ppb") == [100]
    # 20 degrees in Europe: 46.0055 / 24.06 = 1.912 ug/m3 a ppb of NO2.
    assert index("europe", "no2", [25 / 1.913, 25 / 1.911], "ppb") == [2, 3]


@pytest.mark.parametrize(
    ("name", "standard_name", "expected"),
    [
        ("pm25", "", Pollutant("pm25", DAY)),
        ("PM2_5", "", Pollutant("pm25", DAY)),
        ("o3_mda8", "", Pollutant("o3", EIGHT_HOURS)),
        ("NO2_1h", "", Pollutant("no2", HOUR)),
        ("PM25_TOT", "mass_concentration_of_pm2p5_ambient_aerosol_particles_in_air", ("pm25", DAY)),
        ("ozone", "mole_fraction_of_ozone_in_air", Pollutant("o3", DAY)),
    ],
)
def test_variables_tell_their_pollutant(name: str, standard_name: str, expected: Pollutant) -> None:
    assert pollutant_of(name, standard_name) == expected


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: air_quality({"pm25": [1]}, "india"),
            ArgumentError,
            "expected a standard of china",
        ),
        (lambda: air_quality({}), ArgumentError, "at least one pollutant"),
        (lambda: air_quality([1.0]), ArgumentError, "expected concentrations by pollutant"),
        (lambda: air_quality({"nh3": [1]}), InputError, "nh3 is no pollutant of an index"),
        (
            lambda: air_quality({"o3": [1]}),
            InputError,
            "made of the largest 8-hour mean of a day of o3, got the mean of a day; name the "
            "variable o3_8h if it is that",
        ),
        (lambda: air_quality({"no2": [1]}, "us"), InputError, "name the variable no2_1h"),
        (lambda: air_quality({"co": [1]}, "europe"), InputError, "has no co; expected pm25"),
        (
            lambda: air_quality({"pm25": [1]}, units={"pm25": "furlong"}),
            InputError,
            "the unit 'furlong' of pm25",
        ),
        (
            lambda: air_quality({"pm25": [1], "pm10": [1, 2]}),
            ArgumentError,
            "concentrations of one shape",
        ),
    ],
)
def test_what_has_no_index_is_refused_in_a_sentence(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()
