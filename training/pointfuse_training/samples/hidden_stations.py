"""Hidden stations: those of an observed day that a network is not given, and has to predict."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pointfuse.errors import InputError
from pointfuse_training.samples.pseudo_stations import draw_holes
from pointfuse_training.samples.sampling import SAMPLING


@dataclass(frozen=True)
class Hiding:
    """How stations of observed days are hidden.

    Parameters
    ----------
    most : float
        Largest share of the stations, or of the squares, that are hidden on a day; the share is
        drawn between 0 and it.
    in_blocks : float
        Share of the days on which all stations of whole squares are hidden, so that the network
        learns to bridge gaps; on the others single stations are.
    block : tuple of two ints
        Smallest and largest edge of the squares, cells.
    simulated : float
        Share of the days that come from an archive of simulated days, if there is one.
    held_out : float
        Share of the observed days, the last ones, that is kept for validation.

    Raises
    ------
    InputError
        If a share is not between 0 and 1, or nothing would be hidden or learned from.
    """

    most: float = 0.5
    in_blocks: float = 0.5
    block: tuple[int, int] = (4, 25)
    simulated: float = 0.5
    held_out: float = 0.1

    def __post_init__(self) -> None:
        for name in ("most", "in_blocks", "simulated", "held_out"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"'{name}' should be a share, 0 to 1, got {getattr(self, name)}")
        for name, excluded in (("most", 0), ("simulated", 1), ("held_out", 1)):
            if getattr(self, name) == excluded:
                raise InputError(f"'{name}' should not be {excluded}; nothing would be learned")
        smallest, largest = self.block
        if not 1 <= smallest <= largest:
            raise InputError(
                f"'block' should be the smallest and the largest edge, got {smallest}, {largest}"
            )


HIDING = Hiding()
"""How stations are hidden unless a recipe says otherwise."""


def draw_hidden(
    cell: Tensor,
    leader: Tensor,
    shape: tuple[int, int],
    hiding: Hiding,
    generator: torch.Generator,
) -> Tensor:
    """Which stations of a day are hidden: at least one, and not all.

    Those in one place are hidden together: from the one that is left, the other is no more than
    read off.

    Parameters
    ----------
    cell : Tensor of int, shape (station,)
        ``row * columns + column`` of the cell of each station that reports; at least two stations.
    leader : Tensor of int, shape (station,)
        Which of these stations is the first in the place of each.
    shape : tuple of two ints
        Rows and columns of the grid.
    hiding : Hiding
        How many, and how.
    generator : torch.Generator
        Source of all random numbers.

    Returns
    -------
    Tensor of bool, shape (station,)
        True for those that are hidden.
    """
    if torch.rand(1, generator=generator) < hiding.in_blocks:
        smallest, largest = hiding.block
        edge = int(torch.randint(smallest, largest + 1, (1,), generator=generator))
        squares = replace(SAMPLING, hole=edge, most_holes=hiding.most)
        hidden = draw_holes(torch.Size(shape), generator, squares).flatten()[cell]
    else:
        share = hiding.most * torch.rand(1, generator=generator)
        hidden = torch.rand(len(cell), generator=generator) < share
    hidden = hidden[leader]
    if hidden.any() and not hidden.all():
        return hidden
    chosen = int(torch.randint(len(cell), (1,), generator=generator))
    alone = leader == leader[chosen]
    # Where all are in one place, one of them has to do.
    return torch.arange(len(cell)) == chosen if alone.all() else alone
