"""What is carried beside fine particles: closed forms, and what has to hold of whole days."""

from __future__ import annotations

import math
from dataclasses import replace

import netCDF4
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pointfuse import InputError
from pointfuse.stations.eight_hour_means import RULES, largest_eight_hour_means
from pointfuse_training.archives.archive import Archive
from pointfuse_training.simulation.emissions import Emissions, traffic
from pointfuse_training.simulation.pollutants.losses import Losses
from pointfuse_training.simulation.pollutants.photochemistry import (
    Photochemistry,
    PhotochemistryParameters,
)
from pointfuse_training.simulation.pollutants.sectors import Sectors
from pointfuse_training.simulation.pollutants.species import (
    CO,
    COARSE,
    NO2_PPB,
    NOX,
    O3_PPB,
    OX,
    POLLUTANTS,
    SO2,
)
from pointfuse_training.simulation.pollutants.statistics import largest_of_eight_hours
from pointfuse_training.simulation.random_streams import RandomStream
from pointfuse_training.simulation.runs import simulate_archive
from pointfuse_training.simulation.simulator import Simulator

CPU = torch.device("cpu")
WINTER, SUMMER = torch.ones(1, 1, 1), torch.zeros(1, 1, 1)
DARK, SUNNY = torch.zeros(1, 1, 1), torch.ones(1, 1, 1)

ppb = st.floats(0, 300)


@pytest.fixture
def chemistry():
    return Photochemistry(PhotochemistryParameters(production=12.0))


def layer(value):
    return torch.full((1, 1, 1), float(value))


def carried(*values):
    return torch.tensor(values, dtype=torch.float32).reshape(1, 5, 1, 1).clone()


# Light


@given(ppb, ppb, st.floats(0, 1))
def test_dioxide_is_in_equilibrium_with_the_light(nox, ox, light):
    chemistry = Photochemistry(PhotochemistryParameters(production=12.0))
    nitrogen, oxygen, sun = (torch.tensor(x, dtype=torch.float64) for x in (nox, ox, light))
    dioxide = float(chemistry.nitrogen_dioxide(nitrogen, oxygen, sun))
    assert 0 <= dioxide <= min(nox, ox) + 1e-9
    made, used = 18.0 * light * dioxide, (ox - dioxide) * (nox - dioxide)
    # Each side is a product of numbers up to 300, known to 1e-6 (the least denominator).
    assert made == pytest.approx(used, rel=1e-9, abs=1e-3)


@given(ppb, ppb)
def test_in_the_dark_the_scarcer_is_used_up(nox, ox):
    chemistry = Photochemistry(PhotochemistryParameters(production=12.0))
    dioxide = chemistry.nitrogen_dioxide(
        torch.tensor(nox, dtype=torch.float64),
        torch.tensor(ox, dtype=torch.float64),
        torch.tensor(0.0),
    )
    assert float(dioxide) == pytest.approx(min(nox, ox), rel=1e-9, abs=1e-6)


def test_fresh_nitrogen_oxide_titrates_ozone_and_nothing_is_lost(chemistry):
    chemistry.parameters = replace(chemistry.parameters, night_loss=0.0)
    # 30 ppb of ozone meet 20 ppb of NO at night: 10 ppb of ozone are left.
    nox, ox = layer(20 / NO2_PPB), layer(30 / O3_PPB)
    chemistry.react(nox, ox, layer(0), DARK, layer(0), 0.5)
    assert float(nox) * NO2_PPB == pytest.approx(20, rel=1e-5)
    assert float(ox) * O3_PPB == pytest.approx(30, rel=1e-5)
    left = float(ox) * O3_PPB - float(chemistry.nitrogen_dioxide(nox * NO2_PPB, ox * O3_PPB, DARK))
    assert left == pytest.approx(10, rel=1e-5)


def test_dioxide_that_is_lost_takes_its_oxygen_along(chemistry):
    nox, ox = layer(40.0), layer(120.0)
    nitrogen, oxygen = float(nox) * NO2_PPB, float(ox) * O3_PPB
    chemistry.react(nox, ox, layer(0), DARK, layer(0), 6.0)
    # In the dark all of it is NO2, lost at 0.03 an hour.
    lost = nitrogen * -math.expm1(-6 * 0.03)
    assert nitrogen - float(nox) * NO2_PPB == pytest.approx(lost, rel=1e-4)
    assert oxygen - float(ox) * O3_PPB == pytest.approx(lost, rel=1e-4)


def test_ozone_is_made_in_light_of_both_and_most_of_neither_few_nor_many(chemistry):
    p = chemistry.parameters
    assert float(chemistry.production(layer(10), layer(1), DARK)) == 0
    assert float(chemistry.production(layer(0), layer(1), SUNNY)) == 0
    assert float(chemistry.production(layer(10), layer(0), SUNNY)) == 0
    # By hand: 12 x 0.5 / (0.5 + 0.5) x 10 / (2.5 + 10 + 100 / 25).
    made = float(chemistry.production(layer(10), layer(0.5), SUNNY))
    assert made == pytest.approx(12 * 0.5 * 10 / 16.5, rel=1e-5)
    # The derivative is zero at the root of scarce times plenty.
    best = math.sqrt(p.scarce * p.plenty)
    found = [
        float(chemistry.production(layer(best * x), layer(1), SUNNY)) for x in (0.5, 0.9, 1, 1.1, 2)
    ]
    assert max(found) == found[2]
    assert found[0] < found[1] < found[2] > found[3] > found[4]


# Losses


def test_a_box_comes_to_emission_and_exchange_over_loss():
    losses = Losses(torch.zeros(1, 1))
    height, rain, oxidation = layer(500), layer(0.2), layer(0.02)
    emitted = carried(100.0, 80.0, 300.0, 2000.0, 0.0)
    above = carried(10.0, 3.0, 1.5, 300.0, 80.0)
    c = carried(0.0, 0.0, 0.0, 0.0, 0.0)
    for _ in range(4000):
        losses.deposit(c, emitted / 500, height, rain, oxidation, above, 0.5)
    venting, washout, p = 0.012 * 0.5, 0.18 * 0.2, losses.parameters
    by_hand = {
        COARSE: (3600 * p.coarse_velocity / 500 + 2.0 * washout, venting),
        SO2: (3600 * p.so2_velocity / 500 + 1.5 * washout + p.so2_oxidation * 0.02, venting),
        NOX: (3600 * p.nox_velocity / 500, venting),
        CO: (0.0, venting),
        OX: (3600 * p.ozone_velocity / 500, venting + p.ozone_exchange),
    }
    for species, (lost, exchanged) in by_hand.items():
        expected = (float(emitted[0, species]) / 500 + exchanged * float(above[0, species])) / (
            lost + exchanged
        )
        assert float(c[0, species]) == pytest.approx(expected, rel=1e-3), species


def test_a_growing_layer_takes_in_what_is_above_and_a_shrinking_one_nothing():
    losses = Losses(torch.zeros(1, 1))
    above = carried(10.0, 3.0, 1.5, 300.0, 80.0)
    c = carried(50.0, 23.0, 41.5, 1300.0, 30.0)
    losses.dilute(c, layer(200), layer(800), above, layer(110.0))
    p = losses.parameters
    expected = [
        10 + 40 * (0.25 + 0.75 * p.coarse_aloft),
        3 + 20 * (0.25 + 0.75 * p.so2_aloft),
        1.5 + 40 * (0.25 + 0.75 * p.nox_aloft),
        300 + 1000 * (0.25 + 0.75 * p.co_aloft),
        0.25 * 30 + 0.75 * 110,
    ]
    assert c.flatten().tolist() == pytest.approx(expected, rel=1e-5)
    before = c.clone()
    losses.dilute(c, layer(800), layer(200), above, layer(110.0))
    torch.testing.assert_close(c, before)


# Emissions


@pytest.fixture
def sectors(small_static):
    emissions = Emissions(small_static, RandomStream(5, range(3), "emissions", CPU))
    return Sectors(small_static, emissions, RandomStream(5, range(3), "pollutants", CPU))


def fluxes(sectors, cold, hour=12.0, wind=0.0):
    sectors._emissions.start_day(0, cold.expand(3, 1, 1))
    sectors.start_day(cold.expand(3, 1, 1))
    return sectors.fluxes(hour, torch.full((3, *sectors._ocean.shape), wind))


def test_nothing_is_negative_and_primary_dioxide_is_odd_oxygen(sectors):
    found = fluxes(sectors, WINTER)
    assert found.shape[1] == 5
    assert found.min() >= 0
    dioxide = sectors.parameters.primary_no2 * found[:, NOX] * NO2_PPB
    torch.testing.assert_close(found[:, OX] * O3_PPB, dioxide)


def test_traffic_has_hours_and_power_has_none(sectors):
    noon, night = fluxes(sectors, WINTER), sectors.fluxes(3.0, torch.zeros_like(sectors._ocean))
    torch.testing.assert_close(noon[:, SO2], night[:, SO2])
    of_traffic = sectors._by_day[:, NOX] * (traffic(12.0) - traffic(3.0))
    torch.testing.assert_close(noon[:, NOX] - night[:, NOX], of_traffic, rtol=1e-3, atol=1e-2)


def test_wind_raises_dust_and_sea_salt(sectors, small_static):
    calm, windy = fluxes(sectors, WINTER), sectors.fluxes(12.0, torch.full((3, 1, 1), 8.0))
    raised = (windy - calm)[:, COARSE]
    sea = small_static.ocean == 1
    salt = torch.full_like(raised[:, sea], 2.0 * 8.0**2)
    torch.testing.assert_close(raised[:, sea], salt, rtol=1e-4, atol=1e-2)
    bare = small_static.barren > 0.5
    dust = 3 * sectors._emissions.raised_dust(torch.full((3, 1, 1), 8.0))
    torch.testing.assert_close(raised[:, bare & ~sea], dust[:, bare & ~sea], rtol=1e-3, atol=1e-2)


# Days


@given(st.integers(0, 10**6))
def test_the_largest_of_eight_hours_is_that_of_stations(seed):
    hours = np.random.default_rng(seed).uniform(0, 200, 24)
    times = np.datetime64("2019-06-01", "h") + np.arange(24)
    day = np.array(["2019-06-01"], "datetime64[D]")
    expected = largest_eight_hour_means(times, hours[:, None], day, RULES["china"])
    found = largest_of_eight_hours(torch.from_numpy(hours)[None, :, None, None])
    assert float(found) == pytest.approx(float(expected[0, 0]), rel=1e-12)


@pytest.fixture(scope="module")
def days(small_static):
    simulator = Simulator(small_static, 11, [0, 1], all_pollutants=True)
    return list(simulator.run(2))


@pytest.mark.slow
def test_fine_particles_do_not_know_of_the_others(small_static, days):
    alone = list(Simulator(small_static, 11, [0, 1]).run(2))
    for bare, day in zip(alone, days, strict=True):
        assert bare.hours is None
        assert torch.equal(bare.fields, day.fields)
        # Means of 24 hours of two steps each, added in another order.
        torch.testing.assert_close(day.hours[:, 0].mean(1), day.fields[:, 0], rtol=1e-4, atol=0)


@pytest.mark.slow
def test_days_of_all_pollutants_are_plausible(days):
    hours = torch.stack([day.hours for day in days])
    assert torch.isfinite(hours).all()
    assert hours.min() >= 0
    pm25, pm10, _, _, co, _ = hours.unbind(2)
    assert (pm10 >= pm25).all()
    assert co.max() < 50
    for name, (least, most) in {
        "pm10": (10, 300),
        "so2": (0.5, 60),
        "no2": (2, 80),
        "co": (0.2, 3),
        "o3": (20, 150),
    }.items():
        assert least < float(hours[:, :, POLLUTANTS.index(name)].mean()) < most, name
    for day in days:
        largest, mean = day.of("o3_mda8")[:, 0], day.of("o3")[:, 0]
        assert (largest > 0.9 * mean).all()
        assert float((largest - mean).mean()) > 0
        torch.testing.assert_close(day.of("no2")[:, 1:], day.fields[:, 1:], rtol=0, atol=0)


@pytest.mark.slow
def test_archives_of_several_pollutants_are_one_run(small_static, tmp_path, days):
    run = {"scenarios": 2, "days": 2, "seed": 11, "batch": 2, "targets": ("no2", "co")}
    simulate_archive(small_static, tmp_path, **run)
    for name, resolution in (("no2", 0.02), ("co", 0.0005)):
        archive = Archive(tmp_path / name)
        assert (archive.target.name, len(archive)) == (name, 4)
        for scenario in range(2):
            true = days[1].of(name)[scenario]
            # Half a step of packing, and rounding.
            torch.testing.assert_close(
                archive[2 * scenario + 1][0], true[0], rtol=1e-6, atol=0.51 * resolution
            )
    with netCDF4.Dataset(tmp_path / "no2" / "scenario_00000.nc") as dataset:
        assert dataset["no2"].cell_methods == "time: mean"
    # A file that is missing in one is made again, and those that are there are left alone.
    (tmp_path / "co" / "scenario_00001.nc").unlink()
    kept = (tmp_path / "co" / "scenario_00000.nc").stat().st_mtime_ns
    simulate_archive(small_static, tmp_path, **run)
    assert len(Archive(tmp_path / "co")) == 4
    assert (tmp_path / "co" / "scenario_00000.nc").stat().st_mtime_ns == kept


@pytest.mark.slow
def test_an_archive_is_of_one_pollutant(small_static, tmp_path):
    run = {"scenarios": 1, "days": 1, "seed": 11}
    simulate_archive(small_static, tmp_path, **run)
    with pytest.raises(InputError, match=r"has the pollutant pm25, this run o3_mda8; name another"):
        simulate_archive(small_static, tmp_path, **run, targets=("o3_mda8",))
    simulate_archive(small_static, tmp_path / "o3", **run, targets=("o3_mda8",))
    with netCDF4.Dataset(tmp_path / "o3" / "scenario_00000.nc") as dataset:
        methods = "time: maximum (of means of 8 hours)"
        assert dataset["o3_mda8"].cell_methods == methods
