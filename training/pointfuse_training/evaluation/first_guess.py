"""The first guess of a network for people: its kernels, and the fields on the way to the last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from pointfuse.model.kernels import STEPS, Kernel
from pointfuse_training.network.channels import CHANNELS
from pointfuse_training.network.concentration_scale import transformed_back
from pointfuse_training.network.fusion_network import FusionNetwork
from pointfuse_training.network.optimal_interpolation import OptimalInterpolation
from pointfuse_training.network.pointconv import PointConv, PositiveKernelConv
from pointfuse_training.network.variants import Network

_HALF = 2
"""Edge of the squares of the grid of half the resolution, cells."""

_DRAWN = 4
"""Edge of the squares that the kernel of the interpolation is given on, cells."""

_REACH = 50
"""How far it is given, squares."""


def kernels_of(network: Network) -> tuple[Kernel, ...]:
    """Kernels that a network spreads stations with, step by step."""
    variables = (network.target, *CHANNELS[1:])
    if not isinstance(network, FusionNetwork):
        return tuple(_kernels_of_point_conv(network.point_conv, variables, 1))
    return (
        _kernel_of_interpolation(network.interpolation, network.target),
        *_kernels_of_point_conv(network.weather, variables[1:], _HALF),
    )


def _kernel_of_interpolation(interpolation: OptimalInterpolation, variable: str) -> Kernel:
    """Of the covariance of stations, where the relief is level."""
    offset = _DRAWN * torch.arange(-_REACH, _REACH + 1)
    distance = (offset[:, None] ** 2 + offset**2).sqrt()
    covariance = (-distance / interpolation.log_length[0].exp()).exp()
    return _kernel(variable, "interpolation", covariance, _DRAWN)


def _kernels_of_point_conv(
    point_conv: PointConv, variables: tuple[str, ...], squares: int
) -> Iterator[Kernel]:
    convolutions: tuple[PositiveKernelConv, ...] = (point_conv.wide, point_conv.narrow)
    for step, convolution in zip(STEPS, convolutions, strict=True):
        for variable, weights in zip(variables, convolution.kernel, strict=True):
            yield _kernel(variable, step, weights[0], squares)


def _kernel(variable: str, step: str, weights: Tensor, squares: int) -> Kernel:
    return Kernel(variable, step, weights.detach().double().cpu().numpy(), squares)


def steps_of(network: Network, observations: Tensor, observed: Tensor) -> dict[str, Tensor]:
    """Fields of the fused variable on the way to the one that a network gives.

    Parameters
    ----------
    network : FusionNetwork or PaperNetwork
        A network in its mode of inference.
    observations, observed : Tensor, shape (time, variables, rows, columns)
        What the network takes.

    Returns
    -------
    dict of str to Tensor, each of shape (time, 1, rows, columns)
        In the unit of the variable; those of the interpolation are transformed back as they are,
        without what the error adds to the mean.
    """
    if isinstance(network, FusionNetwork):
        given = _given_by(network.interpolation, network, observations, observed)
        named = {"trend": given.trend, "interpolation": given.field}
        nothing = torch.zeros(())
        fields = {
            name: transformed_back(field, nothing, unit=network.unit)[0]
            for name, field in named.items()
        }
    else:
        point_conv = _given_by(network.point_conv, network, observations, observed)
        fields = {
            "wide pass": point_conv.first_pass[:, :1],
            "both passes": point_conv.corrected[:, :1],
        }
    rows, columns = observations.shape[-2:]
    return {name: field[..., :rows, :columns] for name, field in fields.items()}


def _given_by(part: nn.Module, network: Network, *inputs: Tensor) -> Any:
    """What a part of a network gives when the network is run."""
    given = []
    with part.register_forward_hook(lambda _, entering, fields: given.append(fields)):
        network(*inputs)
    return given[0]
