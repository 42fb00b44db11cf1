"""Synoptic wind: travelling eddies that arise and decay, turned aside by terrain.

The flow is a stream function, so that it neither piles air up nor rarefies it, with one
Ornstein-Uhlenbeck process a wave. Only then slopes block it and basins and cities slow it down;
what the wind loses by that leaves or enters through the top of the layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pointfuse_training.simulation.parameters import (
    Normal,
    Parameters,
    Quantity,
    Uniform,
    drawn,
    fixed,
)
from pointfuse_training.simulation.random_streams import RandomStream
from pointfuse_training.simulation.static_inputs import StaticInputs
from pointfuse_training.simulation.terrain import Terrain
from pointfuse_training.simulation.waves import Waves

_SPECTRUM_POWER = 3.2


@dataclass(frozen=True, kw_only=True)
class WindParameters(Parameters):
    """Parameters of the wind."""

    eddy_size: Quantity = drawn(Uniform(400e3, 1000e3), "m", "diameter of the largest eddies")
    eddy_speed: Quantity = drawn(Uniform(2.5, 5.5), "m s-1", "root mean square of the eddies' wind")
    lifetime: Quantity = drawn(Uniform(1.2, 2.7), "day", "time in which eddies forget themselves")
    phase_speed: Quantity = drawn(Uniform(3.0, 12.0), "m s-1", "speed of eddies towards the east")
    mean_eastward: Quantity = drawn(Normal(1.0, 1.5), "m s-1", "mean wind towards the east")
    mean_northward: Quantity = drawn(Normal(0.0, 1.2), "m s-1", "mean wind towards the north")
    blocking: Quantity = fixed(
        0.55, "1", "share of the wind across a steep slope that is blocked in summer"
    )
    winter_blocking: Quantity = fixed(0.35, "1", "what cold, stable air adds to that share")
    basin_drag: Quantity = fixed(0.65, "1", "share of the wind that a deep basin takes")
    city_drag: Quantity = fixed(0.25, "1", "share of the wind that a large city takes")


@dataclass(frozen=True)
class FaceWind:
    """Wind through the faces of the cells.

    Attributes
    ----------
    eastward : Tensor, shape (scenarios, rows, columns + 1)
        m/s, through the western face of each cell and the last eastern one.
    northward : Tensor, shape (scenarios, rows + 1, columns)
        m/s, through the southern face of each cell and the last northern one.
    """

    eastward: Tensor
    northward: Tensor

    def speed(self) -> Tensor:
        """Wind speed at the cell centres, m/s, shape (scenarios, rows, columns)."""
        return torch.hypot(_middle(self.eastward, -1), _middle(self.northward, -2))


class Wind:
    """The wind of a batch of scenarios, hour after hour.

    Parameters
    ----------
    static : StaticInputs
        Static layers.
    terrain : Terrain
        Slopes and basins.
    random : RandomStream
        Random numbers of the wind.
    """

    def __init__(self, static: StaticInputs, terrain: Terrain, random: RandomStream) -> None:
        self.parameters = WindParameters.sample(random)
        self._random = random
        self._cell_size = static.grid.cell_size
        self._waves = Waves(static.grid, static.device, corners=True)
        p = self.parameters
        amplitude = self._waves.amplitudes(p.eddy_size / torch.pi, _SPECTRUM_POWER)
        # The squared wind of a wave is (k amplitude)^2; the sum over all waves is eddy_speed^2.
        squared = (amplitude * self._waves.wavenumber).square().sum((1, 2), keepdim=True)
        self._amplitude = amplitude * (p.eddy_speed / squared.sqrt())
        self._deviation = p.eddy_speed / squared.sqrt()
        self._coefficients = self._waves.coefficients(random)
        self._mean = self._mean_flow(static)
        self._set_obstacles(static, terrain)

    def _mean_flow(self, static: StaticInputs) -> Tensor:
        """Stream function of the mean wind, m2/s, at the corners."""
        rows, columns = static.grid.shape
        y = self._cell_size * torch.arange(rows + 1, device=static.device)
        x = self._cell_size * torch.arange(columns + 1, device=static.device)
        p = self.parameters
        return p.mean_northward * x[None, None, :] - p.mean_eastward * y[None, :, None]

    def _set_obstacles(self, static: StaticInputs, terrain: Terrain) -> None:
        p = self.parameters
        lights = static.night_lights / _typical(static.night_lights)
        drag = (1 - p.basin_drag * terrain.basin * (1 - 0.5 * static.ocean)) * (
            1 - p.city_drag * (lights / 8).clamp(max=1)
        )
        self._drag_x, self._drag_y = _to_faces(drag, -1), _to_faces(drag, -2)
        across = terrain.blocking * terrain.east * terrain.north
        self._blocking_xx = _to_faces(terrain.blocking * terrain.east**2, -1)
        self._blocking_xy = _to_faces(across, -1)
        self._blocking_yx = _to_faces(across, -2)
        self._blocking_yy = _to_faces(terrain.blocking * terrain.north**2, -2)

    def advance(self, seconds: float) -> None:
        """Let the eddies travel, decay and arise for a while.

        Ornstein-Uhlenbeck process, exact for any time step (Gillespie 1996, equation 1.9).
        """
        p = self.parameters
        kept = torch.exp(torch.as_tensor(-seconds / (86400 * p.lifetime)))
        angle = -self._waves.eastward * p.phase_speed * seconds
        travel = torch.complex(angle.cos(), angle.sin())
        fresh = self._waves.coefficients(self._random)
        self._coefficients = self._coefficients * kept * travel + torch.sqrt(1 - kept**2) * fresh

    def stream_function(self) -> Tensor:
        """Stream function of the eddies, m2/s, at the corners of the cells."""
        return self._waves.field(self._coefficients * self._amplitude)

    def free_flow(self, stream_function: Tensor) -> FaceWind:
        """Wind without obstacles: free of divergence in every cell."""
        total = stream_function + self._mean
        return FaceWind(
            eastward=-total.diff(dim=-2) / self._cell_size,
            northward=total.diff(dim=-1) / self._cell_size,
        )

    def obstructed(self, wind: FaceWind, cold: Tensor) -> FaceWind:
        """Wind that slopes have turned aside, and basins and cities slowed down.

        Parameters
        ----------
        wind : FaceWind
            Wind without obstacles.
        cold : Tensor, shape (scenarios, 1, 1)
            0 in summer, 1 in winter.
        """
        p, u, v = self.parameters, wind.eastward, wind.northward
        share = p.blocking + p.winter_blocking * cold
        v_there = _to_faces(_middle(v, -2), -1)
        u_there = _to_faces(_middle(u, -1), -2)
        blocked_u = share * (self._blocking_xx * u + self._blocking_xy * v_there)
        blocked_v = share * (self._blocking_yx * u_there + self._blocking_yy * v)
        return FaceWind((u - blocked_u) * self._drag_x, (v - blocked_v) * self._drag_y)

    def anticyclone(self, stream_function: Tensor) -> Tensor:
        """How far a cell is in a high (positive) or a low, standard deviations of the flow."""
        return _middle(_middle(stream_function, -1), -2) / self._deviation


def _typical(layer: Tensor) -> Tensor:
    """Mean of a layer where there is any of it; 1 where there is none at all."""
    positive = layer[layer > 0]
    return positive.mean() if len(positive) else layer.new_tensor(1.0)


def _middle(field: Tensor, axis: int) -> Tensor:
    """Mean of neighbours along an axis."""
    count = field.shape[axis] - 1
    return 0.5 * (field.narrow(axis, 0, count) + field.narrow(axis, 1, count))


def _to_faces(field: Tensor, axis: int) -> Tensor:
    """Cell values at the faces along an axis; at the edge, those of the edge cell."""
    count = field.shape[axis]
    first, last = field.narrow(axis, 0, 1), field.narrow(axis, count - 1, 1)
    return torch.cat([first, _middle(field, axis), last], dim=axis)
