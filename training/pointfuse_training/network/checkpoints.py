"""Checkpoints: a trained network in one small file that knows where it comes from.

A numpy archive (.npz) without any pickled object: the weights, the static layers, and a header in
JSON with the architecture, the grid, the configuration of the training and its provenance.
"""

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
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.metadata import grid_from_dict, grid_to_dict
from pointfuse_training.network.channels import CHANNELS
from pointfuse_training.network.variants import Network, build_network
from pointfuse_training.network.weights import check_complete, network_weights, read_arrays

FORMAT = 1
"""Version of the layout of the file."""

_HEADER, _STATIC, _WEIGHTS = "header", "static_layers", "weights/"

# Convolutions of RegrUnetPP, nearly all of a network: half precision loses nothing that training
# has found out, and halves the file. Kernels, statistics and biases stay as they are.
_STORED_IN_HALF = ("conv1.weight", "conv2.weight")


@dataclass(frozen=True)
class Checkpoint:
    """A trained network and how it came to be.

    Parameters
    ----------
    weights : mapping of str to Tensor
        What `network_weights` gives of the network.
    static_layers : Tensor, shape (layers, rows, columns)
        What the network is given of each cell beside the stations, scaled to order one.
    static_names : tuple of str
        Names of these layers; see `static_channels`.
    variant : str
        Key of `variants.VARIANTS`.
    widths : tuple of int
        Channels at each level of RegrUnetPP, finest first.
    grid : Grid
        Grid of the layers and of the archive that the network was trained on.
    configuration : mapping
        The recipe of the training with all its values, as JSON types.
    provenance : mapping
        What it was trained on, when, by which code; see `provenance`.
    target : str
        Name of the variable that is fused.
    """

    weights: Mapping[str, Tensor]
    static_layers: Tensor
    static_names: tuple[str, ...]
    variant: str
    widths: tuple[int, ...]
    grid: Grid
    configuration: Mapping[str, Any]
    provenance: Mapping[str, Any]
    target: str = CHANNELS[0]

    def network(self) -> Network:
        """The network with these weights, ready for inference.

        Raises
        ------
        ModelFileError
            If the weights are not exactly those of the network.
        """
        network = build_network(self.variant, self.static_layers, self.widths)
        network.target = self.target
        check_complete("the checkpoint", self.weights, network_weights(network))
        network.load_state_dict(dict(self.weights), strict=False)
        return network.eval().requires_grad_(False)


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint; the same one makes the same bytes.

    Parameters
    ----------
    checkpoint : Checkpoint
        Its convolutions are rounded to half precision in the file.
    path : Path
        File to write (.npz).

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    header = {
        "format": FORMAT,
        "target": checkpoint.target,
        "static_names": list(checkpoint.static_names),
        "variant": checkpoint.variant,
        "widths": list(checkpoint.widths),
        "grid": grid_to_dict(checkpoint.grid),
        "configuration": dict(checkpoint.configuration),
        "provenance": dict(checkpoint.provenance),
    }
    text = json.dumps(header, ensure_ascii=False, allow_nan=False)
    arrays: dict[str, Any] = {
        _HEADER: np.frombuffer(text.encode(), np.uint8),
        _STATIC: checkpoint.static_layers.cpu().numpy(),
    }
    for name, tensor in checkpoint.weights.items():
        half = name.startswith("regr_unetpp.") and name.endswith(_STORED_IN_HALF)
        stored = tensor.detach().to("cpu", torch.float16 if half else torch.float32)
        arrays[_WEIGHTS + name] = stored.numpy()
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Parameters
    ----------
    path : Path
        File that `save_checkpoint` wrote.

    Raises
    ------
    InputFileNotFoundError
        If the file is missing.
    ModelFileError
        If it is no checkpoint, or damaged.

    Examples
    --------
    >>> checkpoint = load_checkpoint(Path("run/checkpoint.npz"))  # doctest: +SKIP
    >>> field = checkpoint.network()(observations, observed)  # doctest: +SKIP
    """
    arrays = read_arrays(path)
    try:
        header = json.loads(arrays[_HEADER].tobytes())
        if header["format"] != FORMAT:
            raise ModelFileError(
                f"{path} is a checkpoint of format {header['format']}, this version reads {FORMAT};"
                " use the version of pointfuse_training that wrote it"
            )
        return Checkpoint(
            weights={
                name.removeprefix(_WEIGHTS): torch.from_numpy(array).float()
                for name, array in arrays.items()
                if name.startswith(_WEIGHTS)
            },
            static_layers=torch.from_numpy(arrays[_STATIC]),
            static_names=tuple(header["static_names"]),
            variant=header["variant"],
            widths=tuple(header["widths"]),
            grid=grid_from_dict(header["grid"]),
            configuration=header["configuration"],
            provenance=header["provenance"],
            target=header["target"],
        )
    except ModelFileError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileError(
            f"{path} is no checkpoint of a network ({type(error).__name__}: {error}); expected a "
            "file that 'pointfuse-train fit' wrote"
        ) from error
