"""Devices that PyTorch computes on."""

from __future__ import annotations

import torch

from pointfuse.errors import DeviceError


def checked_device(name: str) -> torch.device:
    """The device of a name, if it can be used.

    Raises
    ------
    DeviceError
        If there is no such device.
    """
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    # In this order: an unknown name, a build without CUDA, a backend that the build lacks.
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise DeviceError(
            f"the device '{name}' cannot be used: {str(error).splitlines()[0]}; use cpu, or a "
            "PyTorch that was built for it"
        ) from error
    return device
