"""The latest fields, in memory: what is used least makes room."""

from __future__ import annotations

from collections import OrderedDict

from pointfuse.service.fused import Fused


class Shelf:
    """Fields by their address.

    Parameters
    ----------
    keep : int
        Days, or hours, that all of them may have together; the last that was put there stays.
    """

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._fused: OrderedDict[str, Fused] = OrderedDict()

    def __len__(self) -> int:
        return len(self._fused)

    @property
    def times(self) -> int:
        """Days, or hours, of all of them."""
        return sum(map(len, self._fused.values()))

    def get(self, address: str) -> Fused | None:
        """The fields of an address; None if they are not there, or no longer."""
        fused = self._fused.get(address)
        if fused is not None:
            self._fused.move_to_end(address)
        return fused

    def put(self, fused: Fused) -> None:
        """Keep fields, in place of those that were not used for longest."""
        self._fused[fused.address] = fused
        while self.times > self._keep and len(self._fused) > 1:
            self._fused.popitem(last=False)
