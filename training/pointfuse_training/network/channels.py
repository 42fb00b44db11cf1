"""What all networks take: the variables of the inputs, and static layers."""

from __future__ import annotations

from torch import Tensor

from pointfuse.errors import InputError

CHANNELS = ("pm25", "relative_humidity", "wind_speed")
"""Variables of the inputs, in order; units ug/m3, % and m/s."""


def check_static_layers(static_layers: Tensor) -> None:
    """Make sure that static layers have the axes layers, rows, columns.

    Raises
    ------
    InputError
        If they have others.
    """
    if static_layers.ndim != 3:
        raise InputError(
            "expected static layers of the shape (layers, rows, columns), got "
            f"{tuple(static_layers.shape)}"
        )
