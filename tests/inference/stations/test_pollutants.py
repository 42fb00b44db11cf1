"""Six pollutants from every network's files: values, units and what is said of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from mean_model import mean_model

from pointfuse import POLLUTANTS, Observations, Stations, Variable, read_stations
from pointfuse.basics.units import conversion_factor, molar_volume
from pointfuse.commands.main import main
from pointfuse.errors import ArgumentError, InputError, UnreadableFileError
from pointfuse.model.loading import Model
from pointfuse.model.metadata import ModelMetadata
from pointfuse.stations.quality.day_checks import check_days
from pointfuse.stations.quality.hour_checks import check_hours
from pointfuse.stations.quality.reasons import Reason, State

Write = Callable[[str, str | bytes], Path]

LIST = "监测点编码,监测点名称,城市,经度,纬度\n1001A,万寿西宫,北京,116.366,39.8673\n"
SIX = ["pm25", "pm10", "so2", "no2", "co", "o3"]


@pytest.fixture
def cnemc(write: Write) -> tuple[Path, Path]:
    """A day of a station: PM2.5 of 20, PM10 of 21, ... and O3 that is the hour."""
    rows = ["date,hour,type,1001A"]
    for hour in range(24):
        for number, name in enumerate(("PM2.5", "PM10", "SO2", "NO2", "CO")):
            rows.append(f"20190803,{hour},{name},{20 + number + hour % 2}")
            rows.append(f"20190803,{hour},{name}_24h,999")
        rows.append(f"20190803,{hour},O3,{hour or ''}")
        rows.append(f"20190803,{hour},O3_8h,999")
    return write("china_sites_20190803.csv", "\n".join(rows) + "\n"), write("list.csv", LIST)


def only(observations: Observations, name: str) -> float:
    return float(observations.values[name].item())


def test_hours_of_the_chinese_network(cnemc: tuple[Path, Path]) -> None:
    file, stations = cnemc
    found = read_stations(file, stations=stations, variables=[*POLLUTANTS])
    assert list(found.values) == [*POLLUTANTS]
    assert [only(found, name) for name in SIX] == pytest.approx(
        [20.5, 21.5, 22.5, 23.5, 24.5, 12.0]
    )
    # The last eight hours: 16 to 23.
    assert only(found, "o3_mda8") == 19.5
    assert found.files[0].units["co"] == "mg m-3"


def test_the_largest_eight_hours_need_no_other_variable(cnemc: tuple[Path, Path]) -> None:
    file, stations = cnemc
    found = read_stations(file, stations=stations, variables=["o3_mda8"])
    assert list(found.values) == ["o3_mda8"]
    assert only(found, "o3_mda8") == 19.5
    # In mg m-3 the values are the same, a thousandth; the rule's limit goes with them.
    own = Variable("o3_mda8", "mg m-3", "", "", (0.0, 1.0))
    assert only(
        read_stations(file, stations=stations, variables=[own]), "o3_mda8"
    ) == pytest.approx(0.0195)


def test_a_day_without_enough_hours_says_why(write: Write) -> None:
    rows = [f"A,105,36,2019-01-06T{hour:02},{30 + hour}" for hour in range(24)]
    for hour in range(18, 24):
        rows[hour] = f"A,105,36,2019-01-06T{hour:02},9999"
    found = read_stations(
        write("t.csv", "station,longitude,latitude,time,o3\n" + "\n".join(rows)),
        variables=["o3", "o3_mda8"],
    )
    assert only(found, "o3") == pytest.approx(30 + np.arange(18).mean())
    # Means that end from 20 on lack three hours and more: 12 of 16 are there.
    assert np.isnan(only(found, "o3_mda8"))
    assert found.reasons["o3_mda8"].item() == Reason.OUT_OF_RANGE
    assert found.reasons["o3"].item() == Reason.PASSED


AQS = (
    "State Code,County Code,Site Num,Parameter Code,POC,Latitude,Longitude,Sample Duration,"
    "Date Local,Units of Measure,Event Type,Observation Percent,Arithmetic Mean,1st Max Value\n"
)


def aqs(code: str, duration: str, units: str, mean: float, largest: float, percent: int) -> str:
    return (
        f"06,001,0007,{code},1,37.69,-121.78,{duration},2016-01-15,{units},None,{percent},"
        f"{mean},{largest}\n"
    )


def test_days_of_the_epa_in_shares_of_the_air(write: Write) -> None:
    file = write(
        "daily.csv",
        AQS
        + aqs("81102", "24 HOUR", "Micrograms/cubic meter (25 C)", 31.0, 31.0, 100)
        + aqs("42401", "1 HOUR", "Parts per billion", 2.0, 5.0, 100)
        + aqs("42401", "3-HR BLK AVG", "Parts per billion", 2.5, 4.0, 100)
        + aqs("42602", "1 HOUR", "Parts per billion", 20.0, 40.0, 100)
        + aqs("42101", "8-HR RUN AVG END HOUR", "Parts per million", 0.6, 0.9, 100)
        + aqs("42101", "1 HOUR", "Parts per million", 0.5, 1.0, 100)
        + aqs("44201", "8-HR RUN AVG BEGIN HOUR", "Parts per million", 0.03, 0.05, 100),
    )
    found = read_stations(file, variables=[*POLLUTANTS], timezone="UTC")
    # 24.465 l/mol at 25 degrees; molar masses as in the tables of IUPAC.
    assert only(found, "pm10") == 31.0
    assert only(found, "so2") == pytest.approx(2 * 64.064 / 24.465, rel=1e-4)
    assert only(found, "no2") == pytest.approx(20 * 46.0055 / 24.465, rel=1e-4)
    assert only(found, "co") == pytest.approx(0.5 * 28.010 / 24.465, rel=1e-4)
    assert only(found, "o3_mda8") == pytest.approx(50 * 47.998 / 24.465, rel=1e-4)
    # The mean of the running means of a day is not the mean of the day.
    assert "o3" not in found.values or np.isnan(only(found, "o3"))
    remarks = found.files[0].remarks
    assert "2 rows of running means left out, which are no daily means" in remarks
    assert (
        "no2 given in Parts per billion: 1 of it is 1.88 ug m-3 at 25 degrees Celsius and 1013.25 "
        "hPa" in remarks
    )
    cold = read_stations(file, variables=["no2"], timezone="UTC", gas_temperature=20)
    assert only(cold, "no2") == pytest.approx(20 * 46.0055 / 24.055, rel=1e-4)


def test_a_file_of_running_means_alone_is_no_file_of_means(write: Write) -> None:
    file = write(
        "daily_44201.csv",
        AQS + aqs("44201", "8-HR RUN AVG BEGIN HOUR", "Parts per million", 0.03, 0.05, 100),
    )
    with pytest.raises(UnreadableFileError, match=r"running means alone.*ask for o3_mda8"):
        read_stations(file, variables=["o3"], timezone="UTC")


def test_incomplete_eight_hour_means_of_the_epa_are_missing(write: Write) -> None:
    rows = "".join(
        aqs("44201", "8-HR RUN AVG BEGIN HOUR", "Parts per million", 0.03, 0.05, percent).replace(
            "0007", f"{number:04}"
        )
        # 13 and 12 of 17 means.
        for number, percent in enumerate((76, 71))
    )
    found = read_stations(write("d.csv", AQS + rows), variables=["o3_mda8"], timezone="UTC")
    np.testing.assert_array_equal(np.isnan(found.values["o3_mda8"][0]), [False, True])


def test_the_download_page_gives_the_largest_eight_hours(write: Write) -> None:
    file = write(
        "ad_viz_plotval_data.csv",
        "Date,Source,Site ID,POC,Daily Max 8-hour Ozone Concentration,Units,Site Latitude,"
        "Site Longitude\n01/15/2016,AQS,60010007,1,0.041,ppm,37.69,-121.78\n",
    )
    found = read_stations(file, variables=["o3_mda8"], timezone="UTC")
    assert only(found, "o3_mda8") == pytest.approx(41 * 47.998 / 24.465, rel=1e-4)


@pytest.mark.parametrize(
    ("species", "celsius", "factor"),
    [
        # Conversion factors of the European reference: 293 K and 101.3 kPa (Defra, 2014).
        ("o3", 20.0, 1.9957),
        ("no2", 20.0, 1.9125),
        ("so2", 20.0, 2.6609),
        ("co", 20.0, 1.1642),
        # And those of the World Health Organization at 25 degrees (2021, table 0.2 and annex 1).
        ("o3", 25.0, 1.96),
        ("no2", 25.0, 1.88),
        ("so2", 25.0, 2.62),
        ("co", 25.0, 1.145),
    ],
)
def test_masses_of_gases_are_those_of_published_tables(
    species: str, celsius: float, factor: float
) -> None:
    found = conversion_factor(species, "ppb", "ug m-3", molar_volume(celsius))
    # Tables have three to five digits, and round the molar mass and the pressure before.
    assert found == pytest.approx(factor, rel=3e-3)
    assert conversion_factor(species, "ppm", "mg m-3", molar_volume(celsius)) == pytest.approx(
        found
    )
    back = conversion_factor(species, "ug/m3", "1e-9", molar_volume(celsius))
    assert back * found == pytest.approx(1, rel=1e-12)


def test_particles_have_no_share_of_the_air() -> None:
    with pytest.raises(InputError, match="'ppb' of pm10 cannot be converted"):
        conversion_factor("pm10", "ppb", "ug m-3")


def test_names_that_are_none_are_refused(cnemc: tuple[Path, Path]) -> None:
    file, stations = cnemc
    with pytest.raises(InputError, match="no pollutant 'pm1'; expected pm25, pm10"):
        read_stations(file, stations=stations, variables=["pm1"])
    with pytest.raises(ArgumentError, match="names of pollutants, got int"):
        read_stations(file, stations=stations, variables=[25])  # type: ignore[list-item]
    with pytest.raises(InputError, match="the rule 'epa' is not known"):
        read_stations(file, stations=stations, mda8="epa")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="expected a temperature from -100 to 100"):
        read_stations(file, stations=stations, gas_temperature=298.15)


def test_check_tells_of_all_pollutants(cnemc: tuple[Path, Path]) -> None:
    file, stations = map(str, cnemc)
    arguments = ["check", file, "--stations", stations, "--variable", "all", "--json"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    content = json.loads(result.stdout)
    assert content["files"][0]["units"]["co"] == "mg m-3"
    quality = content["together"]["quality_control"]
    assert quality["day"]["o3_mda8"]["good"] == {"passed": 1}


def hours_at_rest(name: str, value: float, count: int) -> np.ndarray:
    """Reasons of hours of which so many are the same, among others that change."""
    table = value + 5.0 + np.arange(140.0) % 3
    table[10 : 10 + count] = value
    times = np.datetime64("2019-01-07T00", "h") + np.arange(len(table))
    stations = Stations(np.array(["A"]), np.array([105.0]), np.array([36.0]))
    hourly = Observations(stations, times, {name: table[:, None]})
    return check_hours(hourly, [POLLUTANTS[name]]).reasons[name][:, 0]


@pytest.mark.parametrize(
    ("name", "value", "hours", "stuck"),
    [
        ("so2", 2.0, 30, False),  # reported in steps of 1: clean air
        ("so2", 2.0, 95, False),
        ("so2", 2.0, 96, True),
        ("so2", 0.0, 24, True),  # an instrument that is off
        ("so2", 25.0, 24, True),
        ("co", 0.4, 30, False),
        ("co", 2.0, 24, True),
        ("no2", 2.0, 30, False),
        ("no2", 20.0, 24, True),
        ("pm10", 2.0, 24, True),
        ("o3", 2.0, 24, True),
    ],
)
def test_gases_may_rest_where_the_air_is_clean(
    name: str, value: float, hours: int, stuck: bool
) -> None:
    reasons = hours_at_rest(name, value, hours)
    assert (reasons[10 : 10 + hours] == Reason.STUCK).all() == stuck
    assert (reasons == Reason.STUCK).any() == stuck


def test_coarse_particles_hold_the_fine_ones(tiny_metadata: ModelMetadata) -> None:
    metadata = replace(tiny_metadata, variables=(POLLUTANTS["pm25"], POLLUTANTS["pm10"]))
    model = Model(mean_model(metadata).SerializeToString(), metadata, "0" * 64, threads=1)
    stations = Stations(np.array([*"ABC"]), np.array([105.0, 107.0, 109.0]), np.full(3, 36.0))
    observations = Observations(
        stations,
        np.array(["2019-01-06"], "datetime64[D]"),
        {"pm10": np.array([[40.0, 40.0, 40.0]]), "pm25": np.array([[30.0, 43.0, 45.0]])},
    )
    reasons = check_days(observations, model).reasons["pm10"][0]
    # Instruments may differ by a tenth.
    assert [Reason(code) == Reason.BELOW_PM25 for code in reasons] == [False, False, True]
    assert Reason.BELOW_PM25.state is State.SUSPECT


def test_gases_may_differ_more_from_their_neighbours(tiny_metadata: ModelMetadata) -> None:
    """Three times as much as all around is too much for PM2.5 and not for NO2."""
    metadata = replace(tiny_metadata, variables=(POLLUTANTS["pm25"], POLLUTANTS["no2"]))
    model = Model(mean_model(metadata).SerializeToString(), metadata, "0" * 64, threads=1)
    values = np.full((1, 9), 20.0)
    values[0, 4] = 52.0
    observations = Observations(
        Stations(
            np.array([*"ABCDEFGHI"]), 105 + 0.3 * np.arange(9.0) % 0.9, 36 + np.arange(9) // 3 * 0.2
        ),
        np.array(["2019-01-06"], "datetime64[D]"),
        {"pm25": values, "no2": values + 1},
    )
    reasons = check_days(observations, model).reasons
    assert reasons["pm25"][0, 4] == Reason.NEIGHBOURS_DISAGREE
    assert (reasons["no2"] == Reason.PASSED).all()
    assert (np.delete(reasons["pm25"], 4) == Reason.PASSED).all()
