"""Transport against closed forms: what a scheme in flux form owes to mass, place and sign."""

from __future__ import annotations

import pytest
import torch

from pointfuse_training.simulation.random_streams import RandomStream
from pointfuse_training.simulation.terrain import Terrain
from pointfuse_training.simulation.transport import Transport
from pointfuse_training.simulation.wind import FaceWind, Wind

ROWS, COLUMNS, CELL = 60, 72, 12_000.0
STEP = 1800.0


def blob(row=30.0, column=30.0, width=4.0, species=2) -> torch.Tensor:
    """Gaussian of height 100, shape (1, species, ROWS, COLUMNS)."""
    rows, columns = torch.arange(ROWS)[:, None], torch.arange(COLUMNS)[None, :]
    squared = (rows - row) ** 2 + (columns - column) ** 2
    return (100 * torch.exp(-squared / (2 * width**2))).repeat(1, species, 1, 1)


def steady(east: float, north: float) -> FaceWind:
    return FaceWind(
        torch.full((1, ROWS, COLUMNS + 1), east), torch.full((1, ROWS + 1, COLUMNS), north)
    )


def whirl(seed: int = 0, speed: float = 6.0) -> FaceWind:
    """Non-divergent eddies that leave nothing over the edge: the stream function is 0 there."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.linspace(0, torch.pi, ROWS + 1, dtype=torch.float64)[:, None]
    x = torch.linspace(0, torch.pi, COLUMNS + 1, dtype=torch.float64)[None, :]
    stream = torch.zeros(ROWS + 1, COLUMNS + 1, dtype=torch.float64)
    for m in range(1, 6):
        for n in range(1, 6):
            weight = torch.randn((), generator=generator, dtype=torch.float64)
            stream += weight * torch.sin(n * y) * torch.sin(m * x)
    east, north = -stream.diff(dim=0), stream.diff(dim=1)
    scale = speed / east.square().mean().sqrt()
    return FaceWind((east * scale).float()[None], (north * scale).float()[None])


def carried(field, wind, steps, diffusivity=0.0, inflow=None):
    transport = Transport(CELL, torch.zeros_like(field) if inflow is None else inflow)
    transport.set_wind(wind, STEP)
    for _ in range(steps):
        field = transport.advance(field, diffusivity)
    return field


def centre(field: torch.Tensor) -> tuple[float, float]:
    """Centre of mass of the first species, row and column."""
    mass = field[0, 0].double()
    rows, columns = torch.arange(ROWS).double(), torch.arange(COLUMNS).double()
    total = mass.sum()
    return float((mass.sum(1) * rows).sum() / total), float((mass.sum(0) * columns).sum() / total)


@pytest.mark.parametrize("speed", [2.0, 6.0, 25.0])
def test_mass_is_conserved_without_sources(speed):
    field = blob() + torch.rand(1, 2, ROWS, COLUMNS, generator=torch.Generator().manual_seed(1))
    after = carried(field, whirl(speed=speed), 48, diffusivity=2500.0)
    # A day in a closed domain. The issue asks for 1e-3; a flux form owes rounding alone: about
    # 300 passages at 6e-8 each. Mixing with clean air beyond the edge is the rest.
    inside = carried(field, whirl(speed=speed), 48)
    torch.testing.assert_close(inside.double().sum(), field.double().sum(), rtol=1e-5, atol=0)
    assert after.double().sum() <= field.double().sum()


def test_mass_that_leaves_over_the_edge_is_gone_and_nothing_else():
    # 10 m/s for 24 h are 72 cells: the whole domain.
    after = carried(blob(), steady(10.0, 0.0), 52)
    assert float(after.sum()) < 1e-3 * float(blob().sum())


@pytest.mark.parametrize("seed", range(3))
def test_no_negative_value_and_no_new_extreme(seed):
    # A checkerboard and single cells: the worst there is for a scheme of second order.
    field = torch.zeros(1, 2, ROWS, COLUMNS)
    field[:, 0, ::2, ::2] = 100.0
    field[:, 1, 20, 20] = 1000.0
    for step in range(1, 6):
        after = carried(field, whirl(seed), step * 4)
        assert after.min() >= 0
        # Monotone up to rounding.
        assert after[:, 0].max() <= 100 * (1 + 1e-5)
        assert after[:, 1].max() <= 1000 * (1 + 1e-5)


@pytest.mark.parametrize(("east", "north"), [(5.0, -3.0), (-8.0, 0.0), (0.0, 4.0), (18.0, 11.0)])
def test_a_blob_travels_with_the_wind(east, north):
    row, column = (15.0 if north > 0 else 42.0), (15.0 if east > 0 else 55.0)
    steps = 12 if abs(east) > 10 else 24
    after = carried(blob(row, column, width=2.5), steady(east, north), steps)
    cells = steps * STEP / CELL
    # Slopes sum up to 0 but for the limiter, which works symmetrically: a hundredth of a cell.
    assert centre(after) == pytest.approx((row + north * cells, column + east * cells), abs=0.01)


def test_the_shape_of_a_blob_survives():
    # 48 km wide, moved by 18 cells: second order keeps 90 % of the peak, first order half of it.
    after = carried(blob(30, 25, width=4.0), steady(5.0, 0.0), 24)
    assert after.max() > 90


def test_diffusion_widens_a_blob_as_fick_says():
    diffusivity, steps = 2500.0, 48
    after = carried(blob(width=4.0), steady(0.0, 0.0), steps, diffusivity)
    offset = torch.arange(COLUMNS).double() - 30
    mass = after[0, 0].double().sum(0)
    variance = float((mass * offset**2).sum() / mass.sum())
    # sigma^2 grows by 2 K t; explicit steps are exact in the second moment.
    assert variance == pytest.approx(16 + 2 * diffusivity * steps * STEP / CELL**2, rel=1e-4)


def test_a_uniform_field_stays_uniform_in_a_divergent_wind(small_static):
    random = RandomStream(3, [0], "wind", small_static.device)
    wind = Wind(small_static, Terrain(small_static), random)
    faces = wind.obstructed(wind.free_flow(wind.stream_function()), torch.ones(1, 1, 1))
    field = torch.full((1, 2, *small_static.grid.shape), 37.0)
    transport = Transport(small_static.grid.cell_size, field)
    transport.set_wind(faces, STEP)
    after = field
    for _ in range(24):
        after = transport.advance(after, 1000.0)
    torch.testing.assert_close(after, field, rtol=1e-4, atol=0)


def test_what_flows_in_is_the_air_outside():
    # 10 m/s for 8 h are 24 cells; the front is smeared over a few.
    inflow = torch.full((1, 2, ROWS, COLUMNS), 20.0)
    after = carried(torch.zeros(1, 2, ROWS, COLUMNS), steady(10.0, 0.0), 16, inflow=inflow)
    torch.testing.assert_close(after[..., :18], inflow[..., :18], rtol=0.01, atol=0)
    assert after[..., 30:].max() < 0.2


def test_a_scenario_does_not_depend_on_those_beside_it():
    slow, fast = whirl(1, 3.0), whirl(2, 20.0)
    both = FaceWind(
        torch.cat([slow.eastward, fast.eastward]), torch.cat([slow.northward, fast.northward])
    )
    field = blob()
    together = carried(field.repeat(2, 1, 1, 1), both, 8, 1000.0)
    assert torch.equal(together[:1], carried(field, slow, 8, 1000.0))
    assert torch.equal(together[1:], carried(field, fast, 8, 1000.0))
