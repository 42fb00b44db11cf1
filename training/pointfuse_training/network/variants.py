"""The networks by name."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from pointfuse.errors import InputError
from pointfuse_training.network.fusion_network import WIDTHS, FusionNetwork
from pointfuse_training.network.paper_network import PAPER_WIDTHS, PaperNetwork

Network = FusionNetwork | PaperNetwork

VARIANTS: dict[str, type[FusionNetwork] | type[PaperNetwork]] = {
    "default": FusionNetwork,
    "paper": PaperNetwork,
}
"""Networks: the one that is shipped, and the published one."""

VARIANT_WIDTHS: dict[str, tuple[int, ...]] = {"default": WIDTHS, "paper": PAPER_WIDTHS}
"""Channels of RegrUnetPP that each was made for."""


def build_network(variant: str, static_layers: Tensor, widths: Sequence[int]) -> Network:
    """An untrained network.

    Parameters
    ----------
    variant : str
        Key of `VARIANTS`.
    static_layers : Tensor, shape (layers, rows, columns)
        Static layers, scaled to order one.
    widths : sequence of int
        Channels at each level of RegrUnetPP, finest first.

    Raises
    ------
    InputError
        If there is no such variant, or the static layers are not three-dimensional.
    """
    if variant not in VARIANTS:
        raise InputError(
            f"there is no variant '{variant}' of the network; expected one of {', '.join(VARIANTS)}"
        )
    return VARIANTS[variant](static_layers, widths)


def field_of(given: Tensor | tuple[Tensor, Tensor]) -> Tensor:
    """The field among what a network gives, which may be a field alone."""
    return given[0] if isinstance(given, tuple) else given
