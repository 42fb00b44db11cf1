"""The weights that the first model starts from, brought into the names of `FusionNetwork`.

They were trained with a prototype that is not part of this repository; `models/seed/README.md`
describes the files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from pointfuse.basics import array_archives
from pointfuse.errors import InputFileNotFoundError, ModelFileError
from pointfuse_training.network.fusion_network import FusionNetwork
from pointfuse_training.network.scale_head import ScaleHead

_KERNELS = {"pc.a": "point_conv.wide.log_kernel", "pc.b": "point_conv.narrow.log_kernel"}
_NODE = re.compile(r"u\.b\.(\d_\d)\.([0134])\.(\w+)")
_NODE_LAYERS = {"0": "conv1", "1": "norm1", "3": "conv2", "4": "norm2"}
_HEAD = "u.out."


def load_seed_network(
    weights_path: Path, static_path: Path, scale_head_path: Path | None = None
) -> FusionNetwork:
    """Build the default network with the seed weights, ready for inference.

    Parameters
    ----------
    weights_path : Path
        Numpy archive of the prototype's state dict.
    static_path : Path
        Numpy archive with the array ``static``, shape (layers, rows, columns).
    scale_head_path : Path, optional
        Numpy archive of the state dict of a `ScaleHead`; without it the network gives no scale.

    Raises
    ------
    InputFileNotFoundError
        If a file is missing.
    ModelFileError
        If a file is damaged, or the arrays are not exactly those of the network.
    """
    static = read_arrays(static_path)
    if set(static) != {"static"}:
        raise ModelFileError(
            f"{static_path} should hold the one array 'static', got {', '.join(static) or 'none'}"
        )
    network = FusionNetwork(torch.from_numpy(static["static"]))
    state = {}
    for key, array in read_arrays(weights_path).items():
        name, tensor = _renamed(key, torch.from_numpy(array))
        state[name] = tensor
    check_complete(weights_path, state, network_weights(network))
    network.load_state_dict(state, strict=False)
    if scale_head_path is not None:
        network.scale_head = read_scale_head(scale_head_path, network)
    return network.eval()


def read_scale_head(path: Path, network: FusionNetwork) -> ScaleHead:
    """The head of a network from a numpy archive of its state dict.

    Raises
    ------
    InputFileNotFoundError
        If the file is missing.
    ModelFileError
        If it is damaged, or of another network.
    """
    head = ScaleHead(network.regr_unetpp.head.in_channels)
    state = {name: torch.from_numpy(array) for name, array in read_arrays(path).items()}
    check_complete(path, state, head.state_dict())
    head.load_state_dict(state)
    return head


def read_station_cells(path: Path) -> Tensor:
    """Cells with a PM2.5 station at any time, bool, shape (rows, columns).

    Parameters
    ----------
    path : Path
        Numpy archive with the array ``observed``, shape (time, variable, row, column), such as the
        golden days of a model.

    Raises
    ------
    InputFileNotFoundError
        If the file is missing.
    ModelFileError
        If it is no numpy archive, or has no such array.
    """
    observed = read_arrays(path).get("observed")
    if observed is None or observed.ndim != 4 or not observed.shape[1]:
        raise ModelFileError(
            f"{path} should hold the array 'observed' of the shape (time, variable, row, column); "
            "name the golden days of a model, or an archive like it"
        )
    return torch.from_numpy(observed[:, 0] != 0).any(0)


def is_zip(path: Path) -> bool:
    """Whether a file begins as numpy archives do; what cannot be read is for its reader to name."""
    try:
        with path.open("rb") as file:
            return file.read(2) == b"PK"
    except OSError:
        return False


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays of a numpy archive, by name.

    Raises
    ------
    InputFileNotFoundError
        If the file is missing.
    ModelFileError
        If it is no numpy archive.
    """
    try:
        return array_archives.read_arrays(path)
    except FileNotFoundError as error:
        raise InputFileNotFoundError(f"there is no file {path}; check the path") from error
    except (OSError, ValueError) as error:
        problem = error.__cause__ or error
        raise ModelFileError(
            f"{path} is not a numpy archive (.npz) of arrays ({problem}); get the file again"
        ) from error


def _renamed(key: str, tensor: Tensor) -> tuple[str, Tensor]:
    """Name and array in `FusionNetwork` for an entry of the prototype's state dict."""
    if key in _KERNELS:
        # The prototype convolved in the Fourier domain, where kernels run backwards.
        return _KERNELS[key], tensor.flip(-2, -1)[:, None]
    if match := _NODE.fullmatch(key):
        node, layer, array = match.groups()
        return f"regr_unetpp.nodes.{node}.{_NODE_LAYERS[layer]}.{array}", tensor
    if key.startswith(_HEAD):
        return f"regr_unetpp.head.{key.removeprefix(_HEAD)}", tensor
    return key, tensor


def network_weights(network: FusionNetwork) -> dict[str, Tensor]:
    """Weights and statistics of a network by name.

    Batch normalisation also counts its batches; the counters matter nowhere and are left out.
    """
    return {
        name: tensor for name, tensor in network.state_dict().items() if tensor.is_floating_point()
    }


def check_complete(
    source: object, state: Mapping[str, Tensor], expected: Mapping[str, Tensor]
) -> None:
    """Refuse weights that are not those of the network, array for array.

    Parameters
    ----------
    source : object
        What they come from, as a message names it.
    state, expected : mapping of str to Tensor
        Weights that are there, and those of the network.

    Raises
    ------
    ModelFileError
        If a name or a shape differs.
    """
    lacking = sorted(set(expected) - set(state))
    surplus = sorted(set(state) - set(expected))
    if lacking or surplus:
        raise ModelFileError(
            f"{source} does not hold the weights that the network expects: it lacks "
            f"{', '.join(lacking) or 'nothing'} and has {', '.join(surplus) or 'nothing'} too many"
        )
    for name, tensor in state.items():
        if tensor.shape != expected[name].shape:
            raise ModelFileError(
                f"{source} holds {name} with the shape {tuple(tensor.shape)}, the network expects "
                f"{tuple(expected[name].shape)}"
            )
