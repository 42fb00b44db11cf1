"""The state of a training from which it goes on as if it had never stopped.

A folder ``state_00001200`` of numpy archives, each small enough to move, and the facts in JSON. It
appears under its name when it is complete; then older ones go.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from pointfuse.errors import InputError, OutputError
from pointfuse_training.network.weights import read_arrays

PART_BYTES = 15 * 2**20
"""Most bytes in a part, unless a single array is larger."""

_NAME = re.compile(r"state_(\d{8,})")
_FACTS = "facts.json"


class TrainingState(NamedTuple):
    """All that changes in the course of a training.

    Attributes
    ----------
    tensors : mapping of str to Tensor
        Weights, their average, and what the optimiser remembers; float32 and whole numbers.
    facts : mapping
        The rest, as JSON types.
    """

    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any]


def find_state(folder: Path) -> Path | None:
    """The latest complete state in the folder of a run, None where there is none."""
    found = [path for path in folder.glob("state_*") if _NAME.fullmatch(path.name)]
    return max(found, key=lambda path: int(path.name.removeprefix("state_")), default=None)


def write_state(folder: Path, iteration: int, state: TrainingState) -> None:
    """Write a state, then remove the older ones.

    Parameters
    ----------
    folder : Path
        Existing folder of the run.
    iteration : int
        Iterations done.
    state : TrainingState
        The state.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    final = folder / f"state_{iteration:08d}"
    temporary = folder / f".{final.name}.part"
    try:
        for leftover in folder.glob(".state_*.part"):
            shutil.rmtree(leftover)
        temporary.mkdir()
        for number, part in enumerate(_parts(state.tensors)):
            np.savez(temporary / f"part_{number:02d}.npz", **part)
        (temporary / _FACTS).write_text(json.dumps(dict(state.facts)), encoding="utf-8")
        for path in temporary.iterdir():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        older = [path for path in folder.glob("state_*") if _NAME.fullmatch(path.name)]
        if final in older:
            shutil.rmtree(final)
        temporary.rename(final)
        for path in older:
            if path != final:
                shutil.rmtree(path)
    except OSError as error:
        raise OutputError(
            f"the state {final} cannot be written: {error}; check the folder's rights and space"
        ) from error


def read_state(path: Path) -> TrainingState:
    """Read a state that `write_state` wrote.

    Raises
    ------
    InputError
        If it is damaged.
    """
    try:
        facts = json.loads((path / _FACTS).read_text(encoding="utf-8"))
        tensors: dict[str, Tensor] = {}
        for part in sorted(path.glob("part_*.npz")):
            tensors |= {name: torch.from_numpy(array) for name, array in read_arrays(part).items()}
        if len(tensors) != facts["tensors"]:
            raise ValueError(f"{len(tensors)} of {facts['tensors']} arrays are there")
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"the state {path} is damaged ({error}); remove it, and begin the training anew"
        ) from error
    return TrainingState(tensors, facts)


def _parts(tensors: Mapping[str, Tensor]) -> Iterator[dict[str, Any]]:
    """Arrays in their order, as many at a time as a part holds."""
    part: dict[str, Any] = {}
    held = 0
    for name, tensor in tensors.items():
        array = tensor.detach().cpu().numpy()
        if part and held + array.nbytes > PART_BYTES:
            yield part
            part, held = {}, 0
        part[name] = array
        held += array.nbytes
    yield part
