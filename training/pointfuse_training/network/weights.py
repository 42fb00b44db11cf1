"""Weights of a network by name, and the numpy archives that hold them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pointfuse.basics import array_archives
from pointfuse.errors import InputFileNotFoundError, ModelFileError


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


def network_weights(network: nn.Module) -> dict[str, Tensor]:
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
