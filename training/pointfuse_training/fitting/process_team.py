"""Processes that train one network together, each with a GPU or a share of the processors."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from pointfuse.errors import DeviceError
from pointfuse_training.fitting.devices import checked_device


@dataclass(frozen=True)
class Team:
    """A process and its fellows.

    Parameters
    ----------
    device : torch.device
        Where this process computes.
    rank, size : int
        Number of this process, and of all of them.
    """

    device: torch.device
    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes and reports."""
        return self.rank == 0

    def wrapped(self, network: nn.Module) -> nn.Module:
        """The network, with gradients that are averaged over all processes."""
        if self.size == 1:
            return network
        devices = [self.device] if self.device.type == "cuda" else None
        return DistributedDataParallel(network, device_ids=devices)

    def agreed(self, value: float) -> float:
        """The value that the first process has."""
        if self.size == 1:
            return value
        told = torch.tensor([value], dtype=torch.float64, device=self.device)
        distributed.broadcast(told, 0)
        return float(told)

    def share(self, tensors: list[Tensor]) -> None:
        """Give all processes the tensors of the first."""
        if self.size > 1:
            for tensor in tensors:
                distributed.broadcast(tensor, 0)


@contextlib.contextmanager
def joined(device: str) -> Iterator[Team]:
    """Join the processes that ``torchrun`` started; alone where it did not.

    Parameters
    ----------
    device : str
        ``cpu``, ``cuda`` or one device such as ``cuda:1``; ``cuda`` is a GPU for each process.

    Raises
    ------
    DeviceError
        If the device cannot be used, or several processes are to share one.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield Team(checked_device(device))
        return
    if ":" in device:
        raise DeviceError(
            f"{size} processes cannot share the device '{device}'; name it without its number"
        )
    local = f"{device}:{os.environ['LOCAL_RANK']}" if device == "cuda" else device
    place = checked_device(local)
    if place.type == "cuda":
        torch.cuda.set_device(place)
    distributed.init_process_group("nccl" if place.type == "cuda" else "gloo")
    try:
        yield Team(place, distributed.get_rank(), size)
    finally:
        distributed.destroy_process_group()
