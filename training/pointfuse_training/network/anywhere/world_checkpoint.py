"""Checkpoint of the network of any place: one set of covariances, a calibration a pollutant."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pointfuse.basics.atomic_files import replacing
from pointfuse.errors import ModelFileError
from pointfuse_training.network.anywhere.world_network import WorldNetwork
from pointfuse_training.network.weights import check_complete, network_weights, read_arrays

FORMAT = 1
"""Version of the layout of the file."""

_HEADER, _WEIGHTS, _CALIBRATION = "world_header", "weights/", "calibration/"
CALIBRATED = ("coefficients", "mean_share")
"""Weights that are those of a pollutant."""


@dataclass(frozen=True)
class WorldCheckpoint:
    """A fitted network of any place and how it came to be.

    Parameters
    ----------
    weights : mapping of str to Tensor
        What `network_weights` gives of the network, but for `CALIBRATED`.
    calibrations : mapping of str to mapping of str to Tensor
        These, by pollutant.
    provenance : mapping
        What it was fitted to, when, by which code, as JSON types.
    """

    weights: Mapping[str, Tensor]
    calibrations: Mapping[str, Mapping[str, Tensor]]
    provenance: Mapping[str, Any]

    def network(self, target: str) -> WorldNetwork:
        """The network of a pollutant, ready for inference.

        Raises
        ------
        ModelFileError
            If there is no calibration of it, or the weights are not those of the network.
        """
        if target not in self.calibrations:
            raise ModelFileError(
                f"the checkpoint has no calibration of {target}; it has "
                f"{', '.join(self.calibrations) or 'none'}"
            )
        network = WorldNetwork(target)
        state = {**self.weights, **self.calibrations[target]}
        check_complete("the checkpoint", state, network_weights(network))
        network.load_state_dict(state, strict=False)
        return network.eval().requires_grad_(False)


def save_world(checkpoint: WorldCheckpoint, path: Path) -> None:
    """Write a checkpoint (.npz); the same one makes the same bytes.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    header = {"format": FORMAT, "provenance": dict(checkpoint.provenance)}
    text = json.dumps(header, ensure_ascii=False, allow_nan=False)
    arrays: dict[str, Any] = {_HEADER: np.frombuffer(text.encode(), np.uint8)}
    arrays |= {_WEIGHTS + name: one.float().numpy() for name, one in checkpoint.weights.items()}
    for target, calibration in checkpoint.calibrations.items():
        for name, one in calibration.items():
            arrays[f"{_CALIBRATION}{target}/{name}"] = one.float().numpy()
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)


def load_world(path: Path) -> WorldCheckpoint:
    """Read a checkpoint.

    Raises
    ------
    InputFileNotFoundError
        If the file is missing.
    ModelFileError
        If it is no checkpoint of a network of any place.
    """
    arrays = read_arrays(path)
    calibrations: dict[str, dict[str, Tensor]] = {}
    weights: dict[str, Tensor] = {}
    try:
        header = json.loads(arrays[_HEADER].tobytes())
        if header["format"] != FORMAT:
            raise ValueError(f"format {header['format']}, expected {FORMAT}")
        for name, array in arrays.items():
            if name.startswith(_WEIGHTS):
                weights[name.removeprefix(_WEIGHTS)] = torch.from_numpy(array)
            elif name.startswith(_CALIBRATION):
                target, part = name.removeprefix(_CALIBRATION).split("/")
                calibrations.setdefault(target, {})[part] = torch.from_numpy(array)
        return WorldCheckpoint(weights, calibrations, header["provenance"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileError(
            f"{path} is no checkpoint of a network of any place ({type(error).__name__}: {error}); "
            "expected a file that 'pointfuse-train anywhere' wrote"
        ) from error
