"""The processes of the simulation, one by one, against closed forms."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pointfuse.grid.regular_grid import Grid
from pointfuse_training.simulation.chemistry import GASES, PARTICLES, Chemistry
from pointfuse_training.simulation.deposition import Deposition
from pointfuse_training.simulation.emissions import Emissions, traffic
from pointfuse_training.simulation.meteorology import Meteorology, coldness, sunshine
from pointfuse_training.simulation.random_streams import RandomStream
from pointfuse_training.simulation.terrain import Terrain, box_mean
from pointfuse_training.simulation.waves import Waves
from pointfuse_training.simulation.wind import FaceWind, Wind

CPU = torch.device("cpu")
WINTER, SUMMER = torch.ones(1, 1, 1), torch.zeros(1, 1, 1)


def stream(*scenarios, process="test", seed=5):
    return RandomStream(seed, scenarios or (0,), process, CPU)


def box(particles=0.0, gases=0.0):
    return torch.tensor([particles, gases]).reshape(1, 2, 1, 1).clone()


def layer(value):
    return torch.full((1, 1, 1), float(value))


# Random numbers and fields


def test_a_stream_depends_on_seed_scenario_and_process_alone():
    pair = stream(3, 8).normal(4)
    assert torch.equal(pair[1], stream(8).normal(4)[0])
    assert not torch.equal(stream(8).normal(4), stream(8, process="other").normal(4))
    assert not torch.equal(stream(8).normal(4), stream(8, seed=6).normal(4))


def test_one_wave_is_a_cosine(small_grid: Grid):
    waves = Waves(small_grid, CPU)
    coefficients = torch.zeros(1, *waves.shape, dtype=torch.complex64)
    coefficients[0, 15, 2] = 1 + 1j
    x = small_grid.cell_size * (torch.arange(small_grid.columns) + 0.5)
    y = small_grid.cell_size * (torch.arange(small_grid.rows) + 0.5)
    phase = waves.eastward[2] * x[None, :] + waves.northward[15] * y[:, None]
    expected = torch.cos(phase) - torch.sin(phase)
    torch.testing.assert_close(waves.field(coefficients)[0], expected, rtol=0, atol=1e-4)


def test_noise_has_unit_variance_and_no_mean(small_grid: Grid):
    noise = Waves(small_grid, CPU).noise(stream(*range(400)), 60e3, 3.0)
    # Some 10 independent patches in each of 400 fields: a standard error of 2 % and 1.6 %.
    assert float(noise.square().mean()) == pytest.approx(1, abs=0.08)
    assert float(noise.mean()) == pytest.approx(0, abs=0.06)


# Wind


@pytest.fixture
def wind(small_static):
    return Wind(small_static, Terrain(small_static), stream(*range(6), process="wind"))


def test_the_free_wind_has_no_divergence(wind, small_static):
    size = small_static.grid.cell_size
    for _ in range(3):
        free = wind.free_flow(wind.stream_function())
        divergence = (free.eastward.diff(dim=-1) + free.northward.diff(dim=-2)) / size
        # The largest wind over a cell is the divergence of a careless scheme; what rounding of
        # the stream function leaves is smaller by far.
        assert divergence.abs().max() < 1e-3 * free.speed().max() / size
        wind.advance(3600)


def test_the_wind_has_the_speed_that_the_table_says(small_static):
    wind = Wind(small_static, Terrain(small_static), stream(*range(300), process="wind"))
    eddies = wind.stream_function()
    size = small_static.grid.cell_size
    squared = (eddies.diff(dim=-1) / size).square().mean((1, 2)) + (
        eddies.diff(dim=-2) / size
    ).square().mean((1, 2))
    expected = wind.parameters.eddy_speed.square().mean()
    # 300 scenarios of about one eddy each: a standard error of 6 %; differences over a cell lose
    # a few per cent of the shortest waves.
    assert float(squared.mean() / expected) == pytest.approx(1, abs=0.2)


def test_eddies_keep_their_strength_and_forget_themselves(small_static):
    wind = Wind(small_static, Terrain(small_static), stream(*range(40), process="wind"))
    first = wind._coefficients.clone()
    hours = 24
    for _ in range(hours):
        wind.advance(3600)
    now = wind._coefficients
    # 40 x 27 x 14 complex coefficients: standard errors below 1 %.
    assert float(now.abs().square().mean()) == pytest.approx(2, rel=0.03)
    turn = wind._waves.eastward * wind.parameters.phase_speed * hours * 3600
    followed = (now * first.conj() * torch.polar(torch.ones_like(turn), turn)).real.mean((1, 2)) / 2
    expected = torch.exp(-hours / (24 * wind.parameters.lifetime)).flatten()
    torch.testing.assert_close(followed.mean(), expected.mean(), rtol=0.03, atol=0)


def test_a_slope_blocks_what_blows_across_and_not_what_blows_along(wind, small_static):
    rows, columns = small_static.grid.shape
    east = FaceWind(torch.full((6, rows, columns + 1), 5.0), torch.zeros(6, rows + 1, columns))
    north = FaceWind(torch.zeros(6, rows, columns + 1), torch.full((6, rows + 1, columns), 5.0))
    # The ridge of the small grid runs from south to north; its western slope is steep at 12.
    across = wind.obstructed(east, WINTER).eastward[0, 20, 12]
    along = wind.obstructed(north, WINTER).northward[0, 20, 12]
    assert across < 0.15 * 5.0
    assert along > 0.9 * 5.0
    # Less is blocked in summer; and nothing over the sea.
    assert wind.obstructed(east, SUMMER).eastward[0, 20, 12] > 2 * across
    over_sea = wind.obstructed(east, WINTER).eastward[0, 20, 50]
    assert float(over_sea) == pytest.approx(5.0, rel=0.15)


# Terrain


def test_box_mean_of_a_line_is_the_line_and_of_a_point_is_a_ninth():
    point = torch.zeros(7, 7)
    point[3, 3] = 9.0
    expected = torch.zeros(7, 7)
    expected[2:5, 2:5] = 1.0
    torch.testing.assert_close(box_mean(point, 1), expected)
    line = torch.arange(20.0).repeat(5, 1)
    torch.testing.assert_close(box_mean(line, 2)[:, 2:-2], line[:, 2:-2])


def test_flat_ground_blocks_nothing_and_a_plane_points_up(small_static):
    rows, columns = small_static.grid.shape
    flat = Terrain(replace(small_static, height=torch.full((rows, columns), 300.0)))
    assert float(flat.blocking.max()) == 0
    # 0.008 up towards the north: 1 - 1 / e, in the inside of the grid.
    rising = (0.008 * 12_000 * torch.arange(rows))[:, None].repeat(1, columns)
    plane = Terrain(replace(small_static, height=rising))
    inside = plane.blocking[3:-3, 3:-3]
    torch.testing.assert_close(inside, torch.full_like(inside, 1 - 1 / math.e), rtol=1e-3, atol=0)
    assert plane.north[20, 20] > 0.99
    assert plane.east[20, 20].abs() < 1e-3


# Meteorology


def test_the_sun_and_the_seasons():
    assert sunshine(0.0) == sunshine(6.5) == sunshine(18.0) == 0
    assert sunshine(12.5) == pytest.approx(1.0)
    days = torch.tensor([20, 202])
    torch.testing.assert_close(coldness(days), torch.tensor([1.0, 0.0]), rtol=0, atol=1e-3)
    # In the south winter is in July.
    southern = coldness(days, southern=True)
    torch.testing.assert_close(southern, torch.tensor([0.0, 1.0]), rtol=0, atol=1e-3)


def test_the_mixing_layer_is_deepest_on_summer_noons(small_static):
    meteorology = Meteorology(small_static, Terrain(small_static), stream(process="weather"))
    shape = (1, *small_static.grid.shape)
    calm, neutral = torch.ones(shape), torch.zeros(shape)
    heights = {}
    for season, cold in (("winter", WINTER), ("summer", SUMMER)):
        meteorology.start_day(cold)
        assert meteorology.humidity.min() >= 8
        assert meteorology.humidity.max() <= 99
        assert meteorology.rain.min() >= 0
        for hour in (2.0, 12.5):
            heights[season, hour] = meteorology.mixing_height(hour, cold, calm, neutral)
    land = small_static.ocean == 0
    assert (heights["summer", 12.5] > heights["winter", 12.5])[0, land].all()
    assert (heights["winter", 12.5] > heights["winter", 2.0]).all()
    # Open ground at night: 180 m and 60 s times 1 m/s of wind.
    assert float(heights["winter", 2.0].max()) == pytest.approx(240, rel=0.02)
    high = meteorology.mixing_height(2.0, WINTER, calm, neutral + 1)
    torch.testing.assert_close(high, 0.8 * heights["winter", 2.0])


# Emissions


def test_people_emit_on_land_where_the_lights_are(small_static):
    emissions = Emissions(small_static, stream(*range(8), process="emissions"))
    emissions.start_day(0, WINTER.expand(8, 1, 1))
    calm = torch.zeros(8, *small_static.grid.shape)
    fluxes = emissions.fluxes(12.5, calm)
    assert fluxes.shape == (8, 2, *small_static.grid.shape)
    assert fluxes.min() >= 0
    # The coast is smoothed over two cells.
    assert float(fluxes[..., 49:].max()) == 0
    # On average: a hot spot may lie anywhere.
    assert fluxes[:, 0, 10, 30].mean() > 3 * fluxes[:, 0, 35, 22].mean()


def test_heating_is_for_winter_and_the_north(small_static):
    def winter_over_summer(row):
        fluxes = []
        for cold in (WINTER, SUMMER):
            emissions = Emissions(small_static, stream(process="emissions"))
            emissions.start_day(0, cold)
            fluxes.append(float(emissions._activity[0, row, 30]))
        return fluxes[0] / fluxes[1]

    heating = Emissions(small_static, stream(process="emissions")).parameters.heating
    latitude = small_static.latitude[:, 30]
    for row in (0, 39):
        expected = 1 + float(heating) / (1 + math.exp(-(float(latitude[row]) - 33) / 1.5))
        assert winter_over_summer(row) == pytest.approx(expected, rel=1e-4)


def test_people_rest_on_two_days_of_seven_counted_from_the_first(small_static):
    emissions = Emissions(small_static, stream(3, 4, process="emissions"))
    p = emissions.parameters
    assert p.weekend_rest.min() >= 0
    assert p.weekend_rest.max() <= 0.15
    weekday = p.first_weekday.int().flatten().tolist()
    assert weekday[0] != weekday[1]
    # Nothing changes from day to day but the day of the week.
    emissions.parameters = replace(p, demand_spread=0.0, day_spread=0.0)
    cold = torch.zeros(2, 1, 1)
    activity, land, gases = [], [], []
    for day in range(-4, 10):
        emissions.start_day(day, cold)
        activity.append(emissions._activity[:, 10, 30])
        land.append(emissions._land[:, 10, 30])
        gases.append(emissions._gases[:, 10, 30])
    for scenario, first in enumerate(weekday):
        rest = float(p.weekend_rest[scenario])
        expected = [1 - rest * ((first + day) % 7 >= 5) for day in range(-4, 10)]
        found = torch.stack(activity)[:, scenario]
        torch.testing.assert_close(found / found.max(), torch.tensor(expected))
        # Fields and fires know no week; gases do in part, as they come from both.
        assert torch.stack(land)[:, scenario].unique().numel() == 1
        lowest, highest = torch.stack(gases)[:, scenario].aminmax()
        assert 1 - rest < float(lowest / highest) < 1


def test_wind_raises_dust_from_bare_land_with_the_square_above_a_threshold(small_static):
    emissions = Emissions(small_static, stream(process="emissions"))
    emissions.start_day(0, SUMMER)
    flux = {
        speed: emissions.fluxes(3.0, torch.full((1, *small_static.grid.shape), speed))[0, 0]
        for speed in (0.0, 5.5, 6.5, 7.5)
    }
    assert torch.equal(flux[5.5], flux[0.0])
    bare = small_static.barren > 0.5
    ratio = ((flux[7.5] - flux[0.0]) / (flux[6.5] - flux[0.0]))[bare]
    torch.testing.assert_close(ratio, torch.full_like(ratio, 4.0), rtol=1e-2, atol=0)


def test_traffic_has_its_hours():
    assert traffic(3.0) == 0.5
    assert traffic(12.5) == pytest.approx(1.45)
    assert traffic(19.0) == 1.0


# Chemistry and losses


@given(st.floats(0, 500), st.floats(0, 500), st.floats(8, 99), st.floats(0, 23.5))
def test_gases_become_particles_and_nothing_is_lost_but_the_yield(particles, gases, humidity, hour):
    chemistry = Chemistry()
    c = box(particles, gases)
    chemistry.react(c, hour, layer(humidity), 0.5)
    left = gases * math.exp(-0.5 * float(chemistry.rate(hour, layer(humidity))))
    assert float(c[0, GASES]) == pytest.approx(left, rel=1e-5, abs=1e-5)
    formed = chemistry.parameters.yield_ * (gases - left)
    assert float(c[0, PARTICLES]) == pytest.approx(particles + formed, rel=1e-4, abs=1e-3)


def test_chemistry_is_faster_in_humid_air_and_in_the_sun():
    rate = Chemistry().rate
    assert float(rate(0.0, layer(60))) == pytest.approx(0.012)
    assert float(rate(0.0, layer(80)) / rate(0.0, layer(60))) == pytest.approx(math.exp(0.7))
    assert float(rate(12.5, layer(60)) / rate(0.0, layer(60))) == pytest.approx(1.6)


@pytest.mark.parametrize("hours", [0.25, 0.5, 6.0])
def test_a_box_comes_to_emission_over_loss(hours):
    deposition = Deposition(torch.zeros(1, 1))
    height, rain = layer(400), layer(0.3)
    emitted = torch.tensor([100.0, 300.0]).reshape(1, 2, 1, 1)  # ug m-2 h-1
    c = box(500.0, 0.0)
    for _ in range(round(600 / hours)):
        deposition.deposit(c, emitted / 400, height, rain, layer(0), hours)
    # By hand: dry deposition v / H, venting for 400 m, washout at 0.3.
    particles = 3600 * 0.0008 / 400 + 0.012 * 0.4 + 0.18 * 0.3
    gases = 3600 * 0.003 / 400 + 0.012 * 0.4 + 1.5 * 0.18 * 0.3
    assert float(c[0, PARTICLES]) == pytest.approx(100 / 400 / particles, rel=1e-4)
    assert float(c[0, GASES]) == pytest.approx(300 / 400 / gases, rel=1e-4)


def test_a_basin_holds_what_an_open_cell_loses():
    height, rain = layer(400), layer(0.5)
    open_, _ = Deposition(torch.zeros(1, 1)).rates(height, rain)
    basin, _ = Deposition(torch.ones(1, 1)).rates(height, rain)
    assert float(basin / open_) == pytest.approx(0.6)


def test_clean_air_fills_up_to_the_background_and_not_beyond():
    deposition = Deposition(torch.zeros(1, 1))
    c = box()
    before = 0.0
    for _ in range(2000):
        deposition.deposit(c, torch.zeros(1, 2, 1, 1), layer(400), layer(0), layer(10), 0.5)
        assert before - 1e-6 <= float(c[0, PARTICLES]) < 10
        before = float(c[0, PARTICLES])
    assert before > 5


def test_what_is_emitted_is_diluted_by_the_mixing_height():
    increases = []
    for height in (200, 400, 1600):
        c = box()
        source = torch.full((1, 2, 1, 1), 80.0) / height
        # So short that losses are small beside the tolerance.
        Deposition(torch.zeros(1, 1)).deposit(c, source, layer(height), layer(0), layer(0), 0.01)
        increases.append(float(c[0, PARTICLES]))
    assert increases == pytest.approx([80 / 200 / 100, 80 / 400 / 100, 80 / 1600 / 100], rel=1e-3)


def test_a_growing_layer_mixes_in_the_air_above_and_a_shrinking_one_nothing():
    deposition = Deposition(torch.zeros(1, 1))
    c = box(80.0, 40.0)
    deposition.dilute(c, layer(200), layer(800))
    # A quarter of the new layer is the old one, the rest is air from above.
    expected = 0.25 + 0.75 * deposition.parameters.residual_share
    assert c.flatten().tolist() == pytest.approx([80 * expected, 40 * expected])
    shrunk = c.clone()
    deposition.dilute(shrunk, layer(800), layer(200))
    assert torch.equal(shrunk, c)
