"""The cells of a day that hold stations, as lists; squares of cells where they are too many."""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
from torch import Tensor

from pointfuse_training.network.resolution import summed

MOST_CELLS = 2048
"""Most cells with stations that a day is interpolated from: the time grows with their third power,
the memory with their second. National networks of regulatory stations have fewer."""

SQUARES = (1, 2, 4, 8, 16, 32)
"""Edges of the squares, cells, that the stations of a day are put together in; the smallest is
taken with which there are not too many."""


class StationCells(NamedTuple):
    """Where the stations of each day are, and what they say; each of shape (time, cell).

    Days with fewer cells than others are filled up with some that have no station.

    Attributes
    ----------
    value : Tensor
        Mean value of the stations.
    number : Tensor
        How many they are; 0 for none.
    row, column : Tensor
        The cell; of a square, the mean of those of its stations.
    """

    value: Tensor
    number: Tensor
    row: Tensor
    column: Tensor

    def at(self, static_layers: Tensor) -> Tensor:
        """Static layers there, shape (time, layers, cell); of a square, in its middle cell.

        Parameters
        ----------
        static_layers : Tensor, shape (time or 1, layers, rows, columns)
            The layers.
        """
        cell = (self.row.round() * static_layers.shape[3] + self.column.round()).long()
        flat = static_layers.flatten(2)
        if len(flat) == 1:
            return flat[0][:, cell].transpose(0, 1)
        return torch.gather(flat, 2, cell[:, None].expand(-1, flat.shape[1], -1))


def station_cells(values: Tensor, stations: Tensor) -> StationCells:
    """Lists of the cells with stations of each day.

    Parameters
    ----------
    values, stations : Tensor, shape (time, 1, rows, columns)
        Values, and how many stations each is the mean of; 0 where there is none.
    """
    rows, columns = values.shape[-2:]
    row = torch.arange(rows, dtype=values.dtype, device=values.device)[:, None].expand_as(values)
    column = torch.arange(columns, dtype=values.dtype, device=values.device).expand_as(values)
    maps = torch.cat([values, row, column], 1) * stations
    tables, numbers, occupied = [], [], []
    left = torch.ones_like(stations[:, 0, 0, :1])
    for edge in SQUARES:
        number = summed(stations, edge)
        means = summed(maps, edge) / torch.where(number > 0, number, 1.0)
        among = (number > 0).to(values.dtype).sum((1, 2, 3))[:, None]
        # Of the squares that are few enough, the smallest have the say.
        chosen = left * (among <= MOST_CELLS).to(values.dtype)
        left = left - chosen
        numbers.append(number.flatten(1) * chosen)
        tables.append(means.flatten(2))
        occupied.append(among * chosen)
    most = cast(int, torch.cat(occupied, 1).sum(1).max().clamp(min=1).long().item())
    number, at = torch.cat(numbers, 1).topk(most)
    found = torch.gather(torch.cat(tables, 2), 2, at[:, None].expand(-1, 3, -1))
    value, row, column = found.unbind(1)
    return StationCells(value, number, row, column)
